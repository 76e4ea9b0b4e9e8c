//! Whether a node role has room for the policies of all roles that are planned for it, and not of each alone.

use std::collections::BTreeMap;

use eksauth_core::iam_policy::addon_policy::INLINE_POLICIES_SIZE;
use eksauth_core::iam_policy::policy_document::size;
use tf_provider::{Attr, Context, Diagnostics};

use super::ManagedRole;
use super::node_policy::{PREFIX, diagnostics, node_role_name, policy_name};
use crate::client::Client;
use crate::ports::iam::RoleDetails;
use crate::session::policy_room::WantedPolicy;

/// Counts at plan what this configuration puts on each node role, beside the policies there that no apply of this provider takes away. What cannot be
/// read is asked again at apply, before anything is made.
///
/// # Errors
/// A node role can never have them all.
pub(super) async fn check_at_plan(
    cx: &Context<Client>,
    prior: Option<&ManagedRole>,
    planned: &ManagedRole,
) -> Result<(), Diagnostics> {
    let mut refusals = Diagnostics::new();
    let policies = planned.node_policies.known().into_iter().flatten();
    for (arn, text) in policies.filter(|_| cx.client.cloud().is_some()) {
        if !is_needed(cx, prior, planned, (arn, text)) {
            continue;
        }
        let Ok(iam) = cx.client.iam().await else {
            return Ok(());
        };
        let room = cx.client.account_objects().policy_room();
        let clock = cx.client.clock().as_ref();
        let found = room.role(clock, iam.as_ref(), &node_role_name(arn)).await;
        match found.as_ref() {
            Ok(Some(live)) if live.role.arn == *arn => {
                let mut live = live.clone();
                if let Some(inline) = &mut live.inline_policies {
                    inline.retain(|name, _| !name.starts_with(PREFIX));
                }
                refusals.extend(fault(cx, planned, &live, text));
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(arn, %error, "whether the node role has room is not known");
            }
        }
    }
    refusals.into_result()
}

/// True for a policy that is new or becomes longer; one that stays as it is counts for the others.
pub(super) fn is_needed(
    cx: &Context<Client>,
    prior: Option<&ManagedRole>,
    planned: &ManagedRole,
    (arn, text): (&str, &Attr<String>),
) -> bool {
    let (Some(role), Some(text)) = (planned.name.known(), text.known()) else {
        return !is_ours(prior, arn);
    };
    let before = of_state(prior, arn).and_then(Attr::known);
    let is_needed = before.is_none_or(|before| size(before) < size(text));
    if !is_needed {
        let policy = WantedPolicy {
            role: arn,
            name: &policy_name(role),
            size: size(text),
        };
        cx.client.account_objects().policy_room().note(&policy);
    }
    is_needed
}

/// True for a node role that has the policy in the state.
pub(super) fn is_ours(prior: Option<&ManagedRole>, arn: &str) -> bool {
    of_state(prior, arn).is_some()
}

fn of_state<'a>(prior: Option<&'a ManagedRole>, arn: &str) -> Option<&'a Attr<String>> {
    prior?.node_policies.known()?.get(arn)
}

/// Why a node role has no room for the policy; else the room is taken.
pub(super) fn fault(
    cx: &Context<Client>,
    planned: &ManagedRole,
    live: &RoleDetails,
    text: &Attr<String>,
) -> Diagnostics {
    let (Some(role), Some(text)) = (planned.name.known(), text.known()) else {
        return Diagnostics::new();
    };
    let policy = WantedPolicy {
        role: &live.role.arn,
        name: &policy_name(role),
        size: size(text),
    };
    let others = live.inline_policies.iter().flatten();
    let others: BTreeMap<String, usize> = others
        .map(|(name, text)| (name.clone(), size(text)))
        .collect();
    let room = cx.client.account_objects().policy_room();
    match room.take(&policy, &others, INLINE_POLICIES_SIZE) {
        Ok(()) => Diagnostics::new(),
        Err(total) => diagnostics::long_node_policies(&live.role, total).into(),
    }
}
