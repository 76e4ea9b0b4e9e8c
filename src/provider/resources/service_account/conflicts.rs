//! Fields that somebody else holds with another value: what server-side apply refuses, told before it is asked and with what is held.

use std::collections::BTreeSet;

use crate::ports::service_account::{AccountField, AccountFields, FIELD_MANAGER, ServiceAccount};

/// One field, and who holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pub(super) field: AccountField,
    /// What it is now.
    pub(super) held: String,
    /// What is wanted; `None`: that nobody holds it here.
    pub(super) wanted: Option<String>,
    pub(super) managers: Vec<String>,
}

/// The conflicts of what is wanted with what others hold.
pub(super) fn with_others(account: &ServiceAccount, wanted: &AccountFields) -> Vec<Conflict> {
    let live = account.fields.values();
    let conflict = |(field, value): (AccountField, String)| {
        let held = live.get(&field).filter(|held| **held != value)?;
        let managers = account.other_owners(&field);
        (!managers.is_empty()).then(|| Conflict {
            held: held.clone(),
            wanted: Some(value),
            managers: managers.into_iter().map(str::to_owned).collect(),
            field,
        })
    };
    wanted.values().into_iter().filter_map(conflict).collect()
}

/// What this provider holds already of an account that no state here knows: another configuration's, which an apply or a later destroy would take away.
pub(super) fn with_other_configurations(
    account: &ServiceAccount,
    wanted: &AccountFields,
) -> Vec<Conflict> {
    let (live, wanted) = (account.fields.values(), wanted.values());
    let held = |field: AccountField| {
        let held = live.get(&field)?;
        Some(Conflict {
            held: held.clone(),
            wanted: wanted.get(&field).filter(|value| *value != held).cloned(),
            managers: vec![FIELD_MANAGER.to_owned()],
            field,
        })
    };
    account.own_fields().into_iter().filter_map(held).collect()
}

/// What was held before, is not wanted any more, and is there still, because others hold it too.
pub(super) fn left_behind(
    account: &ServiceAccount,
    before: &AccountFields,
    wanted: &AccountFields,
) -> Vec<Conflict> {
    let (live, wanted) = (account.fields.values(), wanted.values());
    let left = |(field, value): (AccountField, String)| {
        let is_there = live.get(&field) == Some(&value) && !wanted.contains_key(&field);
        let managers = account.other_owners(&field);
        (is_there && !managers.is_empty()).then(|| Conflict {
            held: value,
            wanted: None,
            managers: managers.into_iter().map(str::to_owned).collect(),
            field,
        })
    };
    before.values().into_iter().filter_map(left).collect()
}

/// What is wanted as it is sent: a set that is there in another order keeps its order, which is a list to Kubernetes and would be a change.
pub(super) fn as_sent(wanted: &AccountFields, found: Option<&ServiceAccount>) -> AccountFields {
    let live = found.and_then(|account| account.fields.image_pull_secrets.as_ref());
    let is_same = |live: &&Vec<String>| {
        let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<String>>();
        let names = wanted.image_pull_secrets.as_deref();
        names.is_some_and(|names| set(names) == set(live))
    };
    AccountFields {
        image_pull_secrets: live
            .filter(is_same)
            .or(wanted.image_pull_secrets.as_ref())
            .cloned(),
        ..wanted.clone()
    }
}
