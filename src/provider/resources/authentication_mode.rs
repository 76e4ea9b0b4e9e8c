//! The authentication mode of a cluster that something else makes: CONFIG_MAP, API_AND_CONFIG_MAP, API, in this direction and one step at a time.
//!
//! Permissions: in `authentication_mode/permissions.rs`. Import id: the cluster's name, with an optional `@region`, or its ARN. Nothing of the cluster is touched
//! but the mode, and nothing takes a step back: a step that whoever is only in aws-auth pays for is refused before it is made, and destroy only forgets. A cluster
//! in the mode already needs nothing.

use tf_provider::resource::{Apply, Failed, Plan, State};
use tf_provider::{Attr, Context, Diagnostics, Resource, Schema};

use crate::access::cluster_access::authentication_mode;
use crate::attributes::timeouts::Operation;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::ClusterAtRead;

mod diagnostics;
mod identity;
mod import;
mod permissions;
mod plan;
mod schema;
mod step;
mod write;

#[cfg(test)]
mod tests;

pub use identity::AuthenticationModeIdentity;
pub use schema::AuthenticationModeModel;

/// The resource `eksauth_authentication_mode`.
pub struct AuthenticationModeResource;

impl Resource for AuthenticationModeResource {
    type Client = Client;
    type Model = AuthenticationModeModel;
    type Identity = AuthenticationModeIdentity;

    const NAME: &'static str = "eksauth_authentication_mode";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn complete(&self, model: &mut AuthenticationModeModel) {
        model.id = model.placement().import_id("");
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<AuthenticationModeModel>,
    ) -> Result<(), Diagnostics> {
        plan::plan(cx, plan).await
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<AuthenticationModeModel>,
    ) -> Result<State<AuthenticationModeModel>, Failed<AuthenticationModeModel>> {
        write::raise(cx, apply, Operation::Create).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<AuthenticationModeModel>,
    ) -> Result<Option<State<AuthenticationModeModel>>, Diagnostics> {
        let placement = state.model.placement();
        Ok(match placement.at_read(cx, cx.client.clusters()).await? {
            ClusterAtRead::NotJudged => Some(state),
            ClusterAtRead::Gone => None,
            ClusterAtRead::Found(cluster) => Some(State {
                model: in_mode_of(state.model, &cluster),
                private: state.private,
            }),
        })
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<AuthenticationModeModel>,
    ) -> Result<State<AuthenticationModeModel>, Failed<AuthenticationModeModel>> {
        write::raise(cx, apply, Operation::Update).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<AuthenticationModeModel>,
    ) -> Result<(), Diagnostics> {
        cx.add(diagnostics::mode_stays(&state.model));
        Ok(())
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<AuthenticationModeModel>, Diagnostics> {
        import::by_id(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: AuthenticationModeIdentity,
    ) -> Result<State<AuthenticationModeModel>, Diagnostics> {
        import::import(cx, &identity.cluster()).await
    }
}

/// The state of a cluster as it is.
fn in_mode_of(model: AuthenticationModeModel, cluster: &FoundCluster) -> AuthenticationModeModel {
    AuthenticationModeModel {
        authentication_mode: Attr::Known(authentication_mode(cluster).id().to_owned()),
        ..model
    }
}
