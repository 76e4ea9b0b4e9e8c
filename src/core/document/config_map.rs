//! A ConfigMap as a file has it: its data, where each text stands, and sections that stand where the server does not look.

use std::collections::BTreeMap;
use std::fmt;

use super::lines::TextLines;
use super::tree::{Tree, Value};
use crate::aws_auth::{NAME, NAMESPACE, RECOVERY_COPY_LABEL, Section};

/// How deep a section is looked for outside `data`.
const SEARCH_DEPTH: usize = 8;

/// A ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigMap {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// `data`, without what is no text.
    pub data: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Sections that stand outside `data`.
    pub misplaced: Vec<Misplaced>,
    /// Keys of `data` that are no text.
    pub not_texts: Vec<NotText>,
    /// It holds what one resource writes, beside entries of others.
    pub is_partial: bool,
    /// Where the texts of `data` stand.
    lines: BTreeMap<String, TextLines>,
    /// Where the keys of `data` stand.
    key_lines: BTreeMap<String, usize>,
    /// Where the annotation of `kubectl apply` and the object stand.
    line: usize,
}

/// A section that stands outside `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// Its key as written.
    pub key: String,
    /// The member in which it stands, such as `metadata`; none at the top level.
    pub within: Option<String>,
    /// Line of the file, from 1.
    pub line: usize,
}

/// A key of `data` that is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotText {
    /// The key.
    pub key: String,
    /// Line of the file, from 1.
    pub line: usize,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.within {
            None => write!(
                f,
                "`{key}` stands at the top level, outside `data`, where nobody reads it; indent it, and every line of it, by two more spaces, so \
                 that it stands below `data:`"
            ),
            Some(within) => write!(
                f,
                "`{key}` stands in `{within}`, outside `data`, where nobody reads it; move it below `data:`, two spaces deeper than that"
            ),
        }
    }
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        write!(
            f,
            "`data.{key}` is no text, and a ConfigMap holds only texts: the authenticator reads YAML inside a text (`{key}: |`)"
        )
    }
}

impl fmt::Display for ConfigMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("without a name");
        match &self.namespace {
            Some(namespace) => write!(f, "the ConfigMap `{name}` in namespace `{namespace}`"),
            None => write!(f, "the ConfigMap `{name}`"),
        }
    }
}

impl ConfigMap {
    /// Whether the authenticator reads it: its name and namespace, where it has them, are right.
    pub fn is_aws_auth(&self) -> bool {
        self.name.as_deref().is_none_or(|name| name == NAME)
            && self
                .namespace
                .as_deref()
                .is_none_or(|namespace| namespace == NAMESPACE)
    }

    /// Whether it is a recovery copy, which becomes aws-auth when it is put back.
    pub fn is_recovery_copy(&self) -> bool {
        let (label, of) = RECOVERY_COPY_LABEL;
        self.labels.get(label).is_some_and(|value| value == of)
    }

    /// Whether a key of `data` is a section of aws-auth.
    pub fn has_sections(&self) -> bool {
        Section::ALL
            .into_iter()
            .any(|section| self.data.contains_key(section.key()))
    }

    /// The line of the file, from 1, of a line of a section, from 1.
    pub fn line_of(&self, section: Section, line: usize) -> usize {
        self.lines
            .get(section.key())
            .map_or(self.line, |lines| lines.in_file(line))
    }

    /// The line of the file, from 1, of a key of `data`.
    pub fn line_of_key(&self, key: &str) -> usize {
        self.key_lines.get(key).copied().unwrap_or(self.line)
    }

    /// The line of the file where the object begins.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The object of a manifest.
    pub(super) fn from_object(object: &Tree<'_>) -> Self {
        let mut map = Self {
            line: object.line,
            ..Self::from_metadata(object.get("metadata"))
        };
        if let Some(data) = object.get("data") {
            map.add_data(data);
        }
        for member in object.members() {
            if member.name == "data" {
                continue;
            }
            map.find_misplaced(&member.name, None, member.line, &member.tree, 0);
        }
        map
    }

    /// An object of which only `metadata` is known.
    pub(super) fn from_metadata(metadata: Option<&Tree<'_>>) -> Self {
        let text = |name: &str| Some(metadata?.text_of(name)?.to_owned());
        let texts = |name: &str| {
            let members = metadata.and_then(|tree| tree.get(name));
            members
                .map(Tree::members)
                .unwrap_or_default()
                .iter()
                .filter_map(|member| {
                    Some((member.name.to_string(), member.tree.text()?.to_owned()))
                })
                .collect()
        };
        Self {
            name: text("name"),
            namespace: text("namespace"),
            annotations: texts("annotations"),
            labels: texts("labels"),
            line: metadata.map_or(1, |tree| tree.line),
            ..Self::default()
        }
    }

    /// `data` alone.
    pub(super) fn from_data(data: &Tree<'_>) -> Self {
        let mut map = Self {
            line: data.line,
            ..Self::default()
        };
        map.add_data(data);
        map
    }

    /// A section alone, as its text.
    pub(super) fn from_section(section: Section, text: String, lines: TextLines) -> Self {
        Self {
            data: BTreeMap::from([(section.key().to_owned(), text)]),
            lines: BTreeMap::from([(section.key().to_owned(), lines)]),
            line: lines.in_file(1),
            ..Self::default()
        }
    }

    /// Sections that a resource of Terraform writes.
    pub(super) fn from_entries(data: BTreeMap<String, String>, line: usize) -> Self {
        Self {
            lines: data
                .keys()
                .map(|key| (key.clone(), TextLines::At(line)))
                .collect(),
            data,
            line,
            is_partial: true,
            ..Self::default()
        }
    }

    /// Takes the texts of `data`; null is an empty one, as the API server reads it.
    pub(super) fn add_data(&mut self, data: &Tree<'_>) {
        for member in data.members() {
            let key = member.name.to_string();
            self.key_lines.insert(key.clone(), member.line);
            match &member.tree.value {
                Value::Text(text, lines) => {
                    self.lines.insert(key.clone(), *lines);
                    self.data.insert(key, text.to_string());
                }
                Value::Null => {
                    self.lines.insert(key.clone(), TextLines::At(member.line));
                    self.data.insert(key, String::new());
                }
                _ => self.not_texts.push(NotText {
                    key,
                    line: member.line,
                }),
            }
        }
    }

    fn find_misplaced(
        &mut self,
        key: &str,
        within: Option<&str>,
        line: usize,
        tree: &Tree<'_>,
        depth: usize,
    ) {
        if is_section(key) {
            self.misplaced.push(Misplaced {
                key: key.to_owned(),
                within: within.map(str::to_owned),
                line,
            });
            return;
        }
        if depth >= SEARCH_DEPTH || key == "managedFields" {
            return;
        }
        let path = match within {
            Some(within) => format!("{within}.{key}"),
            None => key.to_owned(),
        };
        for member in tree.members() {
            self.find_misplaced(
                &member.name,
                Some(&path),
                member.line,
                &member.tree,
                depth + 1,
            );
        }
    }
}

/// The key of a section, in whatever case.
pub(super) fn is_section(key: &str) -> bool {
    Section::ALL
        .into_iter()
        .any(|section| section.key().eq_ignore_ascii_case(key))
}
