use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::testing::{Action, Failure, Harness, Stored};
use tf_provider::{Attr, Diagnostics};

use super::PodIdentityAssociationResource;
use crate::config::Settings;
use crate::fakes::{ACCOUNT, FakeCloud, FakeRole, active_cluster};
use crate::ports::eks::PodIdentityAssociation;
use crate::ports::iam::Role;

mod basic;
mod conflicts;
mod import;
mod refused;
mod trust;

const ROLE: &str = "arn:aws:iam::111122223333:role/apps/reader";
const OTHER: &str = "arn:aws:iam::111122223333:role/other";
const TARGET: &str = "arn:aws:iam::111122223333:role/target";

/// A cluster `prod`, two roles that trust EKS Pod Identity, and one that trusts the first of them.
struct Bed {
    cloud: Arc<FakeCloud>,
}

impl Bed {
    fn new() -> Self {
        let cloud = Arc::new(FakeCloud::default());
        cloud.eks.put(active_cluster("prod", "A"));
        let bed = Self { cloud };
        bed.put_role("/apps/", "reader", &pods(json!({})));
        bed.put_role("/", "other", &pods(json!({})));
        bed.put_role("/", "target", &chained(ROLE, json!({})));
        bed
    }

    fn put_role(&self, path: &str, name: &str, trust: &str) {
        self.cloud.iam.put_role(FakeRole {
            role: Role {
                name: name.to_owned(),
                arn: format!("arn:aws:iam::{ACCOUNT}:role{path}{name}"),
                unique_id: format!("AROA{name}"),
                path: path.to_owned(),
                assume_role_policy: trust.to_owned(),
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
    }

    /// One step of Terraform: a process and a configuration of its own.
    fn step(&self) -> Harness<PodIdentityAssociationResource> {
        let settings = Settings {
            cluster_name: Attr::Known("prod".to_owned()),
            ..FakeCloud::settings()
        };
        Harness::new(PodIdentityAssociationResource, self.cloud.client(settings))
    }

    fn now(&self) -> Option<PodIdentityAssociation> {
        self.cloud.eks.association_of("apps:reader")
    }

    /// Somebody else's association of the service account.
    fn give(&self, role_arn: &str, owner_arn: Option<&str>) {
        let association = PodIdentityAssociation {
            role_arn: role_arn.to_owned(),
            owner_arn: owner_arn.map(str::to_owned),
            ..PodIdentityAssociation::default()
        };
        self.cloud
            .eks
            .give_by_pod_identity("apps:reader", association);
    }

    /// The calls of EKS that write.
    fn writes(&self) -> Vec<String> {
        let calls = self.cloud.eks.calls.take().into_iter();
        calls
            .filter(|call| !call.starts_with("Describe") && !call.starts_with("List"))
            .collect()
    }
}

fn statement(principal: Json, condition: Json) -> String {
    let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:TagSession"]});
    if condition != json!({}) {
        statement["Condition"] = condition;
    }
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn pods(condition: Json) -> String {
    statement(json!({"Service": "pods.eks.amazonaws.com"}), condition)
}

fn chained(role: &str, condition: Json) -> String {
    statement(json!({"AWS": role}), condition)
}

fn config() -> Json {
    json!({"namespace": "apps", "service_account": "reader", "role_arn": ROLE})
}

fn with(mut config: Json, more: Json) -> Json {
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

fn titles(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics.iter().map(|one| one.summary.as_str()).collect()
}

fn text(diagnostics: &Diagnostics) -> String {
    let texts = diagnostics
        .iter()
        .map(|one| format!("{}: {}", one.summary, one.detail));
    texts.collect::<Vec<_>>().join("\n")
}

fn refusal<M: std::fmt::Debug>(outcome: Result<Stored<M>, Failure<M>>) -> Diagnostics {
    outcome.unwrap_err().diagnostics
}
