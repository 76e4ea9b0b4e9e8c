//! What a mapped group may do in a cluster: a role, made or found, bound to groups and users, in the whole cluster or in some namespaces.
//!
//! Permissions: in `group_binding/permissions.rs`. Import id: `cluster/clusterrole/NAME`, `cluster/role/NAMESPACE/NAME` and the like, with an optional
//! `@region`. A binding's role cannot be changed, so its name carries a hash of it; for another role the new binding is made before the old one goes.

use std::collections::BTreeSet;

use tf_provider::resource::{Apply, Failed, Plan, Private, State};
use tf_provider::{Attr, Context, Diagnostics, Resource, Schema};

use crate::access::teardown::binding_object;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::ClusterAtRead;
use crate::diagnostics::kept_state;
use crate::ports::ApiError;
use crate::ports::rbac_objects::RbacKey;
use crate::session::object_claim;
use crate::session::recent::Asked;

mod conflicts;
mod dangling;
mod diagnostics;
mod escalation;
mod flatten;
mod going_together;
mod guarded;
mod identity;
mod import;
mod left_over;
mod notes;
mod objects;
mod permissions;
mod plan;
mod planned_removal;
mod put_back;
mod removal;
mod rules;
mod schema;
mod served;
mod teardown;
mod validation;
mod write;

#[cfg(test)]
mod tests;

pub use identity::GroupBindingIdentity;
pub use schema::{GroupBindingModel, RuleModel};

use diagnostics::About;
use flatten::Found;

/// The resource `eksauth_group_binding`.
pub struct GroupBindingResource;

impl Resource for GroupBindingResource {
    type Client = Client;
    type Model = GroupBindingModel;
    type Identity = GroupBindingIdentity;

    const NAME: &'static str = "eksauth_group_binding";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &GroupBindingModel, diagnostics: &mut Diagnostics) {
        validation::validate(config, diagnostics);
    }

    fn complete(&self, model: &mut GroupBindingModel) {
        model.id = objects::id(model);
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<GroupBindingModel>,
    ) -> Result<(), Diagnostics> {
        plan::plan(cx, plan).await
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<GroupBindingModel>,
    ) -> Result<State<GroupBindingModel>, Failed<GroupBindingModel>> {
        write::create(cx, apply).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<GroupBindingModel>,
    ) -> Result<Option<State<GroupBindingModel>>, Diagnostics> {
        let placement = state.model.placement();
        let cluster = match placement.at_read(cx, cx.client.clusters()).await? {
            ClusterAtRead::NotJudged => return Ok(Some(state)),
            ClusterAtRead::Gone => return Ok(None),
            ClusterAtRead::Found(cluster) => cluster,
        };
        let about = about(&state.model, &cluster);
        match find(cx, &cluster, &flatten::expected(&state), Asked::AtRefresh).await {
            Ok(found) => {
                let making = making(&state.model);
                let read = flatten::flatten(&found, state);
                match (&read, making) {
                    (Some(read), _) => note_in_state(cx, &read.model, &read.private),
                    (None, Some(making)) => note_lost(cx, &making),
                    (None, None) => {}
                }
                Ok(read)
            }
            Err(error) if kept_state::is_kept(cx, &about.text(), &error) => Ok(Some(state)),
            Err(error) => Err(cannot_read(cx, &cluster, &about, &error).await),
        }
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<GroupBindingModel>,
    ) -> Result<State<GroupBindingModel>, Failed<GroupBindingModel>> {
        write::update(cx, apply).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<GroupBindingModel>,
    ) -> Result<(), Diagnostics> {
        removal::delete(cx, state).await
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<GroupBindingModel>, Diagnostics> {
        import::by_id(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: GroupBindingIdentity,
    ) -> Result<State<GroupBindingModel>, Diagnostics> {
        import::by_identity(cx, identity).await
    }
}

/// Those of some objects that are there.
async fn find(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    keys: &BTreeSet<RbacKey>,
    asked: Asked,
) -> Result<Found, ApiError> {
    let listing = cx.client.rbac_objects();
    let mut found = Found::new();
    for key in keys {
        if let Some(object) = listing.read(cluster, key, asked).await? {
            found.insert(key.clone(), object);
        }
    }
    Ok(found)
}

fn about(model: &GroupBindingModel, cluster: &FoundCluster) -> About {
    About {
        name: model.name.known().cloned().unwrap_or_default(),
        cluster: cluster.reference.name.clone(),
    }
}

/// What names an object for those who hold it in one configuration.
fn claim_key(model: &GroupBindingModel, key: &RbacKey) -> Attr<String> {
    match &model.cluster_arn {
        Attr::Known(cluster) => Attr::Known(binding_object(cluster, key)),
        _ => Attr::Unknown,
    }
}

/// What a plan that makes or changes it is noted by, for those who wait for it.
fn making(model: &GroupBindingModel) -> Option<String> {
    let first = objects::keys(model)?.into_iter().next()?;
    claim_key(model, &first).into_known()
}

/// Which object of the name it is, for another address that goes on with it.
fn uid_part(uid: &str) -> String {
    format!("uid {uid}")
}

/// Notes at refresh and plan what the state has: whoever is to make an object finds what this configuration holds.
fn note_in_state(cx: &Context<Client>, model: &GroupBindingModel, private: &Private) {
    for held in objects::held(private) {
        let Some(key) = held.key().map(|key| claim_key(model, &key)) else {
            continue;
        };
        object_claim::note_in_state(cx, &key, held.origin(), Some(uid_part(&held.uid)));
        if let Some(key) = key.known() {
            cx.client.account_objects().note_in_state(key);
        }
    }
}

/// Notes at refresh that nothing is left of what a state had.
fn note_lost(cx: &Context<Client>, making: &str) {
    let objects = cx.client.account_objects();
    objects.note_in_state(&format!("lost {making}"));
}

/// Whether the state had it until the refresh of this run.
fn was_lost(cx: &Context<Client>, planned: &GroupBindingModel) -> bool {
    let objects = cx.client.account_objects();
    making(planned).is_some_and(|making| objects.is_in_state(&format!("lost {making}")))
}

/// A refusal or silence of the API server, explained.
async fn failed(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    title: &str,
    (about, error): (&str, &ApiError),
) -> Diagnostics {
    let explainer = cx.client.unauthorized(cluster);
    explainer.explain(title, about, error).await.into()
}

async fn cannot_read(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    about: &About,
    error: &ApiError,
) -> Diagnostics {
    let text = about.text();
    failed(cx, cluster, "Cannot Read Role Or Binding", (&text, error)).await
}
