//! Fields that somebody else holds with another value: what server-side apply refuses, told before it is asked and with what is held.

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

/// The conflicts with what this provider holds already, in an account that no state knows: another configuration's, which an apply would take away.
pub(super) fn with_other_configurations(
    account: &ServiceAccount,
    wanted: &AccountFields,
) -> Vec<Conflict> {
    let (live, wanted) = (account.fields.values(), wanted.values());
    let conflict = |field: AccountField| {
        let held = live.get(&field)?;
        let wanted = wanted.get(&field);
        (wanted != Some(held)).then(|| Conflict {
            held: held.clone(),
            wanted: wanted.cloned(),
            managers: vec![FIELD_MANAGER.to_owned()],
            field,
        })
    };
    account
        .own_fields()
        .into_iter()
        .filter_map(conflict)
        .collect()
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
