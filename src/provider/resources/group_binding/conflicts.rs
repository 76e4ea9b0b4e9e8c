//! Fields that somebody else holds with another value: what server-side apply refuses, told before it is asked and with what is held.

use super::objects::WantedObject;
use crate::ports::rbac_objects::{RbacField, RbacFields, RbacKey, RbacObject};
use crate::ports::service_account::FIELD_MANAGER;

/// One field, and who holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pub(super) key: RbacKey,
    pub(super) field: RbacField,
    /// What it is now.
    pub(super) held: String,
    /// What is wanted; `None`: that nobody holds it here.
    pub(super) wanted: Option<String>,
    pub(super) managers: Vec<String>,
}

/// The conflicts of what is wanted with what others hold.
pub(super) fn with_others(object: &RbacObject, wanted: &WantedObject) -> Vec<Conflict> {
    let live = object.fields.values();
    let conflict = |(field, value): (RbacField, String)| {
        let held = live.get(&field).filter(|held| **held != value)?;
        let managers = object.other_owners(&field);
        (!managers.is_empty()).then(|| Conflict {
            key: object.key.clone(),
            held: held.clone(),
            wanted: Some(value),
            managers: managers.into_iter().map(str::to_owned).collect(),
            field,
        })
    };
    let values = wanted.fields.values().into_iter();
    values.filter_map(conflict).collect()
}

/// What this provider holds already of an object that no state here knows: another configuration's, which an apply or a later destroy would take away.
pub(super) fn with_other_configurations(
    object: &RbacObject,
    wanted: &WantedObject,
) -> Vec<Conflict> {
    let (live, wanted) = (object.fields.values(), wanted.fields.values());
    let held = |field: RbacField| {
        let held = live.get(&field)?;
        Some(Conflict {
            key: object.key.clone(),
            held: held.clone(),
            wanted: wanted.get(&field).filter(|value| *value != held).cloned(),
            managers: vec![FIELD_MANAGER.to_owned()],
            field,
        })
    };
    object.own_fields().into_iter().filter_map(held).collect()
}

/// Whether this provider holds just what is wanted, and it is there.
pub(super) fn is_as_wanted(object: &RbacObject, wanted: &WantedObject) -> bool {
    let (live, values) = (object.fields.values(), wanted.fields.values());
    object.own_fields().into_iter().eq(values.keys().cloned())
        && values
            .iter()
            .all(|(field, value)| live.get(field) == Some(value))
}

/// What was held before, is not wanted any more, and is there still, because others hold it too.
pub(super) fn left_behind(
    object: &RbacObject,
    before: &RbacFields,
    wanted: &RbacFields,
) -> Vec<Conflict> {
    let (live, wanted) = (object.fields.values(), wanted.values());
    let left = |(field, value): (RbacField, String)| {
        let is_there = live.get(&field) == Some(&value) && !wanted.contains_key(&field);
        let managers = object.other_owners(&field);
        (is_there && !managers.is_empty()).then(|| Conflict {
            key: object.key.clone(),
            field,
            held: value,
            wanted: None,
            managers: managers.into_iter().map(str::to_owned).collect(),
        })
    };
    before.values().into_iter().filter_map(left).collect()
}

/// The fields as they are sent: what says the same as what is there is sent as it is there, because lists are held as a whole and in their order.
pub(super) fn as_sent(wanted: &RbacFields, live: Option<&RbacObject>) -> RbacFields {
    let mut sent = wanted.clone();
    let Some(live) = live else {
        return sent;
    };
    let (there, values) = (live.fields.values(), wanted.values());
    let is_same =
        |field: &RbacField| values.contains_key(field) && values.get(field) == there.get(field);
    if is_same(&RbacField::Rules) {
        sent.rules.clone_from(&live.fields.rules);
    }
    if is_same(&RbacField::Subjects) {
        sent.subjects.clone_from(&live.fields.subjects);
    }
    sent
}
