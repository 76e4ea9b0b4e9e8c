//! Every object through its whole life, with each permission taken away in turn: what is required fails by its name, what is used where granted
//! does not, and nothing is asked for that is not declared, nor declared and never asked for.

mod authentication_mode;
mod aws_auth;
mod group_binding;
mod iam;
mod pod_identity_association;
mod readers;
mod service_account;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use serde_json::Value as Json;
use tf_provider::testing::{Failure, Harness, Stored};
use tf_provider::{Diagnostics, Resource};

use super::{DeclaresPermissions, Need, Permissions, Step};
use crate::client::Client;
use crate::fakes::{FakeCloud, active_cluster};

/// A permission by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Single {
    Aws(&'static str),
    Kubernetes(&'static str, &'static str),
}

impl Single {
    fn deny(self, cloud: &FakeCloud) {
        match self {
            Self::Aws(action) => cloud.deny(action),
            Self::Kubernetes(verb, resource) => cloud.kubernetes.deny(verb, resource),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Aws(action) => action.to_owned(),
            Self::Kubernetes(verb, resource) => format!("{verb} {resource}"),
        }
    }
}

/// Each permission, and whether any reason for it has a need: what one reason requires and another only uses is required.
fn singles(permissions: &Permissions, has: impl Fn(Need) -> bool) -> Vec<(Single, bool)> {
    let aws = permissions.all_aws().flat_map(|statement| {
        let actions = statement.actions.iter();
        actions.map(|action| (Single::Aws(action), statement.need))
    });
    let kubernetes = permissions.all_kubernetes().flat_map(|rule| {
        let verbs = rule.verbs.iter();
        verbs.map(|verb| (Single::Kubernetes(verb, rule.resource), rule.need))
    });
    let mut singles: Vec<(Single, bool)> = Vec::new();
    for (single, need) in aws.chain(kubernetes) {
        match singles.iter_mut().find(|(known, _)| *known == single) {
            Some((_, known)) => *known |= has(need),
            None => singles.push((single, has(need))),
        }
    }
    singles
}

/// What a whole life without any denial asked for; a port's call for a role stands for the actions that it takes in AWS.
fn asked(cloud: &FakeCloud) -> BTreeSet<String> {
    let mut asked = cloud.asked();
    if asked.remove("iam:RoleDetails") {
        for action in [
            "GetRole",
            "ListAttachedRolePolicies",
            "ListRolePolicies",
            "GetRolePolicy",
        ] {
            asked.insert(format!("iam:{action}"));
        }
    }
    asked.extend(cloud.kubernetes.asked());
    asked
}

/// Holds an object's permissions against its life. `elsewhere` is declared and asked for where the fakes do not see it, or only in a refusal.
async fn hold<F: Future<Output = Result<(), String>>>(
    permissions: &Permissions,
    elsewhere: &[&str],
    cloud: impl Fn() -> Arc<FakeCloud>,
    life: impl Fn(Arc<FakeCloud>) -> F,
) {
    let whole = cloud();
    assert_eq!(life(whole.clone()).await, Ok(()), "with all permissions");
    let singles = singles(permissions, |need| need.required_at().is_some());
    let declared: BTreeSet<String> = singles.iter().map(|(single, _)| single.name()).collect();
    let mut expected = asked(&whole);
    expected.extend(elsewhere.iter().map(|name| (*name).to_owned()));
    assert_eq!(declared, expected, "declared and asked for");
    for (single, is_required) in singles {
        let cloud = cloud();
        single.deny(&cloud);
        let outcome = life(cloud).await;
        let name = single.name();
        match (is_required, outcome) {
            (true, Err(reason)) => {
                assert!(reason.contains(&name), "without {name}: {reason}");
            }
            (true, Ok(())) => {
                panic!("{name} is declared as required, and all goes well without it")
            }
            (false, outcome) => assert_eq!(outcome, Ok(()), "without {name}"),
        }
    }
}

/// One object that is made, and then planned anew by someone who may do only what is said to be enough for a plan.
struct PlanOnly {
    config: Json,
    changed: Json,
    import_id: &'static str,
}

/// Holds that a refresh, any plan and an import need no more than what is said to be needed first by a plan.
async fn hold_plan<R>(cloud: Arc<FakeCloud>, make: fn() -> R, object: PlanOnly)
where
    R: Resource<Client = Client> + DeclaresPermissions,
{
    let life = Life {
        cloud: cloud.clone(),
        make,
    };
    let state = life.create(&object.config).await.unwrap();
    let permissions = R::PERMISSIONS;
    let of_plan: BTreeSet<String> =
        singles(&permissions, |need| need.required_at() == Some(Step::Plan))
            .into_iter()
            .filter(|(_, is_of_plan)| *is_of_plan)
            .map(|(single, _)| single.name())
            .collect();
    for (single, _) in singles(&permissions, |_| true) {
        if !of_plan.contains(&single.name()) {
            single.deny(&cloud);
        }
    }
    let read = life
        .step()
        .read(&state)
        .await
        .map_err(|refused| describe(&refused));
    assert!(matches!(read, Ok(Some(_))), "{read:?}");
    let planned = life.step().plan_update(&state, object.changed).await;
    assert_eq!(
        planned.map(drop).map_err(|refused| describe(&refused)),
        Ok(())
    );
    let planned = life.step().plan_delete(&state).await;
    assert_eq!(
        planned.map(drop).map_err(|refused| describe(&refused)),
        Ok(())
    );
    assert_eq!(life.import(object.import_id).await, Ok(()));
}

/// A cloud with cluster `prod`.
fn cloud() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "A"));
    cloud
}

/// The client of one step of Terraform.
fn client(cloud: &Arc<FakeCloud>) -> Arc<Client> {
    cloud.client(FakeCloud::settings())
}

/// A resource and its cloud; each step has a configuration of its own.
struct Life<R> {
    cloud: Arc<FakeCloud>,
    make: fn() -> R,
}

impl<R: Resource<Client = Client> + DeclaresPermissions> Life<R> {
    fn step(&self) -> Harness<R> {
        Harness::new((self.make)(), client(&self.cloud))
    }

    /// A plan in a cluster that is not there is a warning with the nearest name.
    async fn plan_elsewhere(&self, mut config: Json) -> Result<(), String> {
        config["cluster_name"] = Json::from("prob");
        let planned = self.step().plan_create(config).await;
        planned.map(drop).map_err(|refused| describe(&refused))
    }

    async fn create(&self, config: &Json) -> Result<Stored<R::Model>, String> {
        failed(self.step().create(config.clone()).await)
    }

    async fn update(
        &self,
        state: &Stored<R::Model>,
        config: &Json,
    ) -> Result<Stored<R::Model>, String> {
        let read = self.step().read(state).await;
        let state = read.map_err(|refused| describe(&refused))?;
        let state = state.ok_or("it is gone")?;
        failed(self.step().update(&state, config.clone()).await)
    }

    async fn import(&self, id: &str) -> Result<(), String> {
        let imported = self.step().import(id).await;
        imported.map(drop).map_err(|refused| describe(&refused))
    }

    async fn delete(&self, state: &Stored<R::Model>) -> Result<(), String> {
        failed(self.step().delete(state).await)
    }
}

fn failed<T, M>(outcome: Result<T, Failure<M>>) -> Result<T, String> {
    outcome.map_err(|failure| describe(&failure.diagnostics))
}

fn describe(diagnostics: &Diagnostics) -> String {
    let texts: Vec<String> = diagnostics
        .iter()
        .map(|one| format!("{}: {}", one.summary, one.detail))
        .collect();
    texts.join("\n")
}
