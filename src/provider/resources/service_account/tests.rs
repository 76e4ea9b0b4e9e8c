use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::testing::{Action, Failure, Harness, Stored, UNKNOWN};
use tf_provider::{Attr, Diagnostics};

use super::ServiceAccountResource;
use crate::config::Settings;
use crate::fakes::kubernetes::{Fault, Verb};
use crate::fakes::{ACCOUNT, FakeCloud, FakeKube, FakeRole, active_cluster};
use crate::ports::iam::{NewOidcProvider, Role};
use crate::ports::service_account::{AccountFields, AppliedFields, ServiceAccount};
use crate::ports::{ErrorKind, IamApi};

mod adopted;
mod basic;
mod destroyed;
mod failures;
mod holders;
mod import;
mod refused;
mod trust;

const ISSUER: &str = "oidc.eks.eu-central-1.amazonaws.com/id/A";
const ROLE: &str = "arn:aws:iam::111122223333:role/apps/reader";

/// A cluster `prod` with a namespace, its OIDC provider, and a role that trusts `apps:reader`.
struct Bed {
    cloud: Arc<FakeCloud>,
}

impl Bed {
    async fn new() -> Self {
        let cloud = Arc::new(FakeCloud::default());
        cloud.eks.put(active_cluster("prod", "A"));
        cloud.kubernetes.make_namespace("apps");
        let provider = NewOidcProvider {
            url: format!("https://{ISSUER}"),
            client_ids: ["sts.amazonaws.com".to_owned()].into(),
            thumbprints: Vec::new(),
            tags: Default::default(),
        };
        cloud.iam.create_oidc_provider(&provider).await.unwrap();
        let bed = Self { cloud };
        bed.put_role(
            "/apps/",
            "reader",
            &trust("system:serviceaccount:apps:reader"),
        );
        bed.cloud.iam.calls.take();
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

    fn kube(&self) -> &FakeKube {
        &self.cloud.kubernetes
    }

    /// One step of Terraform: a process and a configuration of its own.
    fn step(&self) -> Harness<ServiceAccountResource> {
        self.step_with(Settings {
            cluster_name: Attr::Known("prod".to_owned()),
            ..FakeCloud::settings()
        })
    }

    fn step_with(&self, settings: Settings) -> Harness<ServiceAccountResource> {
        Harness::new(ServiceAccountResource, self.cloud.client(settings))
    }

    fn account(&self) -> Option<ServiceAccount> {
        self.kube().service_account_now("apps", "reader")
    }

    /// The account as it is now: annotations without their prefix and labels.
    fn shown(&self) -> Vec<String> {
        let fields = self.account().unwrap().fields;
        let values = fields.values().into_iter();
        values
            .map(|(field, value)| format!("{field}={value}").replace("eks.amazonaws.com/", ""))
            .collect()
    }
}

fn trust(subject: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            format!("{ISSUER}:sub"): subject, format!("{ISSUER}:aud"): "sts.amazonaws.com"}},
    }]})
    .to_string()
}

fn config() -> Json {
    json!({"namespace": "apps", "name": "reader", "role_arn": ROLE})
}

fn with(mut config: Json, more: Json) -> Json {
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

/// What somebody else has put on the account.
fn foreign(annotations: &[(&str, &str)]) -> AppliedFields {
    AppliedFields {
        namespace: "apps".to_owned(),
        name: "reader".to_owned(),
        fields: AccountFields {
            annotations: annotations
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            ..AccountFields::default()
        },
        ..AppliedFields::default()
    }
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
