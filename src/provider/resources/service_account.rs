//! A ServiceAccount of a cluster with the annotations by which its pods get an IAM role: made or adopted, held by server-side apply.
//!
//! Permissions: in `service_account/permissions.rs`. Import id: `cluster/namespace/name`, with an optional `@region`.
//! What is not set is somebody else's. An account that was there before, or that somebody else has made again, outlives the configuration.

use tf_provider::resource::{Apply, Failed, Plan, Private, State};
use tf_provider::{Attr, Context, Diagnostics, Resource, Schema};

use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::ClusterAtRead;
use crate::diagnostics::kept_state;
use crate::ports::ApiError;
use crate::ports::service_account::ServiceAccount;
use crate::session::object_claim::{self, Origin};
use crate::session::recent::Asked;

mod conflicts;
mod diagnostics;
mod fields;
mod identity;
mod import;
mod permissions;
mod plan;
mod removal;
mod rules;
mod schema;
mod trust;
mod write;

#[cfg(test)]
mod tests;

pub use identity::ServiceAccountIdentity;
pub use schema::ServiceAccountModel;

use diagnostics::About;

/// Private facts: the uid of the account that the state is about.
const UID: &str = "uid";

/// The resource `eksauth_service_account`.
pub struct ServiceAccountResource;

impl Resource for ServiceAccountResource {
    type Client = Client;
    type Model = ServiceAccountModel;
    type Identity = ServiceAccountIdentity;

    const NAME: &'static str = "eksauth_service_account";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn complete(&self, model: &mut ServiceAccountModel) {
        model.id = model.id();
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<ServiceAccountModel>,
    ) -> Result<(), Diagnostics> {
        plan::plan(cx, plan).await
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<ServiceAccountModel>,
    ) -> Result<State<ServiceAccountModel>, Failed<ServiceAccountModel>> {
        write::create(cx, apply).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<ServiceAccountModel>,
    ) -> Result<Option<State<ServiceAccountModel>>, Diagnostics> {
        let placement = state.model.placement();
        let cluster = match placement.at_read(cx, cx.client.clusters()).await? {
            ClusterAtRead::NotJudged => return Ok(Some(state)),
            ClusterAtRead::Gone => return Ok(None),
            ClusterAtRead::Found(cluster) => cluster,
        };
        let about = about(&state.model, &cluster);
        let accounts = cx.client.service_accounts();
        match accounts
            .read(&cluster, &about.namespace, &about.name, Asked::AtRefresh)
            .await
        {
            Ok(Some(account)) => {
                let read = as_read(&account, state);
                note_in_state(cx, &read.model, &read.private);
                Ok(Some(read))
            }
            Ok(None) => Ok(None),
            Err(error) if kept_state::is_kept(cx, &about.text(), &error) => Ok(Some(state)),
            Err(error) => Err(cannot_read(cx, &cluster, &about, &error).await),
        }
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<ServiceAccountModel>,
    ) -> Result<State<ServiceAccountModel>, Failed<ServiceAccountModel>> {
        write::update(cx, apply).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<ServiceAccountModel>,
    ) -> Result<(), Diagnostics> {
        removal::delete(cx, state).await
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<ServiceAccountModel>, Diagnostics> {
        import::by_id(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: ServiceAccountIdentity,
    ) -> Result<State<ServiceAccountModel>, Diagnostics> {
        import::by_identity(cx, identity).await
    }
}

/// The state of an account that is there. One that somebody else has made again is theirs.
fn as_read(
    account: &ServiceAccount,
    state: State<ServiceAccountModel>,
) -> State<ServiceAccountModel> {
    let is_another = uid(&state.private).is_some_and(|uid| uid != account.uid);
    let model = fields::flatten(account, state.model);
    State {
        private: with_uid(state.private, account),
        model: ServiceAccountModel {
            adopted: match is_another {
                true => Attr::Known(true),
                false => model.adopted,
            },
            ..model
        },
    }
}

fn uid(private: &Private) -> Option<&str> {
    private.entries.get(UID)?.as_str()
}

fn with_uid(mut private: Private, account: &ServiceAccount) -> Private {
    let uid = serde_json::Value::String(account.uid.clone());
    private.entries.insert(UID.to_owned(), uid);
    private
}

fn about(model: &ServiceAccountModel, cluster: &FoundCluster) -> About {
    let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    About {
        namespace: text(&model.namespace),
        name: text(&model.name),
        cluster: cluster.reference.name.clone(),
    }
}

/// How it came to the state, for another address that goes on with it.
fn origin(model: &ServiceAccountModel) -> Origin {
    match model.adopted {
        Attr::Known(true) => Origin::Adopted,
        _ => Origin::Made,
    }
}

/// Which account of the name it is, for another address that goes on with it.
fn uid_part(uid: &str) -> String {
    format!("uid {uid}")
}

/// Notes at refresh and plan what the state has: whoever is to make the account finds what this configuration holds.
fn note_in_state(cx: &Context<Client>, model: &ServiceAccountModel, private: &Private) {
    let key = claim_key(model);
    object_claim::note_in_state(cx, &key, origin(model), uid(private).map(uid_part));
    if let Some(key) = key.known() {
        cx.client.account_objects().note_in_state(key);
    }
}

/// What names the account for those who hold it in one configuration.
fn claim_key(model: &ServiceAccountModel) -> Attr<String> {
    match (&model.cluster_arn, &model.namespace, &model.name) {
        (Attr::Known(cluster), Attr::Known(namespace), Attr::Known(name)) => {
            Attr::Known(format!("{cluster} serviceaccount {namespace}/{name}"))
        }
        _ => Attr::Unknown,
    }
}

/// A refusal or silence of the API server, explained.
async fn failed(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    title: &str,
    (about, error): (&About, &ApiError),
) -> Diagnostics {
    let explainer = cx.client.unauthorized(cluster);
    let about = about.text();
    explainer.explain(title, &about, error).await.into()
}

async fn cannot_read(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    about: &About,
    error: &ApiError,
) -> Diagnostics {
    failed(cx, cluster, "Cannot Read Service Account", (about, error)).await
}
