//! A cluster `prod` with an aws-auth in memory, for the tests of everything that works on it.
//!
//! Each step of Terraform is a process of its own with its own configuration, so each step here gets its own client.

use std::sync::Arc;

use eksauth_core::aws_auth::{Entry, Section};
use serde_json::{Value as Json, json};
use tf_provider::testing::{Failure, Harness, Stored};
use tf_provider::{Diagnostics, Resource};

use crate::access::group_warnings::TOLD_IN_PLANS;
use crate::aws_auth::{Document, Writer};
use crate::client::Client;
use crate::clusters::{ClusterRef, FoundCluster};
use crate::config::{LockoutGuard, Recovery, Settings};
use crate::fakes::{FakeCloud, FakeIam, FakeKube, FakeRole, REGION, active_cluster};
use crate::ports::iam::Role;
use crate::ports::kubernetes::FieldManager;

/// `mapRoles` as people write it: nodes, a comment, the role that runs the tests.
pub(crate) const ROLES: &str = "\
- rolearn: arn:aws:iam::111122223333:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
  groups:
    - system:bootstrappers
    - system:nodes
# break-glass, ask security before you touch this
- rolearn: \"arn:aws:iam::111122223333:role/admins\"
  username: admin
  groups: [system:masters]
";

pub(crate) const USERS: &str = "\
- userarn: arn:aws:iam::111122223333:user/people/alice
  username: alice
  groups:
  - view
";

/// The bed.
pub(crate) struct Bed {
    pub(crate) cloud: Arc<FakeCloud>,
}

impl Bed {
    /// A cluster with these sections of aws-auth.
    pub(crate) fn new(data: &[(&str, &str)]) -> Self {
        let bed = Self::without_aws_auth();
        bed.kube().write(data);
        bed
    }

    /// A cluster that has no aws-auth yet.
    pub(crate) fn without_aws_auth() -> Self {
        let cloud = Arc::new(FakeCloud::default());
        cloud.eks.put(active_cluster("prod", "A"));
        let bed = Self { cloud };
        for name in ["nodes", "admins"] {
            bed.make_role("/", name);
        }
        bed
    }

    /// Someone makes a role in the cluster's account, on 2025-01-01.
    pub(crate) fn make_role(&self, path: &str, name: &str) -> String {
        make_role(&self.cloud.iam, crate::fakes::ACCOUNT, path, name)
    }

    /// A cluster with [`ROLES`] and [`USERS`].
    pub(crate) fn lived_in() -> Self {
        Self::new(&[("mapRoles", ROLES), ("mapUsers", USERS), ("notes", "ours")])
    }

    pub(crate) fn kube(&self) -> &FakeKube {
        &self.cloud.kubernetes
    }

    /// Someone writes `mapRoles` at a moment, in seconds since 1970, as managedFields tell it.
    pub(crate) fn roles_written_at(&self, time: i64) {
        self.kube().change(|map| {
            map.managers = vec![FieldManager {
                name: "kubectl-edit".to_owned(),
                operation: "Update".to_owned(),
                time: Some(time),
                data_keys: vec!["mapRoles".to_owned()],
            }];
        });
    }

    /// A provider block that names the cluster; who loses access, what is kept of it and what is said of groups are other modules' to test.
    pub(crate) fn settings() -> Settings {
        Settings {
            cluster_name: tf_provider::Attr::Known("prod".to_owned()),
            lockout_guard: LockoutGuard::Off,
            recovery: Recovery::Off,
            suppress_findings: TOLD_IN_PLANS.map(str::to_owned).into(),
            ..FakeCloud::settings()
        }
    }

    /// One provider configuration.
    pub(crate) fn client(&self) -> Arc<Client> {
        self.cloud.client(Self::settings())
    }

    /// One step of Terraform.
    pub(crate) fn step<R: Resource<Client = Client>>(&self, resource: R) -> Harness<R> {
        Harness::new(resource, self.client())
    }

    /// What the server makes of the document now.
    pub(crate) fn document(&self) -> Document {
        Document::new(self.kube().aws_auth())
    }

    /// The entries of a section as `arn username groups`.
    pub(crate) fn entries(&self, section: Section) -> Vec<String> {
        let document = self.document();
        let show = |entry: Entry| {
            format!(
                "{} {} {}",
                entry.arn(),
                entry.username(),
                entry.groups().join(",")
            )
        };
        document
            .reading()
            .section(section)
            .iter()
            .filter_map(|entry| entry.to_entry())
            .map(show)
            .collect()
    }

    /// The cluster within one configuration.
    pub(crate) async fn cluster(&self, client: &Client) -> Arc<FoundCluster> {
        let reference = ClusterRef {
            name: "prod".to_owned(),
            region: REGION.to_owned(),
        };
        client.clusters().find(&reference).await.unwrap().unwrap()
    }

    /// The cluster's writer within one configuration.
    pub(crate) async fn writer(&self, client: &Client) -> Arc<Writer> {
        let cluster = self.cluster(client).await;
        client.aws_auth().writer(&cluster).unwrap()
    }
}

/// Someone makes a role, on 2025-01-01; the ARN.
pub(crate) fn make_role(iam: &FakeIam, account: &str, path: &str, name: &str) -> String {
    let arn = format!("arn:aws:iam::{account}:role{path}{name}");
    iam.put_role(FakeRole {
        role: Role {
            name: name.to_owned(),
            arn: arn.clone(),
            unique_id: format!("AROA{}", name.to_uppercase()),
            path: path.to_owned(),
            assume_role_policy: "{}".to_owned(),
            description: String::new(),
            max_session_duration: 3600,
            permissions_boundary: None,
            tags: Default::default(),
            created_at: 1_735_689_600,
        },
        attached: Default::default(),
        inline: Default::default(),
        instance_profiles: Vec::new(),
    });
    arn
}

/// `arn:aws:iam::111122223333:role/…`
pub(crate) fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

/// A configuration of an entry for a role.
pub(crate) fn role_config(name: &str, username: &str, groups: &[&str]) -> Json {
    json!({ "rolearn": role_arn(name), "username": username, "groups": groups })
}

/// The titles of messages.
pub(crate) fn titles(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

/// The only message.
pub(crate) fn only(diagnostics: &Diagnostics) -> &tf_provider::Diagnostic {
    let messages: Vec<_> = diagnostics.iter().collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages[0]
}

/// The refusal of an apply.
pub(crate) fn refusal<M: std::fmt::Debug>(outcome: Result<Stored<M>, Failure<M>>) -> Diagnostics {
    let failure = outcome.expect_err("it was to be refused");
    assert!(
        failure.state.is_none(),
        "a refused change leaves no state: {:?}",
        failure.state
    );
    failure.diagnostics
}
