//! From what EKS says to the state, and from the plan to what EKS is told.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::{AccessEntry, Defaults, EntryType};
use eksauth_core::access::access_policy::{AccessPolicy, policy_arn};
use eksauth_core::access::capability::Capability;
use eksauth_core::principal::partition::Partition;
use tf_provider::resource::State;
use tf_provider::{Attr, Context};

use super::live::LiveEntry;
use super::schema::{AccessEntryModel, EntryPolicyModel};
use super::with_facts;
use crate::attributes::access_policy::AccessScopeModel;
use crate::attributes::tags::{FlatTags, flatten_tags};
use crate::attributes::values::{known_map, known_set, to_set};
use crate::client::Client;
use crate::config::Settings;
use crate::ports::iam::Tags;

/// The state of an entry that is there.
pub(super) fn as_read(
    cx: &Context<Client>,
    found: &LiveEntry,
    state: State<AccessEntryModel>,
) -> State<AccessEntryModel> {
    State {
        model: flatten(cx.client.settings(), found, state.model),
        private: with_facts(state.private, &found.details),
    }
}

/// The attributes of an entry. `state` says what cannot be read: how it came here, and which policies are held here.
pub(super) fn flatten(
    settings: &Settings,
    found: &LiveEntry,
    state: AccessEntryModel,
) -> AccessEntryModel {
    let entry = &found.details.entry;
    let live_tags = match state.adopted {
        Attr::Known(true) => own_tags(&found.details.tags, &state),
        _ => found.details.tags.clone(),
    };
    let FlatTags { tags, tags_all } = flatten_tags(&settings.tags, &live_tags, &state.tags);
    AccessEntryModel {
        principal_arn: Attr::Known(entry.principal_arn.clone()),
        entry_type: Attr::Known(entry.kind.clone()),
        user_name: Attr::Known(entry.username.clone()),
        kubernetes_groups: to_set(entry.groups.iter().cloned()),
        policies: flatten_policies(found, &state),
        access_entry_arn: Attr::Known(found.details.arn.clone()),
        tags,
        tags_all,
        ..state
    }
}

/// An adopted entry keeps the tags of others.
fn own_tags(live: &Tags, state: &AccessEntryModel) -> Tags {
    let own = known_map(&state.tags_all).unwrap_or_default();
    let mut tags = live.clone();
    tags.retain(|key, _| own.contains_key(key));
    tags
}

/// Of those that there are, the ones that are held here, as they are written there; with `exclusive_policies` all but those that EKS gives a capability.
fn flatten_policies(
    found: &LiveEntry,
    state: &AccessEntryModel,
) -> Attr<Vec<Attr<EntryPolicyModel>>> {
    if state.policies.is_null() && !state.is_exclusive() {
        return Attr::Null;
    }
    let flattened = found.policies.iter().filter_map(|policy| {
        let mut held = state.known_policies();
        let before = held.find(|held| held.name() == Some(policy.name()));
        let is_shown = state.is_exclusive() && Capability::of_policy(policy.name()).is_none();
        if before.is_none() && !is_shown {
            return None;
        }
        let scope = before.and_then(|before| before.access_scope.known());
        Some(Attr::Known(EntryPolicyModel {
            policy_arn: match before {
                Some(before) => before.policy_arn.clone(),
                None => Attr::Known(policy.policy_arn.clone()),
            },
            access_scope: Attr::Known(AccessScopeModel::flatten(policy, scope)),
        }))
    });
    Attr::Known(flattened.collect())
}

/// The policies that are wanted, once all of them are known.
pub(super) fn expand_policies(
    model: &AccessEntryModel,
    partition: Partition,
) -> Option<Vec<AccessPolicy>> {
    let Attr::Known(policies) = &model.policies else {
        return model.policies.is_null().then(Vec::new);
    };
    let expand = |policy: &Attr<EntryPolicyModel>| {
        let policy = policy.known()?;
        let scope = policy.access_scope.known()?.expand()?.ok()?;
        Some(AccessPolicy {
            policy_arn: policy_arn(policy.policy_arn.known()?, partition).ok()?,
            namespaces: scope.namespaces(),
        })
    };
    policies.iter().map(expand).collect()
}

/// An entry as it is wanted.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) model: &'a AccessEntryModel,
    pub(super) partition: Partition,
    /// As it is.
    pub(super) found: Option<&'a LiveEntry>,
    /// Names of those of its policies that go.
    pub(super) going: &'a BTreeSet<String>,
}

/// The entry as a plan makes it, with the policies of others that stay; `None` where something of it is not known yet.
pub(super) fn expand(wanted: Wanted<'_>) -> Option<AccessEntry> {
    let Wanted {
        model,
        partition,
        found,
        going,
    } = wanted;
    let kind = model.entry_type.known()?;
    let principal_arn = model.principal_arn.known()?;
    let defaults = Defaults::for_type(kind, principal_arn);
    let mut policies = expand_policies(model, partition)?;
    let is_named = |there: &AccessPolicy, named: &[AccessPolicy]| {
        named.iter().any(|one| one.policy_arn == there.policy_arn)
    };
    if let Some(found) = found {
        let others = found.policies.iter();
        let others: Vec<AccessPolicy> = others
            .filter(|there| !is_named(there, &policies) && !going.contains(there.name()))
            .cloned()
            .collect();
        policies.extend(others);
    }
    Some(AccessEntry {
        principal_arn: principal_arn.clone(),
        kind: kind.clone(),
        username: match &model.user_name {
            Attr::Known(name) => name.clone(),
            _ => found.map_or(defaults.username, |found| {
                found.details.entry.username.clone()
            }),
        },
        groups: match known_set(&model.kubernetes_groups) {
            Some(groups) => groups.into_iter().collect(),
            None => found.map_or(defaults.groups, |found| found.details.entry.groups.clone()),
        },
        policies,
        created_at: found.and_then(|found| found.details.entry.created_at),
    })
}

/// Whether two entries say the same, whatever the order of their groups.
pub(super) fn says_the_same(one: &AccessEntry, other: &AccessEntry) -> bool {
    let groups = |entry: &AccessEntry| entry.groups.iter().cloned().collect::<BTreeSet<String>>();
    one.kind == other.kind && one.username == other.username && groups(one) == groups(other)
}

/// Whether EKS takes user name and groups of an entry's type.
pub(super) fn takes_names(entry: &AccessEntry) -> bool {
    EntryType::parse(&entry.kind).is_some_and(EntryType::takes_names)
}
