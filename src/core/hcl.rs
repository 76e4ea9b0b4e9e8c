//! Blocks of HCL as `terraform fmt` leaves them, with strings in which nothing is evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

pub(crate) mod file;
pub(crate) mod held;
pub(crate) mod role_settings;

/// What the owner of a file has added to a block: an attribute, a nested block or a comment, with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addition {
    /// Its name; empty for a comment.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A `resource` or `data` block and its attributes, in the order in which they are added.
pub(crate) struct Block {
    keyword: &'static str,
    kind: &'static str,
    label: String,
    attributes: Vec<(&'static str, String)>,
}

impl Block {
    pub(crate) fn new(kind: &'static str, label: &str) -> Self {
        Self::with_keyword("resource", kind, label)
    }

    pub(crate) fn data(kind: &'static str, label: &str) -> Self {
        Self::with_keyword("data", kind, label)
    }

    fn with_keyword(keyword: &'static str, kind: &'static str, label: &str) -> Self {
        Self {
            keyword,
            kind,
            label: label.to_owned(),
            attributes: Vec::new(),
        }
    }

    /// The address of a resource, `eksauth_irsa_role.reader`.
    pub(crate) fn address(&self) -> String {
        format!("{}.{}", self.kind, self.label)
    }

    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.attributes.push((name, value.into()));
    }

    /// Its text, with what the owner of the file has added.
    pub(crate) fn text(&self, additions: &[Addition]) -> String {
        let mut text = format!("{} \"{}\" \"{}\" {{\n", self.keyword, self.kind, self.label);
        let lines = self.attributes.iter();
        let lines = lines.map(|(name, value)| ((*name).to_owned(), value.clone()));
        text.push_str(&aligned(&lines.collect::<Vec<_>>(), 2));
        text.extend(additions.iter().map(|addition| addition.text.as_str()));
        text.push_str("}\n");
        text
    }
}

/// `name = value` one below the other, the equals signs of neighbours in one column; a value of several lines stands for itself.
fn aligned(lines: &[(String, String)], indent: usize) -> String {
    let mut text = String::new();
    let is_short = |line: &(String, String)| !line.1.contains('\n');
    for group in lines.chunk_by(|one, next| is_short(one) && is_short(next)) {
        let width = group.iter().map(|(name, _)| name.chars().count()).max();
        let width = width.unwrap_or_default();
        for (name, value) in group {
            let _ = writeln!(text, "{:indent$}{name:width$} = {value}", "");
        }
    }
    text
}

pub(crate) fn import(to: &str, id: &str) -> String {
    format!("import {{\n  to = {to}\n  id = {}\n}}\n\n", quoted(id))
}

/// Nothing that was read ends a comment before its end.
pub(crate) fn comment(text: &mut String, line: &str) {
    let line: String = line
        .chars()
        .map(|character| match character.is_control() {
            true => ' ',
            false => character,
        })
        .collect();
    let _ = writeln!(text, "# {line}");
}

pub(crate) fn list(values: &BTreeSet<String>) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A list with a line for each value.
pub(crate) fn lines(values: &[String]) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|one| format!("    {},\n", quoted(one)))
        .collect();
    format!("[\n{}  ]", values.concat())
}

pub(crate) fn map(values: &BTreeMap<String, String>) -> String {
    let lines = values.iter();
    let lines = lines.map(|(key, value)| (quoted(key), quoted(value)));
    format!("{{\n{}  }}", aligned(&lines.collect::<Vec<_>>(), 4))
}

/// A string of HCL in which nothing is evaluated.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted.replace("${", "$${").replace("%{", "%%{")
}

/// The beginning of a label that is not the name itself. An object whose name begins with it is written out too.
const WRITTEN_OUT: &str = "x--";

/// `team-reader` for itself; `x--team-2ereader` for `team.reader`, because a label takes letters, digits, `_` and `-` only.
pub(crate) fn label(name: &str) -> String {
    let is_label = name
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'));
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_label && begins_well && !name.starts_with(WRITTEN_OUT) {
        return name.to_owned();
    }
    let mut label = WRITTEN_OUT.to_owned();
    for byte in name.bytes() {
        match byte.is_ascii_alphanumeric() || byte == b'_' {
            true => label.push(char::from(byte)),
            false => {
                let _ = write!(label, "-{byte:02x}");
            }
        }
    }
    label
}

/// `apps_web`. Neither namespaces nor accounts have an `_`, and namespaces have no dot: the first `_` ends the namespace, the others are dots.
pub(crate) fn account_label(namespace: &str, name: &str) -> String {
    let label = format!("{namespace}_{}", name.replace('.', "_"));
    match label.starts_with(|first: char| first.is_ascii_alphabetic()) {
        true => label,
        false => format!("_{label}"),
    }
}
