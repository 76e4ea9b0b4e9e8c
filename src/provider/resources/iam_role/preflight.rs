//! What IAM would refuse halfway through a change, asked before the first step of it: managed policies and a boundary that do not exist.
//!
//! A policy that the same apply has just made is waited for as an attachment would be. Where `iam:GetPolicy` is not granted nothing is asked, and the
//! change itself finds out.

use std::collections::BTreeSet;

use tf_provider::{AttributePath, Context, Diagnostics};

use super::ManagedRole;
use super::rules::inline_policies_fault;
use super::{diagnostics, inline_policies, node_policy};
use crate::attributes::values::{known_map, known_set};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::{ApiError, ErrorKind, IamApi};
use crate::session::consistency::until_consistent;

/// Asks for everything that the change from `prior` (`None`: a create) adds.
///
/// # Errors
/// What does not exist or is too long. Nothing was changed then.
pub(super) async fn check(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    prior: Option<&ManagedRole>,
    planned: &ManagedRole,
) -> Result<(), Diagnostics> {
    let documents = known_map(&planned.inline_policies).unwrap_or_default();
    if let Some(fault) = inline_policies_fault(documents.values().map(String::as_str)) {
        return Err(diagnostics::long_inline_policies(&fault).into());
    }
    let have = prior.and_then(|prior| known_set(&prior.policy_arns));
    let wanted = known_set(&planned.policy_arns).unwrap_or_default();
    let added = &wanted - &have.unwrap_or_default();
    let boundary: BTreeSet<String> = match prior {
        Some(prior) if prior.permissions_boundary == planned.permissions_boundary => [].into(),
        _ => planned
            .permissions_boundary
            .known()
            .cloned()
            .into_iter()
            .collect(),
    };
    let mut refusals = Diagnostics::new();
    for (arns, attribute) in [(added, "policy_arns"), (boundary, "permissions_boundary")] {
        for arn in arns {
            match find(cx, iam, &arn).await {
                Err(error) if error.kind == ErrorKind::NotFound => {
                    refusals.push(match planned.addon_parts.arns.contains(&arn) {
                        true => diagnostics::addon_policy_not_found(&arn, &error),
                        false => diagnostics::policy_not_found(&arn, &error)
                            .at(AttributePath::attribute(attribute)),
                    })
                }
                Err(error) if error.kind == ErrorKind::Cancelled => {
                    let about = format!("Policy `{arn}`");
                    return Err(api_failure::failed("Cannot Read Policy", &about, &error).into());
                }
                // Whoever may not ask may be allowed to attach.
                Err(error) => {
                    tracing::debug!(arn, %error, "whether the policy exists is not known")
                }
                Ok(()) => cx.client.account_objects().note_policy(&arn),
            }
        }
    }
    refusals.into_result()?;
    if let Some(prior) = prior {
        inline_policies::check(cx, prior, planned).await?;
    }
    node_policy::check(cx, iam, prior, planned).await
}

async fn find(cx: &Context<Client>, iam: &dyn IamApi, arn: &str) -> Result<(), ApiError> {
    if cx.client.account_objects().has_policy(arn) {
        return Ok(());
    }
    // Policies of AWS are not made by an apply.
    let may_be_new = !arn.contains(":iam::aws:policy/");
    until_consistent(
        cx,
        |error| may_be_new && error.kind == ErrorKind::NotFound,
        || iam.check_managed_policy(arn),
    )
    .await
}
