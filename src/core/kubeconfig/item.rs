//! A value that is written: as lines in the way of kubectl, or as JSON among brackets.

use crate::yaml::{Quote, plain_text_is_safe, quoted};

/// What is written; everything in our entries is text, a list or a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Text(String),
    List(Vec<Item>),
    Map(Vec<Member>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) value: Item,
}

/// Where JSON that has a line for each part begins, and by how much its parts stand further in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Indent {
    pub(super) columns: usize,
    pub(super) step: usize,
}

impl Item {
    pub(super) fn text(text: impl Into<String>) -> Item {
        Item::Text(text.into())
    }

    pub(super) fn map<'k>(members: impl IntoIterator<Item = (&'k str, Item)>) -> Item {
        let member = |(key, value): (&str, Item)| Member {
            key: key.to_owned(),
            value,
        };
        Item::Map(members.into_iter().map(member).collect())
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Item> {
        let Item::Map(members) = self else {
            return None;
        };
        members
            .iter()
            .find(|member| member.key == key)
            .map(|member| &member.value)
    }

    /// Its lines from column 0, without line breaks.
    pub(super) fn lines(&self) -> Vec<String> {
        match self {
            Item::Text(text) => vec![plain_or_quoted(text)],
            Item::List(items) => items.iter().flat_map(Item::lines_as_item).collect(),
            Item::Map(members) => members.iter().flat_map(Member::lines).collect(),
        }
    }

    /// The lines of an item of a list.
    pub(super) fn lines_as_item(&self) -> Vec<String> {
        let lines = self.lines().into_iter().enumerate();
        lines
            .map(|(at, line)| match at {
                0 => format!("- {line}"),
                _ => format!("  {line}"),
            })
            .collect()
    }

    /// JSON, on one line without an indent.
    pub(super) fn json(&self, indent: Option<Indent>, line_break: &str) -> String {
        let inner = indent.map(|indent| Indent {
            columns: indent.columns + indent.step,
            ..indent
        });
        let (open, parts, close): (_, Vec<String>, _) = match self {
            Item::Text(text) => return quoted(text, Quote::Double, true),
            Item::List(items) => {
                let parts = items.iter().map(|item| item.json(inner, line_break));
                ('[', parts.collect(), ']')
            }
            Item::Map(members) => {
                let parts = members.iter().map(|member| {
                    let key = quoted(&member.key, Quote::Double, true);
                    format!("{key}: {}", member.value.json(inner, line_break))
                });
                ('{', parts.collect(), '}')
            }
        };
        match indent {
            None => format!("{open}{}{close}", parts.join(", ")),
            Some(indent) => {
                let outer = " ".repeat(indent.columns);
                let gap = format!("{line_break}{}", " ".repeat(indent.columns + indent.step));
                let parts = parts.join(&format!(",{gap}"));
                format!("{open}{gap}{parts}{line_break}{outer}{close}")
            }
        }
    }
}

impl Member {
    fn lines(&self) -> Vec<String> {
        let head = quoted(&self.key, Quote::Plain, false);
        let mut lines = self.value.lines();
        match self.value {
            Item::Text(_) => lines
                .into_iter()
                .map(|text| format!("{head}: {text}"))
                .collect(),
            Item::List(_) => {
                lines.insert(0, format!("{head}:"));
                lines
            }
            Item::Map(_) => std::iter::once(format!("{head}:"))
                .chain(lines.into_iter().map(|line| format!("  {line}")))
                .collect(),
        }
    }
}

/// A value on a line of its own; a flag of a command needs no quotes.
fn plain_or_quoted(text: &str) -> String {
    match text.strip_prefix("--") {
        Some(flag) if plain_text_is_safe(flag) => text.to_owned(),
        _ => quoted(text, Quote::Plain, false),
    }
}
