//! What others have put on a role that is there already: what of it stays, and what becomes as configured.

use std::collections::BTreeMap;
use std::fmt;

use eksauth_core::iam_policy::policy_document::equivalent;
use tf_provider::Attr;

use super::ManagedRole;
use crate::attributes::values::{known_map, known_set, to_map};
use crate::ports::iam::RoleDetails;

/// One thing on a role. Displayed as kind and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    kind: &'static str,
    name: String,
}

impl Part {
    fn new(kind: &'static str, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind, name }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<16}  {}", self.kind, self.name)
    }
}

/// What a role that is completed has beside what is configured. Boundary and tags of it leave `reached`, so that no step takes them away.
pub(super) fn spare(
    reached: &mut ManagedRole,
    planned: &ManagedRole,
    live: &RoleDetails,
) -> Vec<Part> {
    let mut parts = Vec::new();
    if let (None, Some(arn)) = (
        planned.permissions_boundary.known(),
        &live.role.permissions_boundary,
    ) {
        parts.push(Part::new("boundary", arn));
        reached.permissions_boundary = planned.permissions_boundary.clone();
    }
    if planned.exclusive_policy_arns != Attr::Known(true) {
        parts.extend(managed_policies(planned, live));
    }
    let wanted = known_map(&planned.inline_policies).unwrap_or_default();
    let inline = live.inline_policies.iter().flatten();
    let inline = inline.filter(|(name, _)| !wanted.contains_key(*name));
    parts.extend(inline.map(|(name, _)| Part::new("inline policy", name)));
    let wanted = known_map(&planned.tags_all).unwrap_or_default();
    let tags = known_map(&reached.tags_all).unwrap_or_default();
    let (ours, theirs): (BTreeMap<_, _>, BTreeMap<_, _>) = tags
        .into_iter()
        .partition(|(key, _)| wanted.contains_key(key));
    parts.extend(theirs.into_keys().map(|key| Part::new("tag", key)));
    reached.tags_all = to_map(ours);
    parts
}

/// What an adoption changes of what a role has: inline policies and tags of the same name, and with an exclusive list the other managed policies.
pub(super) fn overwritten(planned: &ManagedRole, live: &RoleDetails) -> Vec<Part> {
    let mut parts = Vec::new();
    if planned.exclusive_policy_arns == Attr::Known(true) {
        parts.extend(managed_policies(planned, live));
    }
    let wanted = known_map(&planned.inline_policies).unwrap_or_default();
    let inline = live.inline_policies.iter().flatten();
    let inline = inline.filter(|(name, text)| {
        let wanted = wanted.get(*name);
        wanted.is_some_and(|wanted| !equivalent(wanted, text))
    });
    parts.extend(inline.map(|(name, _)| Part::new("inline policy", name)));
    let wanted = known_map(&planned.tags_all).unwrap_or_default();
    let tags = live.role.tags.iter();
    let tags = tags.filter(|(key, value)| wanted.get(*key).is_some_and(|wanted| wanted != *value));
    parts.extend(tags.map(|(key, _)| Part::new("tag", key)));
    parts
}

fn managed_policies(planned: &ManagedRole, live: &RoleDetails) -> Vec<Part> {
    let wanted = known_set(&planned.policy_arns).unwrap_or_default();
    let others = live.attached_policies.difference(&wanted);
    others.map(|arn| Part::new("managed policy", arn)).collect()
}
