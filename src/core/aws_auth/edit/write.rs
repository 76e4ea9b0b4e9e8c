//! New entries as text.

use super::style::{EntryStyle, GroupsStyle, ListStyle};
use crate::aws_auth::{Entry, read::FieldName};
use crate::yaml::{Gaps, Quote, quoted};

/// An entry as lines of a list with dashes, the last line ended too.
pub(super) fn block_item(entry: &Entry, style: &ListStyle, line_break: &str) -> String {
    let indent = " ".repeat(style.indent);
    let dash = format!("{indent}-{}", style.gap);
    if let Entry::Account(id) = entry {
        return format!(
            "{dash}{}{line_break}",
            quoted(id, style.account_quote, false)
        );
    }
    if let Some(gaps) = &style.entry.braces {
        return format!("{dash}{}{line_break}", braced(entry, &style.entry, gaps));
    }
    format!(
        "{dash}{}{line_break}",
        block_fields(entry, &style.entry, dash.len(), line_break)
    )
}

/// An entry as an item of a list in brackets.
pub(super) fn flow_item(entry: &Entry, style: &ListStyle) -> String {
    match entry {
        Entry::Account(id) => quoted(id, style.account_quote, true),
        _ => braced(
            entry,
            &style.entry,
            &style.entry.braces.clone().unwrap_or_default(),
        ),
    }
}

/// The fields of an entry, a line each, from the second line on indented by `column`; the last line is not ended.
pub(super) fn block_fields(
    entry: &Entry,
    style: &EntryStyle,
    column: usize,
    line_break: &str,
) -> String {
    let indent = " ".repeat(column);
    let fields = fields_of(entry, style)
        .into_iter()
        .map(|name| block_field(entry, name, style, column, line_break));
    fields
        .collect::<Vec<_>>()
        .join(&format!("{line_break}{indent}"))
}

/// One field without the indentation of its first line.
pub(super) fn block_field(
    entry: &Entry,
    name: FieldName,
    style: &EntryStyle,
    column: usize,
    line_break: &str,
) -> String {
    let key = quoted(key_of(entry, name), style.key_quote, false);
    match name {
        FieldName::Groups => match &style.groups {
            GroupsStyle::Flow(gaps) => format!(
                "{key}: {}",
                bracketed(entry.groups(), style.group_quote, gaps)
            ),
            GroupsStyle::Block { .. } if entry.groups().is_empty() => format!("{key}: []"),
            GroupsStyle::Block { offset, gap } => {
                let dash = format!("{line_break}{}-{gap}", " ".repeat(column + offset));
                let group =
                    |group: &String| format!("{dash}{}", quoted(group, style.group_quote, false));
                format!(
                    "{key}:{}",
                    entry.groups().iter().map(group).collect::<String>()
                )
            }
        },
        _ => format!(
            "{key}: {}",
            quoted(text_of(entry, name), quote_for(name, style), false)
        ),
    }
}

/// One field inside braces.
pub(super) fn braced_field(
    entry: &Entry,
    name: FieldName,
    style: &EntryStyle,
    gaps: &Gaps,
) -> String {
    let key = quoted(key_of(entry, name), style.key_quote, true);
    let value = match (name, &style.groups) {
        (FieldName::Groups, GroupsStyle::Flow(gaps)) => {
            bracketed(entry.groups(), style.group_quote, gaps)
        }
        (FieldName::Groups, GroupsStyle::Block { .. }) => {
            bracketed(entry.groups(), style.group_quote, &Gaps::default())
        }
        _ => quoted(text_of(entry, name), quote_for(name, style), true),
    };
    format!("{key}{}{value}", gaps.colon)
}

/// A list of groups in brackets.
pub(super) fn bracketed(groups: &[String], quote: Quote, gaps: &Gaps) -> String {
    if groups.is_empty() {
        return "[]".to_owned();
    }
    let groups: Vec<String> = groups
        .iter()
        .map(|group| quoted(group, quote, true))
        .collect();
    format!("[{}{}{}]", gaps.open, groups.join(&gaps.comma), gaps.close)
}

fn braced(entry: &Entry, style: &EntryStyle, gaps: &Gaps) -> String {
    let fields = fields_of(entry, style)
        .into_iter()
        .map(|name| braced_field(entry, name, style, gaps));
    format!(
        "{{{}{}{}}}",
        gaps.open,
        fields.collect::<Vec<_>>().join(&gaps.comma),
        gaps.close
    )
}

/// The fields to write, in the neighbours' order; groups only where there are any.
fn fields_of(entry: &Entry, style: &EntryStyle) -> Vec<FieldName> {
    let usual = [FieldName::Arn, FieldName::Username, FieldName::Groups];
    let mut fields: Vec<FieldName> = Vec::with_capacity(usual.len());
    for name in style.order.iter().copied().chain(usual) {
        if usual.contains(&name) && !fields.contains(&name) {
            fields.push(name);
        }
    }
    fields.retain(|name| *name != FieldName::Groups || !entry.groups().is_empty());
    fields
}

fn key_of(entry: &Entry, name: FieldName) -> &'static str {
    match name {
        FieldName::Arn => entry.section().arn_field().unwrap_or_default(),
        FieldName::Username => "username",
        FieldName::Groups => "groups",
        FieldName::Sso => "sso",
        FieldName::UserId => "userid",
    }
}

/// The text of a field of one value.
pub(super) fn text_of(entry: &Entry, name: FieldName) -> &str {
    match name {
        FieldName::Arn => entry.arn(),
        FieldName::Username => entry.username(),
        FieldName::Groups | FieldName::Sso | FieldName::UserId => "",
    }
}

pub(super) fn quote_for(name: FieldName, style: &EntryStyle) -> Quote {
    match name {
        FieldName::Arn => style.arn_quote,
        FieldName::Groups => style.group_quote,
        _ => style.username_quote,
    }
}
