//! A configuration of roles as Terraform takes it through its walks: a plan of all its objects in some order, then an apply in another process, in any
//! order, so many at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use serde_json::Value as Json;
use tf_provider::testing::{Action, Harness, Planned, Stored};
use tf_provider::{Claims, Diagnostics};

use super::*;
use crate::config::{Acknowledgements, LockoutGuard, Settings};
use crate::fakes::FakeRbac;
use crate::ports::rbac::RbacObjects;

type Role = Harness<AwsAuthRoleResource>;

/// The objects of a configuration by address.
pub(super) type Wanted = BTreeMap<String, Json>;

/// A working directory.
pub(super) struct WorkingFolder {
    pub(super) bed: Bed,
    /// Terraform's data folder at plan.
    planned_in: tempfile::TempDir,
    /// Another one at apply, where that runs elsewhere.
    applied_in: Option<tempfile::TempDir>,
    pub(super) parallelism: usize,
    settings: Settings,
    pub(super) state: BTreeMap<String, Stored<AwsAuthRoleModel>>,
    /// What the last apply warned of.
    pub(super) said: Diagnostics,
}

/// The plan of one object.
pub(super) struct Step {
    pub(super) address: String,
    pub(super) planned: Planned<AwsAuthRoleModel>,
    config: Option<Json>,
}

impl Step {
    pub(super) fn is_removal(&self) -> bool {
        self.planned.action == Action::Delete
    }
}

/// The errors of an apply, by address.
pub(super) type Refused = BTreeMap<String, Diagnostics>;

impl WorkingFolder {
    /// One that nothing was made in, on a cluster with this `mapRoles`.
    pub(super) fn new(roles: &str) -> Self {
        let bed = Bed::new(&[("mapRoles", roles)]);
        bed.kube().set_rbac(FakeRbac {
            objects: Some(RbacObjects::default()),
            has_nodes: Some(false),
        });
        let settings = Settings {
            lockout_guard: LockoutGuard::Error,
            protected_principals: vec![role_arn("protected")],
            ..Bed::settings()
        };
        Self {
            bed,
            planned_in: tempfile::tempdir().unwrap(),
            applied_in: None,
            parallelism: 10,
            settings,
            state: BTreeMap::new(),
            said: Diagnostics::new(),
        }
    }

    /// From now on this is acknowledged.
    pub(super) fn acknowledge(&mut self, words: &str) {
        self.settings.acknowledgements = Acknowledgements::parse(words);
    }

    /// From now on apply runs where the plan's folder is not.
    pub(super) fn applied_elsewhere(self) -> Self {
        Self {
            applied_in: Some(tempfile::tempdir().unwrap()),
            ..self
        }
    }

    fn walk(&self, folder: &tempfile::TempDir) -> Role {
        let client = self.bed.cloud.client(self.settings.clone());
        Harness::new(AwsAuthRoleResource::new(), client)
            .with_claims(Claims::in_folder(folder.path()))
    }

    /// Refreshes and plans the objects in this order; those that stay as they are have no step.
    pub(super) async fn plan(
        &mut self,
        wanted: &Wanted,
        order: &[&str],
    ) -> Result<Vec<Step>, Diagnostics> {
        let walk = self.walk(&self.planned_in);
        let mut steps = Vec::new();
        for address in order {
            let address = (*address).to_owned();
            if let Some(state) = self.state.remove(&address)
                && let Some(read) = walk.read(&state).await?
            {
                self.state.insert(address.clone(), read);
            }
            let (state, config) = (self.state.get(&address), wanted.get(&address).cloned());
            let planned = match (state, &config) {
                (Some(state), Some(config)) => walk.plan_update(state, config.clone()).await?,
                (Some(state), None) => walk.plan_delete(state).await?,
                (None, Some(config)) => walk.plan_create(config.clone()).await?,
                (None, None) => continue,
            };
            if planned.action != Action::None {
                steps.push(Step {
                    address,
                    planned,
                    config,
                });
            }
        }
        Ok(steps)
    }

    /// An `import` block: what is there is the state of an address before it is planned.
    pub(super) async fn import(&mut self, address: &str, name: &str) {
        let id = format!("prod#{}", role_arn(name));
        let imported = self.walk(&self.planned_in).import(&id).await.unwrap();
        self.state.insert(address.to_owned(), imported.unwrap());
    }

    /// What the plan of a removal warns of while a create is planned beside it.
    pub(super) async fn warnings_beside(&self, removed: &str, config: Option<Json>) -> Diagnostics {
        let walk = self.walk(&self.planned_in);
        let removal = walk.plan_delete(&self.state[removed]);
        let create = async {
            if let Some(config) = config {
                walk.plan_create(config).await.unwrap();
            }
        };
        let (removal, ()) = tokio::join!(removal, create);
        removal.unwrap();
        walk.take_warnings()
    }

    /// The planned removal of an address while another one of the state, which does not change, is planned beside it.
    pub(super) async fn removal_beside(
        &self,
        removed: &str,
        kept: &str,
        config: Json,
        is_removal_first: bool,
    ) -> Step {
        let walk = self.walk(&self.planned_in);
        let removal = walk.plan_delete(&self.state[removed]);
        let other = walk.plan_update(&self.state[kept], config);
        let (planned, other) = if is_removal_first {
            tokio::join!(removal, other)
        } else {
            let (other, removal) = tokio::join!(other, removal);
            (removal, other)
        };
        assert_eq!(other.unwrap().action, Action::None);
        Step {
            address: removed.to_owned(),
            planned: planned.unwrap(),
            config: None,
        }
    }

    /// `-replace`: planned with its state, and again without; the removal is not planned and has the private facts of the create.
    pub(super) async fn plan_replacement(
        &mut self,
        address: &str,
        config: &Json,
    ) -> (Vec<Step>, Diagnostics) {
        let walk = self.walk(&self.planned_in);
        let state = &self.state[address];
        let planned = walk.plan_update(state, config.clone()).await.unwrap();
        assert_eq!(planned.action, Action::None);
        let create = walk.plan_create(config.clone()).await.unwrap();
        let removal = walk.removal_with(state, create.private.clone());
        let step = |planned, config| Step {
            address: address.to_owned(),
            planned,
            config,
        };
        (vec![step(removal, None)], walk.take_warnings())
    }

    /// Every address, removals after or before the rest.
    pub(super) async fn plan_all(&mut self, wanted: &Wanted) -> Result<Vec<Step>, Diagnostics> {
        let addresses: std::collections::BTreeSet<String> =
            self.state.keys().chain(wanted.keys()).cloned().collect();
        let order: Vec<&str> = addresses.iter().map(String::as_str).collect();
        self.plan(wanted, &order).await
    }

    /// Applies the steps in this order in a process of its own.
    pub(super) async fn apply(&mut self, steps: Vec<Step>) -> Refused {
        let walk = Arc::new(self.walk(self.applied_in.as_ref().unwrap_or(&self.planned_in)));
        let prior = self.state.clone();
        let outcomes: Vec<_> = stream::iter(steps)
            .map(|step| {
                let (walk, prior) = (walk.clone(), prior.get(&step.address).cloned());
                async move {
                    let outcome = match (step.config, prior) {
                        // Removals are not planned again.
                        (None, _) => walk.apply(step.planned).await,
                        (Some(config), None) => walk.create(config).await.map(Some),
                        (Some(config), Some(prior)) => walk.update(&prior, config).await.map(Some),
                    };
                    (step.address, outcome)
                }
            })
            .buffer_unordered(self.parallelism)
            .collect()
            .await;
        self.said = walk.take_warnings();
        let mut refused = Refused::new();
        for (address, outcome) in outcomes {
            let state = match outcome {
                Ok(state) => state,
                Err(failure) => {
                    refused.insert(address.clone(), failure.diagnostics);
                    failure.state
                }
            };
            match state {
                Some(state) => self.state.insert(address, state),
                None => self.state.remove(&address),
            };
        }
        refused
    }

    /// Plan and apply at once, in the order of the addresses.
    pub(super) async fn run(&mut self, wanted: &Wanted) -> Refused {
        let steps = self.plan_all(wanted).await.unwrap();
        self.apply(steps).await
    }

    /// The roles that have an entry, in the document's order.
    pub(super) fn roles(&self) -> Vec<String> {
        let entries = self.bed.entries(Section::MapRoles);
        let arns = entries.iter().filter_map(|entry| entry.split(' ').next());
        arns.map(|arn| arn.rsplit('/').next().unwrap_or_default().to_owned())
            .collect()
    }
}

/// Every order of so many things.
pub(super) fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in orders(count - 1) {
        for place in 0..=shorter.len() {
            let mut order = shorter.clone();
            order.insert(place, count - 1);
            all.push(order);
        }
    }
    all
}
