//! An IAM role that pods can assume: its trust policy comes from typed subjects, and with it come its policies.
//!
//! Permissions: in `irsa_role/permissions.rs`. Import id: the role's name; identity: name and account. A cluster's issuer is looked up by the cluster's name, so the trust policy is
//! known at plan as soon as the cluster exists. Policies that others attach are left alone.

use tf_provider::resource::{Apply, Failed, MoveSource, Plan, State};
use tf_provider::{Attr, Context, Diagnostics, Resource, Schema};

use crate::client::Client;
use crate::resources::iam_role;
use crate::resources::iam_role::schema::ON_CONFLICT_DEFAULT;

mod addon_policies;
mod annotations;
mod diagnostics;
mod imported_trust;
mod model;
mod named_arns;
mod permissions;
mod rules;
mod schema;
mod trust;
mod validation;

pub use crate::resources::iam_role::RoleIdentity as IrsaRoleIdentity;
pub use schema::{IrsaRoleModel, TrustModel};

/// The resource `eksauth_irsa_role`.
pub struct IrsaRoleResource;

impl Resource for IrsaRoleResource {
    type Client = Client;
    type Model = IrsaRoleModel;
    type Identity = IrsaRoleIdentity;

    const NAME: &'static str = "eksauth_irsa_role";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &IrsaRoleModel, diagnostics: &mut Diagnostics) {
        validation::validate(config, diagnostics);
    }

    fn complete(&self, model: &mut IrsaRoleModel) {
        model.id = model.name.clone();
        // States of older versions have neither.
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
        plan: &mut Plan<IrsaRoleModel>,
    ) -> Result<(), Diagnostics> {
        iam_role::note_in_state(cx, plan.prior.as_ref());
        let (Some(config), Some(planned)) = (&plan.config, &mut plan.planned) else {
            if let Some(prior) = &plan.prior {
                iam_role::give_up(cx, &mut plan.private, prior);
            }
            return Ok(());
        };
        trust::at_plan(cx, config, plan.prior.as_ref(), planned).await?;
        addon_policies::at_plan(cx, plan.prior.as_ref(), planned).await?;
        iam_role::settle(cx, plan).await?;
        if let Some(planned) = &plan.planned {
            named_arns::check(planned)?;
        }
        iam_role::announce(cx, plan).await
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<IrsaRoleModel>,
    ) -> Result<State<IrsaRoleModel>, Failed<IrsaRoleModel>> {
        let mut planned = apply.planned;
        trust::at_apply(cx, &apply.config, None, &mut planned).await?;
        addon_policies::at_apply(cx, &mut planned).await?;
        iam_role::create(cx, planned).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<IrsaRoleModel>,
    ) -> Result<Option<State<IrsaRoleModel>>, Diagnostics> {
        if cx.client.cloud().is_some() {
            let placement = state.model.placement();
            placement.check_region_at_read(cx.client.clusters())?;
        }
        iam_role::read(cx, state).await
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<IrsaRoleModel>,
    ) -> Result<State<IrsaRoleModel>, Failed<IrsaRoleModel>> {
        let Some(prior) = apply.prior else {
            return Err(diagnostics::no_prior().into());
        };
        let mut planned = apply.planned;
        trust::at_apply(cx, &apply.config, Some(&prior), &mut planned).await?;
        addon_policies::at_apply(cx, &mut planned).await?;
        iam_role::update(cx, prior, planned).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<IrsaRoleModel>,
    ) -> Result<(), Diagnostics> {
        iam_role::delete(cx, state).await
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<IrsaRoleModel>, Diagnostics> {
        iam_role::import(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: IrsaRoleIdentity,
    ) -> Result<State<IrsaRoleModel>, Diagnostics> {
        iam_role::import_identity(cx, identity).await
    }

    fn move_from(&self, source: MoveSource) -> Option<Result<State<IrsaRoleModel>, Diagnostics>> {
        iam_role::moved::move_from(&source)
    }

    fn moves(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
