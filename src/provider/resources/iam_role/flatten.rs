//! From what IAM says to the state.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::iam_policy::policy_document::grants_the_same;
use tf_provider::Attr;

use super::ManagedRole;
use super::schema::{DEFAULT_MAX_SESSION_DURATION, ON_CONFLICT_DEFAULT};
use crate::attributes::tags::{FlatTags, flatten_tags};
use crate::attributes::values::{known_map, known_set, to_map, to_set};
use crate::config::Settings;
use crate::ports::iam::{InlinePolicies, RoleDetails, Tags};

/// The state of a role. `state` says what is ours of it, and how things were spelt.
pub(super) fn flatten(settings: &Settings, live: RoleDetails, state: ManagedRole) -> ManagedRole {
    let FlatTags { tags, tags_all } = match state.adopted {
        Attr::Known(true) => flatten_tags(
            &settings.tags,
            &own_tags(&live.role.tags, &state),
            &state.tags,
        ),
        _ => flatten_tags(&settings.tags, &live.role.tags, &state.tags),
    };
    ManagedRole {
        arn: Attr::Known(live.role.arn.clone()),
        name: Attr::Known(name(&live, &state)),
        path: Attr::Known(live.role.path.clone()),
        description: match (live.role.description.as_str(), &state.description) {
            ("", Attr::Known(before)) if before.is_empty() => state.description.clone(),
            ("", _) => Attr::Null,
            (text, _) => Attr::Known(text.to_owned()),
        },
        max_session_duration: Attr::Known(i64::from(live.role.max_session_duration)),
        permissions_boundary: live.role.permissions_boundary.clone().into(),
        assume_role_policy: Attr::Known(same_or(
            &state.assume_role_policy,
            &live.role.assume_role_policy,
        )),
        policy_arns: policy_arns(&live.attached_policies, &state),
        inline_policies: inline_policies(live.inline_policies.as_ref(), &state),
        unique_id: Attr::Known(live.role.unique_id.clone()),
        tags,
        tags_all,
        ..with_defaults(state)
    }
}

/// A state that has every policy of the role.
pub(super) fn with_all_policies(live: &RoleDetails, state: ManagedRole) -> ManagedRole {
    let inline = live.inline_policies.clone().unwrap_or_default();
    ManagedRole {
        policy_arns: match live.attached_policies.is_empty() {
            true => Attr::Null,
            false => to_set(live.attached_policies.clone()),
        },
        inline_policies: match inline.is_empty() {
            true => Attr::Null,
            false => to_map(inline),
        },
        ..state
    }
}

/// Of an adopted role's tags those that are ours; the others are its own.
fn own_tags(live: &Tags, state: &ManagedRole) -> Tags {
    let own = known_map(&state.tags_all).unwrap_or_default();
    let mut tags = live.clone();
    tags.retain(|key, _| own.contains_key(key));
    tags
}

/// Whether a read needs the inline policies: only where some are ours.
pub(super) fn wanted_inline_policies(state: &ManagedRole) -> InlinePolicies {
    match known_map(&state.inline_policies) {
        Some(policies) if policies.is_empty() => InlinePolicies::Skip,
        _ => InlinePolicies::Read,
    }
}

/// The attributes that IAM does not know have their defaults after an import, and where an older version wrote the state, so that it plans empty.
fn with_defaults(state: ManagedRole) -> ManagedRole {
    let or_false = |attribute: Attr<bool>| match attribute {
        Attr::Known(_) => attribute,
        Attr::Null | Attr::Unknown => Attr::Known(false),
    };
    ManagedRole {
        force_detach_policies: or_false(state.force_detach_policies),
        exclusive_policy_arns: or_false(state.exclusive_policy_arns),
        adopted: or_false(state.adopted),
        on_conflict: match state.on_conflict {
            Attr::Known(_) => state.on_conflict,
            Attr::Null | Attr::Unknown => Attr::Known(ON_CONFLICT_DEFAULT.to_owned()),
        },
        max_session_duration: match state.max_session_duration {
            Attr::Known(_) => state.max_session_duration,
            Attr::Null | Attr::Unknown => Attr::Known(DEFAULT_MAX_SESSION_DURATION),
        },
        ..state
    }
}

/// IAM does not tell names by case, so another case is no other role.
fn name(live: &RoleDetails, state: &ManagedRole) -> String {
    match state.name.known() {
        Some(name) if name.eq_ignore_ascii_case(&live.role.name) => name.clone(),
        _ => live.role.name.clone(),
    }
}

/// Of the attached policies those that are ours; all of them where the role's list is exclusive.
fn policy_arns(attached: &BTreeSet<String>, state: &ManagedRole) -> Attr<BTreeSet<Attr<String>>> {
    let ours = known_set(&state.policy_arns).unwrap_or_default();
    let shown: BTreeSet<String> = match state.exclusive_policy_arns {
        Attr::Known(true) => attached.clone(),
        _ => attached.intersection(&ours).cloned().collect(),
    };
    match shown.is_empty() && state.policy_arns.is_null() {
        true => Attr::Null,
        false => to_set(shown),
    }
}

fn inline_policies(
    live: Option<&BTreeMap<String, String>>,
    state: &ManagedRole,
) -> Attr<BTreeMap<String, Attr<String>>> {
    let (Some(live), Attr::Known(ours)) = (live, &state.inline_policies) else {
        return state.inline_policies.clone();
    };
    to_map(
        ours.iter()
            .filter_map(|(name, before)| Some((name.clone(), same_or(before, live.get(name)?)))),
    )
}

/// An attribute of inline policies as the state has it, where the configured ones mean the same in other words, which is no change. Terraform takes
/// an attribute's configured value or the one that the same attribute had, so no text comes from another attribute.
pub(crate) fn spelt_as(
    prior: &Attr<BTreeMap<String, Attr<String>>>,
    planned: Attr<BTreeMap<String, Attr<String>>>,
) -> Attr<BTreeMap<String, Attr<String>>> {
    let (Some(before), Some(now)) = (known_map(prior), known_map(&planned)) else {
        return planned;
    };
    let mean_the_same = !now.is_empty()
        && before.len() == now.len()
        && now.iter().all(|(name, text)| {
            before
                .get(name)
                .is_some_and(|before| grants_the_same(before, text))
        });
    match mean_the_same {
        true => prior.clone(),
        false => planned,
    }
}

/// The text that was there before, if the one that is there now means the same.
fn same_or(before: &Attr<String>, now: &str) -> String {
    match before.known() {
        Some(before) if grants_the_same(before, now) => before.clone(),
        _ => now.to_owned(),
    }
}
