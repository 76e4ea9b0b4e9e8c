//! Reading the result of an edit again: what the server would read is exactly the old entries with the edit.
//!
//! A large section whose items nothing ties together is read again from the last untouched item before the edit to the first one behind it. Where
//! that one is found again in its old place, the parser is in the state it was in before, and the same bytes follow.

use std::ops::Range;

use super::list::{Content, List, open};
use crate::aws_auth::{
    Entry, Section,
    entry::same_set,
    read::{FieldName, Record, is_skipped, validate},
};
use crate::principal::case_folding::equal_fold;
use crate::yaml::{self, Field, Key, NodeId, Value};

/// Sections from this size on are read again only around the edit.
const LARGE: usize = 64 * 1024;

/// What an item of the edited section must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected<'e> {
    /// An item nobody changed.
    Kept(NodeId),
    /// An item that means this entry now, its unknown fields as before.
    Replaced(NodeId, &'e Entry),
    /// A new entry, word for word.
    Added(&'e Entry),
}

/// The new text of a section, and what was changed to get it.
pub(super) struct Outcome<'o> {
    pub(super) text: &'o str,
    /// From the first to the last changed byte of the old text.
    pub(super) changed: Range<usize>,
    /// The length the old text was worked on with.
    pub(super) old_length: usize,
    /// The length of the new text before a line break at its end went.
    pub(super) new_length: usize,
}

/// Checks an edited list; on failure says what differs.
pub(super) fn check_list(
    list: &List<'_>,
    outcome: &Outcome<'_>,
    expected: &[Expected<'_>],
) -> Result<(), String> {
    if list.is_plain && outcome.text.len() >= LARGE {
        return check_window(list, outcome, expected);
    }
    check(list.section, Some(list), outcome.text, expected)
}

/// Checks the whole text of a section; `old` is the list that items were kept from.
pub(super) fn check(
    section: Section,
    old: Option<&List<'_>>,
    text: &str,
    expected: &[Expected<'_>],
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
    let Content::List(new) = open(section, &document).map_err(|error| error.to_string())? else {
        return if expected.is_empty() {
            Ok(())
        } else {
            Err("it would have no items".to_owned())
        };
    };
    if new.items.len() != expected.len() {
        return Err(format!(
            "{} items instead of {}",
            new.items.len(),
            expected.len()
        ));
    }
    for (index, (item, expected)) in new.items.iter().zip(expected).enumerate() {
        if !is_as_expected(section, old, &new.value(*item), *expected) {
            return Err(format!("item {index}"));
        }
    }
    Ok(())
}

fn is_as_expected(
    section: Section,
    old: Option<&List<'_>>,
    value: &Value<'_>,
    expected: Expected<'_>,
) -> bool {
    match (expected, old) {
        (Expected::Added(entry), _) => is_added(section, value, entry),
        (Expected::Kept(item), Some(old)) => value.is_same(&old.value(item)),
        (Expected::Replaced(item, entry), Some(old)) => {
            is_replaced(section, value, &old.value(item), entry)
        }
        (_, None) => false,
    }
}

/// Checks the part of the text around the edit.
fn check_window(
    list: &List<'_>,
    outcome: &Outcome<'_>,
    expected: &[Expected<'_>],
) -> Result<(), String> {
    let kept = |at: usize| matches!(expected.get(at), Some(Expected::Kept(_)));
    let place = |at: usize| match expected.get(at) {
        Some(Expected::Kept(item)) => list
            .document
            .node(*item)
            .map(|node| (node.dash().unwrap_or(node.start.offset()), node.end())),
        _ => None,
    };
    let before = (0..expected.len())
        .take_while(|at| kept(*at))
        .filter(|at| place(*at).is_some_and(|(_, end)| end <= outcome.changed.start))
        .last();
    let behind = (0..expected.len())
        .rev()
        .take_while(|at| kept(*at))
        .filter(|at| place(*at).is_some_and(|(start, _)| start >= outcome.changed.end))
        .last();
    let moved = |offset: usize| offset + outcome.new_length - outcome.old_length;
    let flow = list.is_flow();
    let start = match before.and_then(place) {
        Some((start, _)) if flow => start,
        Some((start, _)) => line_start(list.document.text, start),
        None => 0,
    };
    let end = match behind.and_then(place) {
        Some((_, end)) => moved(end).min(outcome.text.len()),
        None => outcome.text.len(),
    };
    let window = outcome
        .text
        .get(start..end)
        .ok_or("a window outside the text")?;
    let open = if flow && before.is_some() { "[" } else { "" };
    let close = if flow && behind.is_some() { "\n]" } else { "" };
    let window_expected = expected
        .get(before.unwrap_or(0)..behind.map_or(expected.len(), |behind| behind + 1))
        .ok_or("a window outside the list")?;
    let text = format!("{open}{window}{close}");
    check(list.section, Some(list), &text, window_expected)?;
    match behind.and_then(place) {
        Some((old_start, _)) => is_last_item_at(&text, moved(old_start) + open.len() - start),
        None => Ok(()),
    }
}

/// The last item of the window begins where the item behind the edit does.
fn is_last_item_at(text: &str, start: usize) -> Result<(), String> {
    let document = yaml::parse(text).map_err(|error| error.what)?;
    let last = document
        .root
        .and_then(|root| document.children(root).last());
    let found = last
        .and_then(|last| document.node(last))
        .map(|node| node.dash().unwrap_or(node.start.offset()));
    if found == Some(start) {
        Ok(())
    } else {
        Err("the items behind the edit".to_owned())
    }
}

fn line_start(text: &str, offset: usize) -> usize {
    let spaces = text
        .get(..offset)
        .unwrap_or_default()
        .bytes()
        .rev()
        .take_while(|byte| *byte == b' ')
        .count();
    offset - spaces
}

fn is_added(section: Section, value: &Value<'_>, entry: &Entry) -> bool {
    match value {
        Value::Text(text) => text == entry.arn(),
        Value::Map(fields) => {
            let record = Record::from_fields(section, fields);
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
    let record = Record::from_fields(section, fields);
    let is_meant = equal_fold(&record.arn, entry.arn())
        && record.username == entry.username()
        && same_set(&record.groups, entry.groups())
        && record.sso.is_none()
        && (validate(section, &record).is_ok() || entry.arn().is_empty());
    let (now, before) = (others(section, fields), others(section, old));
    is_meant
        && now.len() == before.len()
        && now
            .iter()
            .zip(before)
            .all(|(now, before)| now.is_same(before))
}

/// The fields an edit never touches.
fn others<'f, 'd>(section: Section, fields: &'f [Field<'d>]) -> Vec<&'f Field<'d>> {
    let is_ours = |field: &&Field<'_>| match &field.key {
        Key::Text(key) => !matches!(
            FieldName::from_key(section, key),
            None | Some(FieldName::UserId)
        ),
        Key::Other => false,
    };
    fields.iter().filter(|field| !is_ours(field)).collect()
}

#[cfg(test)]
mod tests;
