//! An access policy of an access entry: what the principal may do, in the whole cluster or in some namespaces.
//!
//! Permissions: in `access_policy_association/permissions.rs`. Import id: `cluster#principal_arn#policy_arn`, with an optional `@region`. The scope is changed in
//! place: EKS puts the new one in place of the old one.

use eksauth_core::access::access_policy::policy_name;
use tf_provider::resource::{Apply, Failed, MoveSource, Plan, Private, State};
use tf_provider::{Attr, Context, Diagnostics, Resource, Schema};

use crate::access::cluster_access::authentication_mode;
use crate::access::teardown::{Group, Noted};
use crate::attributes::access_policy::AccessScopeModel;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::ClusterAtRead;
use crate::diagnostics::{api_failure, kept_state};
use crate::ports::ApiError;
use crate::ports::eks::AccessPolicy;
use crate::resources::access_entry::holders::association_key;
use crate::session::object_claim::{self, Origin};

mod diagnostics;
mod identity;
mod import;
mod moved;
mod permissions;
mod plan;
mod schema;
mod write;

#[cfg(test)]
mod tests;

pub use identity::AccessPolicyAssociationIdentity;
pub use schema::AccessPolicyAssociationModel;

use diagnostics::About;

/// The resource `eksauth_access_policy_association`.
pub struct AccessPolicyAssociationResource;

impl Resource for AccessPolicyAssociationResource {
    type Client = Client;
    type Model = AccessPolicyAssociationModel;
    type Identity = AccessPolicyAssociationIdentity;

    const NAME: &'static str = "eksauth_access_policy_association";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &AccessPolicyAssociationModel, diagnostics: &mut Diagnostics) {
        schema::validate(config, diagnostics);
    }

    fn complete(&self, model: &mut AccessPolicyAssociationModel) {
        model.id = model.id();
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<AccessPolicyAssociationModel>,
    ) -> Result<(), Diagnostics> {
        plan::plan(cx, plan).await
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<AccessPolicyAssociationModel>,
    ) -> Result<State<AccessPolicyAssociationModel>, Failed<AccessPolicyAssociationModel>> {
        write::create(cx, apply).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<AccessPolicyAssociationModel>,
    ) -> Result<Option<State<AccessPolicyAssociationModel>>, Diagnostics> {
        let cluster = match state
            .model
            .placement()
            .at_read(cx, cx.client.clusters())
            .await?
        {
            ClusterAtRead::NotJudged => return Ok(Some(state)),
            ClusterAtRead::Gone => return Ok(None),
            ClusterAtRead::Found(cluster) => cluster,
        };
        let about = about(&state.model, &cluster);
        match find(cx, &cluster, &about).await {
            Ok(Some(found)) => {
                let state = as_read(&cluster, &found, state);
                note_in_state(cx, &state.model);
                Ok(Some(state))
            }
            Ok(None) => Ok(None),
            Err(error) if kept_state::is_kept(cx, &about.text(), &error) => Ok(Some(state)),
            Err(error) => Err(cannot_read(&about, &error)),
        }
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<AccessPolicyAssociationModel>,
    ) -> Result<State<AccessPolicyAssociationModel>, Failed<AccessPolicyAssociationModel>> {
        write::update(cx, apply).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<AccessPolicyAssociationModel>,
    ) -> Result<(), Diagnostics> {
        write::delete(cx, state).await
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<AccessPolicyAssociationModel>, Diagnostics> {
        import::by_id(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: AccessPolicyAssociationIdentity,
    ) -> Result<State<AccessPolicyAssociationModel>, Diagnostics> {
        import::by_identity(cx, identity).await
    }

    fn move_from(
        &self,
        source: MoveSource,
    ) -> Option<Result<State<AccessPolicyAssociationModel>, Diagnostics>> {
        moved::move_from(&source)
    }

    fn moves(&self) -> bool {
        true
    }
}

/// The association as EKS has it; `None` where there is none, or no entry.
async fn find(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    about: &About,
) -> Result<Option<AccessPolicy>, ApiError> {
    if !authentication_mode(cluster).reads_access_entries() {
        return Ok(None);
    }
    let associated = cx.client.associated_policies();
    let policies = associated.of(cluster, &about.principal_arn).await?;
    Ok(policies
        .into_iter()
        .find(|policy| policy.name() == about.policy))
}

/// The state of an association that is there; one that came by a move remembers its cluster from now on.
fn as_read(
    cluster: &FoundCluster,
    found: &AccessPolicy,
    state: State<AccessPolicyAssociationModel>,
) -> State<AccessPolicyAssociationModel> {
    let scope = AccessScopeModel::flatten(found, state.model.access_scope.known());
    let model = AccessPolicyAssociationModel {
        access_scope: Attr::Known(scope),
        ..state.model
    };
    let model = match model.cluster_arn.is_known() {
        true => model,
        false => {
            let placement = model.placement().in_cluster(cluster);
            model.placed(placement)
        }
    };
    State {
        private: with_held(state.private, &model),
        model,
    }
}

fn about(model: &AccessPolicyAssociationModel, cluster: &FoundCluster) -> About {
    let given = model.policy_arn.known().map_or("", String::as_str);
    About {
        principal_arn: model.principal_arn.known().cloned().unwrap_or_default(),
        policy: policy_name(given).unwrap_or(given).to_owned(),
        cluster: cluster.reference.name.clone(),
    }
}

/// What names the association for those who hold it in one configuration.
fn claim_key(model: &AccessPolicyAssociationModel) -> Attr<String> {
    match model.policy() {
        Some(policy) => association_key(&model.cluster_arn, &model.principal_arn, policy),
        None => Attr::Unknown,
    }
}

/// The association among all that the configuration has in the cluster.
fn noted<'a>(model: &'a AccessPolicyAssociationModel, key: &'a Attr<String>) -> Noted<'a> {
    Noted {
        group: Group::Associations,
        cluster_arn: &model.cluster_arn,
        object: key,
    }
}

/// How it came to the state, for another address that goes on with it.
fn origin(model: &AccessPolicyAssociationModel) -> Origin {
    match model.adopted {
        Attr::Known(true) => Origin::Adopted,
        _ => Origin::Made,
    }
}

/// Private facts: what the state holds, for the second plan of a replacement.
const HELD: &str = "held";

fn with_held(mut private: Private, model: &AccessPolicyAssociationModel) -> Private {
    if let Attr::Known(key) = claim_key(model) {
        private.entries.insert(HELD.to_owned(), key.into());
    }
    private
}

/// Notes at refresh and plan what the state has.
fn note_in_state(cx: &Context<Client>, model: &AccessPolicyAssociationModel) {
    let key = claim_key(model);
    object_claim::note_in_state(cx, &key, origin(model), None);
    if let Some(key) = key.known() {
        cx.client.account_objects().note_in_state(key);
    }
}

fn cannot_read(about: &About, error: &ApiError) -> Diagnostics {
    api_failure::failed(
        "Cannot Read Access Policy Association",
        &about.text(),
        error,
    )
    .into()
}
