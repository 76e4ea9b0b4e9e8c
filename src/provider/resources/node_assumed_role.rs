//! An IAM role for the pods of kube2iam or kiam: trusted by the nodes' roles, or by the role of kiam's server.
//!
//! Permissions: in `node_assumed_role/permissions.rs`. Import id: the role's name; identity: name and account. What it shares with `eksauth_irsa_role` is in
//! `iam_role`; its own are the trust, what pods and node roles need for it, and the policies on node roles.

use tf_provider::resource::{Apply, Failed, MoveSource, Plan, State};
use tf_provider::{Attr, Context, Diagnostics, Resource, Schema};

use crate::client::Client;
use crate::resources::iam_role;
use crate::resources::iam_role::schema::ON_CONFLICT_DEFAULT;

mod annotations;
mod diagnostics;
mod model;
mod named_arns;
mod node_policies;
mod permissions;
mod rules;
mod schema;
mod trust;
mod validation;

pub use crate::resources::iam_role::RoleIdentity as NodeAssumedRoleIdentity;
pub use schema::NodeAssumedRoleModel;

/// The resource `eksauth_node_assumed_role`.
pub struct NodeAssumedRoleResource;

impl Resource for NodeAssumedRoleResource {
    type Client = Client;
    type Model = NodeAssumedRoleModel;
    type Identity = NodeAssumedRoleIdentity;

    const NAME: &'static str = "eksauth_node_assumed_role";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &NodeAssumedRoleModel, diagnostics: &mut Diagnostics) {
        validation::validate(config, diagnostics);
    }

    fn complete(&self, model: &mut NodeAssumedRoleModel) {
        model.id = model.name.clone();
        if model.on_conflict.is_null() {
            model.on_conflict = Attr::Known(ON_CONFLICT_DEFAULT.to_owned());
        }
        if model.adopted.is_null() {
            model.adopted = Attr::Known(false);
        }
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<NodeAssumedRoleModel>,
    ) -> Result<(), Diagnostics> {
        iam_role::note_in_state(cx, plan.prior.as_ref());
        let Some(planned) = &mut plan.planned else {
            if let Some(prior) = &plan.prior {
                iam_role::give_up(cx, &mut plan.private, prior);
            }
            return Ok(());
        };
        trust::at_plan(cx, plan.prior.as_ref(), planned)?;
        iam_role::settle(cx, plan).await?;
        if let Some(planned) = &mut plan.planned {
            node_policies::fill(plan.prior.as_ref(), planned);
            named_arns::check(planned)?;
            validation::warn_of_external_id(cx, plan.prior.as_ref(), planned);
        }
        iam_role::announce(cx, plan).await
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<NodeAssumedRoleModel>,
    ) -> Result<State<NodeAssumedRoleModel>, Failed<NodeAssumedRoleModel>> {
        let mut planned = apply.planned;
        trust::at_apply(cx, None, &mut planned)?;
        node_policies::fill(None, &mut planned);
        named_arns::check(&planned)?;
        iam_role::create(cx, planned).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<NodeAssumedRoleModel>,
    ) -> Result<Option<State<NodeAssumedRoleModel>>, Diagnostics> {
        iam_role::read(cx, state).await
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<NodeAssumedRoleModel>,
    ) -> Result<State<NodeAssumedRoleModel>, Failed<NodeAssumedRoleModel>> {
        let Some(prior) = apply.prior else {
            return Err(diagnostics::no_prior().into());
        };
        let mut planned = apply.planned;
        trust::at_apply(cx, Some(&prior), &mut planned)?;
        node_policies::fill(Some(&prior), &mut planned);
        named_arns::check(&planned)?;
        iam_role::update(cx, prior, planned).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<NodeAssumedRoleModel>,
    ) -> Result<(), Diagnostics> {
        iam_role::delete(cx, state).await
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<NodeAssumedRoleModel>, Diagnostics> {
        iam_role::import(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: NodeAssumedRoleIdentity,
    ) -> Result<State<NodeAssumedRoleModel>, Diagnostics> {
        iam_role::import_identity(cx, identity).await
    }

    fn move_from(
        &self,
        source: MoveSource,
    ) -> Option<Result<State<NodeAssumedRoleModel>, Diagnostics>> {
        iam_role::moved::move_from(&source)
    }

    fn moves(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
