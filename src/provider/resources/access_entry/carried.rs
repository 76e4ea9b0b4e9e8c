//! What others gave an entry that is replaced. EKS drops it with the old entry, so it is put on the new one, as far as that may have it.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::{Defaults, EntryType, PoliciesAllowed};
use tf_provider::Context;

use super::live::LiveEntry;
use super::plan::{self, Changed};
use crate::attributes::values::known_map;
use crate::client::Client;
use crate::ports::eks::AccessPolicy;
use crate::ports::iam::Tags;

/// An entry as far as one of another type may have the same: its own names, and not all of the policies.
pub(super) fn as_type(found: &LiveEntry, kind: &str) -> LiveEntry {
    let mut carried = found.clone();
    let entry = &mut carried.details.entry;
    if entry.kind == kind {
        return carried;
    }
    let defaults = Defaults::for_type(kind, &entry.principal_arn);
    kind.clone_into(&mut entry.kind);
    entry.username = defaults.username;
    entry.groups = defaults.groups;
    carried.policies.retain(|policy| may_have(kind, policy));
    carried
}

fn may_have(kind: &str, policy: &AccessPolicy) -> bool {
    match EntryType::parse(kind).map(EntryType::policies_allowed) {
        Some(PoliciesAllowed::Only(only)) => policy.name() == only,
        Some(PoliciesAllowed::None) => false,
        Some(PoliciesAllowed::All) | None => true,
    }
}

/// The tags that the configuration does not hold, whoever set them.
pub(super) fn others_tags(tags: &Tags, held: &BTreeSet<String>) -> Tags {
    let mut others = tags.clone();
    others.retain(|key, _| !held.contains(key) && !key.starts_with("aws:"));
    others
}

/// Names of what a replacement takes over from the old entry and the configuration does not say.
pub(super) fn names(cx: &Context<Client>, changed: Changed<'_>, found: &LiveEntry) -> Vec<String> {
    let Changed { prior, planned } = changed;
    let going = plan::going(cx, changed, &found.policies);
    let is_named = |name: &str| {
        let mut named = planned.known_policies();
        named.any(|one| one.name() == Some(name))
    };
    let policies = found.policies.iter().map(AccessPolicy::name);
    let policies = policies.filter(|name| !going.contains(*name) && !is_named(name));
    let held = prior.and_then(|prior| known_map(&prior.tags_all));
    let held = held.unwrap_or_default().into_keys().collect();
    let tags = others_tags(&found.details.tags, &held).into_keys();
    policies
        .map(|name| format!("policy {name}"))
        .chain(tags.map(|key| format!("tag `{key}`")))
        .collect()
}
