//! `mapRoles` and `mapUsers`: which items the server keeps, and what it makes of each.
//!
//! An item without an ARN is dropped and the others stay; a field of the wrong type is emptied and the entry stays.

use super::UNUSUAL;
use super::lookalike::looks_like;
use super::problem_list::{ProblemList, line_of};
use super::record::{Fault, FieldName, Record, describe};
use crate::yaml::{DecodeError, Decoder, Document, Field, Key, NodeId, Value};
use crate::{
    aws_auth::{ProblemKind, ReadEntry, Section, Sso},
    principal::arn::{canonical_role_arn, canonical_user_arn},
    principal::case_folding::equal_fold,
    principal::partition::Partition,
};

pub(super) fn read(
    document: &Document<'_>,
    root: NodeId,
    problems: &mut ProblemList,
) -> Vec<ReadEntry> {
    let value = match decode(document, root) {
        Ok(value) => value,
        Err(error) => {
            problems.undecodable(document, &error);
            return Vec::new();
        }
    };
    match value {
        Value::Null => Vec::new(),
        Value::List(items) => {
            let entries = items.iter().enumerate();
            entries
                .filter_map(|(index, (node, item))| {
                    read_item(document, index, (*node, item), problems)
                })
                .collect()
        }
        other => {
            let text = format!(
                "{}, no list of entries, so the server reads none",
                describe(&other)
            );
            problems.add_at(ProblemKind::NotAList, None, (document, root), text);
            Vec::new()
        }
    }
}

/// Decodes a whole section, with everything that makes the server give it up.
pub(in super::super) fn decode<'d>(
    document: &'d Document<'d>,
    root: NodeId,
) -> Result<Value<'d>, DecodeError> {
    let value = Decoder::new(document).decode(root)?;
    match value.find_infinite(root) {
        Some(node) => Err(DecodeError {
            what: "an infinite number, or none, which JSON cannot hold".to_owned(),
            node,
        }),
        None => Ok(value),
    }
}

fn read_item(
    document: &Document<'_>,
    index: usize,
    (node, item): (NodeId, &Value<'_>),
    problems: &mut ProblemList,
) -> Option<ReadEntry> {
    let section = problems.section;
    let Value::Map(fields) = item else {
        let text = format!(
            "an item that is {}, no entry, so the server drops it",
            describe(item)
        );
        problems.add_at(ProblemKind::WrongItem, Some(index), (document, node), text);
        return None;
    };
    let mut faults = Vec::new();
    let record = Record::fill(section, fields, &mut faults);
    for Fault { kind, node, text } in faults {
        problems.add_at(kind, Some(index), (document, node), text);
    }
    report_repeated_fields(document, index, node, fields, problems);
    report_unusual_keys(document, index, fields, problems);
    if let Err((kind, text)) = validate(section, &record) {
        let elsewhere = match kind {
            ProblemKind::MissingArn => arn_of_other_section(section, fields),
            _ => None,
        };
        let (kind, text) = elsewhere.unwrap_or((kind, text));
        problems.add_at(kind, Some(index), (document, node), text);
        return None;
    }
    report_odd_values(document, index, node, &record, problems);
    let Record {
        arn,
        username,
        groups,
        sso,
        user_id,
        has_unknown_fields,
        ..
    } = record;
    let line = line_of(document, node);
    Some(ReadEntry {
        section,
        index,
        line,
        arn,
        username,
        groups,
        sso,
        user_id,
        has_unknown_fields,
    })
}

/// What the server checks before it keeps an entry. Nothing looks at the ARN's form or at the username.
pub(in super::super) fn validate(
    section: Section,
    record: &Record,
) -> Result<(), (ProblemKind, String)> {
    let dropped = "the server drops the entry";
    let field = section.arn_field().unwrap_or_default();
    match (&record.sso, record.arn.is_empty()) {
        (None, false) => Ok(()),
        (None, true) => Err((
            ProblemKind::MissingArn,
            format!("an entry without a `{field}`: {dropped}"),
        )),
        (Some(_), false) => Err((
            ProblemKind::InvalidSso,
            format!("an entry with both `{field}` and `sso`: {dropped}"),
        )),
        (Some(sso), true) => validate_sso(sso)
            .map_err(|what| (ProblemKind::InvalidSso, format!("{what}: {dropped}"))),
    }
}

/// An ARN under the field of the other section, which the server does not look at in this one.
fn arn_of_other_section(section: Section, fields: &[Field<'_>]) -> Option<(ProblemKind, String)> {
    let own = section.arn_field()?;
    let other = Section::ALL
        .into_iter()
        .find(|other| *other != section && other.arn_field().is_some())?;
    let is_other = |field: &&Field<'_>| match &field.key {
        Key::Text(key) => FieldName::from_key(other, key) == Some(FieldName::Arn),
        Key::Other => false,
    };
    let field = fields.iter().find(is_other)?;
    let is_of_other_kind = match &field.value {
        Value::Text(arn) if section == Section::MapRoles => canonical_role_arn(arn).is_err(),
        Value::Text(arn) => canonical_user_arn(arn).is_err(),
        _ => false,
    };
    let cure = match is_of_other_kind {
        true => format!("move the entry to `{other}`"),
        false => format!("name the field `{own}`"),
    };
    let found = other.arn_field().unwrap_or_default();
    Some((
        ProblemKind::FieldOfOtherSection,
        format!("an entry with `{found}` and no `{own}`: the server drops the entry; {cure}"),
    ))
}

fn validate_sso(sso: &Sso) -> Result<(), String> {
    let Sso {
        permission_set_name: name,
        account_id,
        partition,
    } = sso;
    if account_id.len() != 12 || !account_id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "the `accountID` `{account_id}` is no quoted text of 12 digits"
        ));
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if name.is_empty() || name.len() > 32 || !name.bytes().all(is_name) {
        return Err(format!(
            "the `permissionSetName` `{name}` is no name of a permission set"
        ));
    }
    if !partition.is_empty() && Partition::parse(partition).is_err() {
        return Err(format!(
            "the `partition` `{partition}` is none the server knows"
        ));
    }
    Ok(())
}

fn report_odd_values(
    document: &Document<'_>,
    index: usize,
    node: NodeId,
    record: &Record,
    problems: &mut ProblemList,
) {
    if record.username.is_empty() {
        let text = "the entry authenticates with an empty username".to_owned();
        problems.add_at(
            ProblemKind::EmptyUsername,
            Some(index),
            (document, node),
            text,
        );
    }
    for group in record
        .groups
        .iter()
        .filter(|group| group.contains(char::is_whitespace))
    {
        let text = format!(
            "the group `{group}` has white space in it; two items may have been folded into one"
        );
        problems.add_at(
            ProblemKind::GroupWithWhitespace,
            Some(index),
            (document, node),
            text,
        );
    }
}

/// Keys that are, or only look like, a field's name in other letters.
fn report_unusual_keys(
    document: &Document<'_>,
    index: usize,
    fields: &[Field<'_>],
    problems: &mut ProblemList,
) {
    let section = problems.section;
    let names = section
        .arn_field()
        .into_iter()
        .chain(["username", "groups", "userid", "sso"]);
    for field in fields {
        let Key::Text(key) = &field.key else { continue };
        let is_taken = FieldName::from_key(section, key).is_some();
        let Some(name) = names
            .clone()
            .find(|name| equal_fold(key, name) || looks_like(key, name))
        else {
            continue;
        };
        if key.is_ascii() {
            continue;
        }
        let (kind, what) = match is_taken {
            true => (ProblemKind::FoldedKey, "the server takes"),
            false => (ProblemKind::LookalikeKey, "the server ignores"),
        };
        let text = format!("{what} {UNUSUAL} `{key}`; the field's name is `{name}`");
        problems.add_at(kind, Some(index), (document, field.key_node), text);
    }
}

/// Fields named more than once in the entry itself; what a merge key brings may be set again on purpose.
fn report_repeated_fields(
    document: &Document<'_>,
    index: usize,
    node: NodeId,
    fields: &[Field<'_>],
    problems: &mut ProblemList,
) {
    let names: Vec<(&str, FieldName, &Field<'_>)> = fields
        .iter()
        .filter_map(|field| match &field.key {
            Key::Text(key) => Some((
                key.as_ref(),
                FieldName::from_key(problems.section, key)?,
                field,
            )),
            Key::Other => None,
        })
        .collect();
    for (at, (key, name, field)) in names.iter().enumerate() {
        let earlier = names
            .get(..at)
            .unwrap_or_default()
            .iter()
            .rev()
            .find(|(_, earlier, _)| earlier == name);
        let Some((other, ..)) = earlier else { continue };
        let is_own = |id: NodeId| {
            document
                .resolve(node)
                .is_some_and(|(own, _)| document.pairs(own).any(|(key, _)| key == id))
        };
        if other != key {
            let text = format!(
                "`{other}` and `{key}` are the same field; the server takes the one that sorts last"
            );
            problems.add_at(
                ProblemKind::CaseVariantField,
                Some(index),
                (document, field.key_node),
                text,
            );
        } else if is_own(field.key_node)
            && earlier.is_some_and(|(_, _, earlier)| is_own(earlier.key_node))
        {
            let text = format!("`{key}` stands there twice; the last one counts");
            problems.add_at(
                ProblemKind::RepeatedField,
                Some(index),
                (document, field.key_node),
                text,
            );
        }
    }
}
