use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::testing::{Action, Failure, Harness, Stored, UNKNOWN};
use tf_provider::{Attr, Diagnostics};

use super::{GroupBindingModel, GroupBindingResource};
use crate::config::Settings;
use crate::fakes::kubernetes::{Fault, Verb};
use crate::fakes::{FakeCloud, FakeKube, FakeRbac, active_cluster};
use crate::ports::ErrorKind;
use crate::ports::rbac::RbacObjects;
use crate::ports::rbac_objects::{
    BoundSubject, RbacFields, RbacKey, RbacKind, RbacObject, RbacRule, RoleRef,
};

mod adopted;
mod basic;
mod drift;
mod failures;
mod guarded;
mod holders;
mod import;
mod killed;
mod roles;
mod served;
mod validation;

/// A cluster `prod` with the namespaces `a` and `b`.
struct Bed {
    cloud: Arc<FakeCloud>,
}

impl Bed {
    fn new() -> Self {
        let cloud = Arc::new(FakeCloud::default());
        cloud.eks.put(active_cluster("prod", "A"));
        cloud.kubernetes.make_namespace("a");
        cloud.kubernetes.make_namespace("b");
        let verbs: [&str; 7] = [
            "create", "delete", "get", "list", "patch", "update", "watch",
        ];
        cloud.kubernetes.set_discovery(&[("", "pods", &verbs)]);
        cloud.kubernetes.set_rbac(FakeRbac {
            objects: Some(RbacObjects::default()),
            has_nodes: Some(false),
        });
        Self { cloud }
    }

    fn kube(&self) -> &FakeKube {
        &self.cloud.kubernetes
    }

    /// One step of Terraform: a process and a configuration of its own.
    fn step(&self) -> Harness<GroupBindingResource> {
        let settings = Settings {
            cluster_name: Attr::Known("prod".to_owned()),
            confirm_access: true,
            ..FakeCloud::settings()
        };
        Harness::new(GroupBindingResource, self.cloud.client(settings))
    }

    async fn create(&self, config: Json) -> Stored<GroupBindingModel> {
        self.step().create(config).await.unwrap()
    }

    /// A second plan, after a refresh.
    async fn plan_again(&self, state: &Stored<GroupBindingModel>, config: Json) -> Action {
        let step = self.step();
        let read = step.read(state).await.unwrap().unwrap();
        step.plan_update(&read, config).await.unwrap().action
    }

    /// What is there, one object a line.
    fn shown(&self) -> Vec<String> {
        let keys = self.kube().rbac_keys().into_iter();
        let objects = keys.filter_map(|key| self.kube().rbac_object_now(&key));
        let line = |object: RbacObject| {
            let values = object.fields.values().into_iter();
            let values = values.map(|(field, value)| format!("{field}={value}"));
            format!("{}: {}", object.key, values.collect::<Vec<_>>().join(" | "))
        };
        objects.map(line).collect()
    }
}

fn key(kind: RbacKind, namespace: &str, name: &str) -> RbacKey {
    RbacKey {
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

fn cluster_role(name: &str) -> RbacKey {
    key(RbacKind::ClusterRole, "", name)
}

/// The rules of a role that reads pods.
fn reads_pods() -> RbacFields {
    RbacFields {
        rules: Some(vec![RbacRule {
            api_groups: vec![String::new()],
            resources: vec!["pods".to_owned()],
            verbs: vec!["list".to_owned(), "get".to_owned()],
            ..RbacRule::default()
        }]),
        ..RbacFields::default()
    }
}

fn binds(role: &str, group: &str) -> RbacFields {
    RbacFields {
        role_ref: Some(RoleRef {
            kind: RbacKind::ClusterRole,
            name: role.to_owned(),
        }),
        subjects: Some(vec![BoundSubject::Group(group.to_owned())]),
        ..RbacFields::default()
    }
}

fn rules() -> Json {
    json!([{"resources": ["pods"], "verbs": ["get", "list"]}])
}

fn config() -> Json {
    json!({"name": "dev", "rules": rules(), "groups": ["developers"]})
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
