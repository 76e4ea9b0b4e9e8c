//! Removing a role: first what is ours on it, then the role; what others attached only where the practitioner said so.

use std::collections::BTreeSet;

use tf_provider::{Attr, Context, Diagnostics};

use super::schema::IrsaRoleModel;
use super::{about, diagnostics};
use crate::attributes::values::{known_map, known_set};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::iam::{InlinePolicies, RoleDetails};
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
    let conflict = match remove_ours(iam, name, state).await {
        Err(error) if error.kind == ErrorKind::Conflict => error,
        outcome => return outcome.map_err(failed),
    };
    let details = iam
        .role_details(name, InlinePolicies::Read)
        .await
        .map_err(&failed)?;
    let profiles = iam.instance_profiles_of_role(name).await.map_err(&failed)?;
    let ours = known_set(&state.policy_arns).unwrap_or_default();
    if has_nothing(details.as_ref(), &profiles) {
        // IAM has not yet seen everywhere that the policies are gone.
        return delete_when_seen(cx, iam, name).await.map_err(failed);
    }
    if state.force_detach_policies != Attr::Known(true) {
        let mut diagnostic = api_failure::failed("Cannot Delete Role", &about, &conflict);
        diagnostic.detail.push_str(&diagnostics::others_attached(
            name,
            details.as_ref(),
            &ours,
            &profiles,
        ));
        return Err(diagnostic.into());
    }
    remove_all(iam, name, details.as_ref(), &profiles)
        .await
        .map_err(&failed)?;
    delete_when_seen(cx, iam, name).await.map_err(failed)
}

/// Takes away what this resource attached, and the role.
async fn remove_ours(iam: &dyn IamApi, name: &str, state: &IrsaRoleModel) -> Result<(), ApiError> {
    for arn in known_set(&state.policy_arns).unwrap_or_default() {
        absent_is_done(iam.detach_role_policy(name, &arn).await)?;
    }
    for policy in known_map(&state.inline_policies)
        .unwrap_or_default()
        .into_keys()
    {
        absent_is_done(iam.delete_role_policy(name, &policy).await)?;
    }
    absent_is_done(iam.delete_role(name).await)
}

async fn remove_all(
    iam: &dyn IamApi,
    name: &str,
    details: Option<&RoleDetails>,
    profiles: &[String],
) -> Result<(), ApiError> {
    let none = BTreeSet::new();
    for arn in details.map_or(&none, |details| &details.attached_policies) {
        absent_is_done(iam.detach_role_policy(name, arn).await)?;
    }
    let inline = details.and_then(|details| details.inline_policies.as_ref());
    for policy in inline.iter().flat_map(|policies| policies.keys()) {
        absent_is_done(iam.delete_role_policy(name, policy).await)?;
    }
    for profile in profiles {
        absent_is_done(iam.remove_role_from_instance_profile(name, profile).await)?;
    }
    Ok(())
}

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

fn has_nothing(details: Option<&RoleDetails>, profiles: &[String]) -> bool {
    let is_bare = |details: &RoleDetails| {
        details.attached_policies.is_empty()
            && details
                .inline_policies
                .as_ref()
                .is_none_or(|policies| policies.is_empty())
    };
    profiles.is_empty() && details.is_none_or(is_bare)
}

fn absent_is_done(outcome: Result<(), ApiError>) -> Result<(), ApiError> {
    match outcome {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}
