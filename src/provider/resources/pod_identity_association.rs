//! An EKS Pod Identity association: a service account of a cluster, and the IAM role that its pods get. There is one for each service account.
//!
//! Permissions: in `pod_identity_association/permissions.rs`. Import id: `cluster/namespace/service_account` or `cluster,id`, with an optional `@region`.
//! Changed in place: pods that ask meanwhile get the old or the new role, never none. One of an add-on is its add-on's.

use tf_provider::resource::{Apply, Failed, MoveSource, Plan, Private, State};
use tf_provider::{Attr, Context, Diagnostics, Resource, Schema};

use crate::access::pod_identity::AccountName;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::ClusterAtRead;
use crate::diagnostics::kept_state::{self, Lookup};
use crate::ports::ApiError;
use crate::ports::eks::PodIdentityAssociation;
use crate::session::object_claim::{self, Origin};

mod diagnostics;
mod flatten;
mod identity;
mod import;
mod moved;
mod permissions;
mod plan;
mod removal;
mod rules;
mod schema;
mod trust;
mod write;

#[cfg(test)]
mod tests;

pub use identity::PodIdentityAssociationIdentity;
pub use schema::PodIdentityAssociationModel;

use diagnostics::About;

/// Private facts: the id of the association that the state is about.
const ID: &str = "id";
/// Private facts: the add-on whose the association is.
const OWNER: &str = "owner";

/// The resource `eksauth_pod_identity_association`.
pub struct PodIdentityAssociationResource;

impl Resource for PodIdentityAssociationResource {
    type Client = Client;
    type Model = PodIdentityAssociationModel;
    type Identity = PodIdentityAssociationIdentity;

    const NAME: &'static str = "eksauth_pod_identity_association";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &PodIdentityAssociationModel, diagnostics: &mut Diagnostics) {
        if config.policy.is_known()
            && !config.disable_session_tags.is_unknown()
            && config.disable_session_tags != Attr::Known(true)
        {
            diagnostics.push(diagnostics::policy_with_session_tags());
        }
    }

    fn complete(&self, model: &mut PodIdentityAssociationModel) {
        model.id = model.id();
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<PodIdentityAssociationModel>,
    ) -> Result<(), Diagnostics> {
        plan::plan(cx, plan).await
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<PodIdentityAssociationModel>,
    ) -> Result<State<PodIdentityAssociationModel>, Failed<PodIdentityAssociationModel>> {
        write::create(cx, apply).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<PodIdentityAssociationModel>,
    ) -> Result<Option<State<PodIdentityAssociationModel>>, Diagnostics> {
        let placement = state.model.placement();
        let cluster = match placement.at_read(cx, cx.client.clusters()).await? {
            ClusterAtRead::NotJudged => return Ok(Some(state)),
            ClusterAtRead::Gone => return Ok(None),
            ClusterAtRead::Found(cluster) => cluster,
        };
        Ok(match find(cx, &cluster, &state.model).await? {
            Lookup::Found(association) => {
                let placed = placement.in_cluster(&cluster);
                let read = as_read(cx, &association, state);
                note_in_state(cx, &read.model, &read.private);
                Some(State {
                    model: read.model.placed(placed),
                    ..read
                })
            }
            Lookup::Gone => None,
            Lookup::Unread => Some(state),
        })
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<PodIdentityAssociationModel>,
    ) -> Result<State<PodIdentityAssociationModel>, Failed<PodIdentityAssociationModel>> {
        write::update(cx, apply).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<PodIdentityAssociationModel>,
    ) -> Result<(), Diagnostics> {
        removal::delete(cx, state).await
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<PodIdentityAssociationModel>, Diagnostics> {
        import::by_id(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: PodIdentityAssociationIdentity,
    ) -> Result<State<PodIdentityAssociationModel>, Diagnostics> {
        import::by_identity(cx, identity).await
    }

    fn move_from(
        &self,
        source: MoveSource,
    ) -> Option<Result<State<PodIdentityAssociationModel>, Diagnostics>> {
        moved::move_from(&source)
    }

    fn moves(&self) -> bool {
        true
    }
}

/// The association of a state; where it is gone, the one that its service account has now.
async fn find(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    state: &PodIdentityAssociationModel,
) -> Result<Lookup<PodIdentityAssociation>, Diagnostics> {
    let about = about(state, cluster);
    let looked_up = async {
        let eks = cluster.eks();
        let name = cluster.cluster.name.as_str();
        if let Some(id) = state.association_id.known()
            && let Some(found) = eks.describe_pod_identity_association(name, id).await?
        {
            return Ok(Some(found));
        }
        of_account(cluster, &about.account).await
    };
    match looked_up.await {
        Ok(Some(found)) => Ok(Lookup::Found(found)),
        Ok(None) => Ok(Lookup::Gone),
        Err(error) if kept_state::is_kept(cx, &about.text(), &error) => Ok(Lookup::Unread),
        Err(error) => Err(diagnostics::cannot_read(&about, &error).into()),
    }
}

/// The association of a service account.
async fn of_account(
    cluster: &FoundCluster,
    account: &AccountName,
) -> Result<Option<PodIdentityAssociation>, ApiError> {
    let eks = cluster.eks();
    let name = cluster.cluster.name.as_str();
    let listed = eks.find_pod_identity_association(name, &account.namespace, &account.name);
    match listed.await? {
        Some(listed) => {
            eks.describe_pod_identity_association(name, &listed.id)
                .await
        }
        None => Ok(None),
    }
}

/// The state of an association that is there. One that somebody else has made again is theirs.
fn as_read(
    cx: &Context<Client>,
    found: &PodIdentityAssociation,
    state: State<PodIdentityAssociationModel>,
) -> State<PodIdentityAssociationModel> {
    let is_another = known_id(&state.private).is_some_and(|id| id != found.id);
    let model = flatten::flatten(cx.client.settings(), found, state.model);
    State {
        private: with_facts(state.private, found),
        model: PodIdentityAssociationModel {
            adopted: match is_another {
                true => Attr::Known(true),
                false => model.adopted,
            },
            ..model
        },
    }
}

fn known_id(private: &Private) -> Option<&str> {
    private.entries.get(ID)?.as_str()
}

fn owner(private: &Private) -> Option<&str> {
    private.entries.get(OWNER)?.as_str()
}

fn with_facts(mut private: Private, found: &PodIdentityAssociation) -> Private {
    let text = |text: &str| serde_json::Value::String(text.to_owned());
    private.entries.insert(ID.to_owned(), text(&found.id));
    match &found.owner_arn {
        Some(owner) => private.entries.insert(OWNER.to_owned(), text(owner)),
        None => private.entries.remove(OWNER),
    };
    private
}

fn about(model: &PodIdentityAssociationModel, cluster: &FoundCluster) -> About {
    About {
        account: model.account(),
        cluster: cluster.reference.name.clone(),
    }
}

/// How it came to the state, for another address that goes on with it.
fn origin(model: &PodIdentityAssociationModel) -> Origin {
    match model.adopted {
        Attr::Known(true) => Origin::Adopted,
        _ => Origin::Made,
    }
}

/// Which association of the service account it is, for another address that goes on with it.
fn id_part(id: &str) -> String {
    format!("association {id}")
}

/// Notes at refresh and plan what the state has: whoever is to make the association finds what this configuration holds.
fn note_in_state(cx: &Context<Client>, model: &PodIdentityAssociationModel, private: &Private) {
    let key = claim_key(model);
    object_claim::note_in_state(cx, &key, origin(model), known_id(private).map(id_part));
    if let Some(key) = key.known() {
        cx.client.account_objects().note_in_state(key);
    }
}

/// What names the association for those who hold it in one configuration.
fn claim_key(model: &PodIdentityAssociationModel) -> Attr<String> {
    match (&model.cluster_arn, &model.namespace, &model.service_account) {
        (Attr::Known(cluster), Attr::Known(namespace), Attr::Known(name)) => Attr::Known(format!(
            "{cluster} podidentityassociation {namespace}/{name}"
        )),
        _ => Attr::Unknown,
    }
}
