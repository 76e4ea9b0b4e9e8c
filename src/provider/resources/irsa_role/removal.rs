//! Removing a role. What others attached is looked for before anything is taken away, and goes only where the practitioner said so.
//!
//! DeleteRole comes first: IAM refuses it while something hangs on the role, and before that whoever may not delete it. Either way nothing of the
//! role was touched yet.

use std::collections::BTreeSet;

use tf_provider::{Attr, Context, Diagnostics};

use super::schema::IrsaRoleModel;
use super::{about, diagnostics};
use crate::attributes::values::{known_map, known_set};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::iam::InlinePolicies;
use crate::ports::{ApiError, ErrorKind, IamApi};
use crate::session::consistency::until_consistent;

pub(super) async fn delete(cx: &Context<Client>, state: &IrsaRoleModel) -> Result<(), Diagnostics> {
    let Some(name) = state.name.known() else {
        return Ok(());
    };
    if let Some(arn) = state.arn.known() {
        cx.client.check_account(arn).await?;
    }
    let about = about(name);
    let failed = api_failure::failure("Cannot Delete Role", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    let iam = iam.as_ref();
    let conflict = match absent_is_done(iam.delete_role(name).await) {
        Err(error) if error.kind == ErrorKind::Conflict => error,
        outcome => return outcome.map_err(failed),
    };
    let Some(found) = Attachments::read(iam, name).await.map_err(&failed)? else {
        return Ok(());
    };
    let ours = Attachments::of_state(state);
    let foreign = found.without(&ours);
    if !foreign.is_empty() && state.force_detach_policies != Attr::Known(true) {
        let mut diagnostic = api_failure::failed("Cannot Delete Role", &about, &conflict);
        let text = diagnostics::others_attached(name, &foreign);
        diagnostic.detail.push_str(&text);
        return Err(diagnostic.into());
    }
    // Also what is ours and not listed: IAM may not yet show what was attached a moment ago.
    ours.and(foreign)
        .take_away(iam, name)
        .await
        .map_err(&failed)?;
    delete_when_seen(cx, iam, name).await.map_err(failed)
}

/// What hangs on a role and keeps it from being deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attachments {
    /// Managed policies, by ARN.
    pub(super) policies: BTreeSet<String>,
    /// Inline policies, by name.
    pub(super) inline_policies: BTreeSet<String>,
    /// Instance profiles that it is in, by name.
    pub(super) instance_profiles: BTreeSet<String>,
}

impl Attachments {
    /// What hangs on it now; `None` where the role is gone.
    async fn read(iam: &dyn IamApi, role: &str) -> Result<Option<Self>, ApiError> {
        let Some(details) = iam.role_details(role, InlinePolicies::Read).await? else {
            return Ok(None);
        };
        let inline = details.inline_policies.unwrap_or_default();
        Ok(Some(Self {
            policies: details.attached_policies,
            inline_policies: inline.into_keys().collect(),
            instance_profiles: iam
                .instance_profiles_of_role(role)
                .await?
                .into_iter()
                .collect(),
        }))
    }

    /// What this resource attached.
    fn of_state(state: &IrsaRoleModel) -> Self {
        let inline = known_map(&state.inline_policies).unwrap_or_default();
        Self {
            policies: known_set(&state.policy_arns).unwrap_or_default(),
            inline_policies: inline.into_keys().collect(),
            instance_profiles: BTreeSet::new(),
        }
    }

    fn without(&self, ours: &Self) -> Self {
        let rest = |all: &BTreeSet<String>, ours: &BTreeSet<String>| all - ours;
        Self {
            policies: rest(&self.policies, &ours.policies),
            inline_policies: rest(&self.inline_policies, &ours.inline_policies),
            instance_profiles: rest(&self.instance_profiles, &ours.instance_profiles),
        }
    }

    fn and(mut self, more: Self) -> Self {
        self.policies.extend(more.policies);
        self.inline_policies.extend(more.inline_policies);
        self.instance_profiles.extend(more.instance_profiles);
        self
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    async fn take_away(&self, iam: &dyn IamApi, role: &str) -> Result<(), ApiError> {
        for arn in &self.policies {
            absent_is_done(iam.detach_role_policy(role, arn).await)?;
        }
        for policy in &self.inline_policies {
            absent_is_done(iam.delete_role_policy(role, policy).await)?;
        }
        for profile in &self.instance_profiles {
            absent_is_done(iam.remove_role_from_instance_profile(role, profile).await)?;
        }
        Ok(())
    }
}

/// Deletes the role once IAM has seen everywhere that nothing hangs on it any more.
async fn delete_when_seen(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    name: &str,
) -> Result<(), ApiError> {
    let outcome = until_consistent(
        cx,
        |error| error.kind == ErrorKind::Conflict,
        || iam.delete_role(name),
    )
    .await;
    absent_is_done(outcome)
}

fn absent_is_done(outcome: Result<(), ApiError>) -> Result<(), ApiError> {
    match outcome {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}
