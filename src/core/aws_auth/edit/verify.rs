//! Reading the result of an edit again: what the server would read is exactly the old entries with the edit.

use super::list::{Content, List, open};
use crate::aws_auth::{
    Entry, Section,
    entry::{arns_match, same_set},
    read::{FieldName, Record, is_skipped, validate},
    yaml::{self, Field, Value},
};

/// What an item of the edited section must be.
pub(super) enum Expected<'e, 'd> {
    /// An item nobody changed.
    Kept(&'e Value<'d>),
    /// An item that means this entry now, its unknown fields as before.
    Replaced(&'e Value<'d>, &'e Entry),
    /// A new entry, word for word.
    Added(&'e Entry),
}

/// Checks the new text of a section; on failure says what differs.
pub(super) fn check(
    section: Section,
    text: &str,
    expected: &[Expected<'_, '_>],
) -> Result<(), String> {
    if is_skipped(text) {
        return if expected.is_empty() {
            Ok(())
        } else {
            Err("it would be empty".to_owned())
        };
    }
    let document = yaml::parse(text).map_err(|error| {
        format!(
            "line {}, column {}: {}",
            error.line + 1,
            error.column + 1,
            error.what
        )
    })?;
    let values = match open(section, &document).map_err(|error| error.to_string())? {
        Content::List(List { values, .. }) => values,
        Content::Null(_) | Content::Nothing => Vec::new(),
    };
    if values.len() != expected.len() {
        return Err(format!(
            "{} items instead of {}",
            values.len(),
            expected.len()
        ));
    }
    for (index, (value, expected)) in values.iter().zip(expected).enumerate() {
        let is_right = match expected {
            Expected::Kept(old) => value.is_same(old),
            Expected::Replaced(old, entry) => is_replaced(section, value, old, entry),
            Expected::Added(entry) => is_added(section, value, entry),
        };
        if !is_right {
            return Err(format!("item {index}"));
        }
    }
    Ok(())
}

fn is_added(section: Section, value: &Value<'_>, entry: &Entry) -> bool {
    match value {
        Value::Text(text) => text == entry.arn(),
        Value::Map(fields) => {
            let record = Record::of(section, fields);
            record.arn == entry.arn()
                && record.username == entry.username()
                && record.groups == entry.groups()
                && record.sso.is_none()
                && record.user_id.is_empty()
                && !record.has_unknown_fields
        }
        _ => false,
    }
}

fn is_replaced(section: Section, value: &Value<'_>, old: &Value<'_>, entry: &Entry) -> bool {
    let (Value::Map(fields), Value::Map(old)) = (value, old) else {
        return matches!(value, Value::Text(text) if text == entry.arn());
    };
    let record = Record::of(section, fields);
    let is_meant = arns_match(&record.arn, entry.arn())
        && record.username == entry.username()
        && same_set(&record.groups, entry.groups())
        && record.sso.is_none()
        && (validate(section, &record).is_ok() || entry.arn().is_empty());
    let others = |fields: &[Field<'_>]| -> Vec<usize> {
        let is_ours = |field: &Field<'_>| match &field.key {
            yaml::Key::Text(key) => {
                !matches!(FieldName::of(section, key), None | Some(FieldName::UserId))
            }
            yaml::Key::Other => false,
        };
        fields
            .iter()
            .enumerate()
            .filter(|(_, field)| !is_ours(field))
            .map(|(at, _)| at)
            .collect()
    };
    let (others_now, others_before) = (others(fields), others(old));
    let same = |(now, before): (&usize, &usize)| match (fields.get(*now), old.get(*before)) {
        (Some(now), Some(before)) => now.is_same(before),
        _ => false,
    };
    is_meant
        && others_now.len() == others_before.len()
        && others_now.iter().zip(&others_before).all(same)
}
