//! Reading a ConfigMap's `data` as the server does: which entries it keeps, what it makes of each, and what is wrong.
//!
//! Roles and users go through YAML, JSON and Go structs, accounts straight from YAML to texts; the rules differ, so each has its file.

mod accounts;
mod mappings;
mod record;

use std::collections::BTreeMap;

use super::{Problem, ProblemKind, ReadEntry, Section};
use crate::yaml::{self, DecodeError, Document, Mark, NodeId, SyntaxError};

pub(super) use self::{
    mappings::{decode as decode_mappings, validate},
    record::{FieldName, Record},
};

/// What the server makes of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The entries of `mapRoles` that the server keeps, in document order.
    pub roles: Vec<ReadEntry>,
    /// The entries of `mapUsers` that the server keeps, in document order.
    pub users: Vec<ReadEntry>,
    /// The accounts of `mapAccounts`, in document order.
    pub accounts: Vec<ReadEntry>,
    /// Everything that is wrong, by section and in document order.
    pub problems: Vec<Problem>,
}

impl Reading {
    /// The entries of one section.
    pub fn section(&self, section: Section) -> &[ReadEntry] {
        match section {
            Section::MapRoles => &self.roles,
            Section::MapUsers => &self.users,
            Section::MapAccounts => &self.accounts,
        }
    }

    /// The sections that the server cannot read: it takes them as empty.
    pub fn unparsed_sections(&self) -> Vec<Section> {
        let unparsed = |section: &Section| {
            self.has_problem(*section, |kind| {
                matches!(kind, ProblemKind::Unparsed | ProblemKind::NotAList)
            })
        };
        Section::ALL.into_iter().filter(unparsed).collect()
    }

    /// True where [`edit`](super::edit()) can change the section: it is missing, empty or null, or a list of entries only.
    pub fn is_editable(&self, section: Section) -> bool {
        !self.has_problem(section, ProblemKind::prevents_edits)
    }

    /// True when the server records an error for the document.
    pub fn has_error(&self) -> bool {
        self.problems.iter().any(|problem| problem.kind.is_error())
    }

    fn has_problem(&self, section: Section, is_wanted: impl Fn(ProblemKind) -> bool) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.section == section && is_wanted(problem.kind))
    }
}

/// Reads `data` as the server does. Keys other than the three sections are ignored; nothing here fails, whatever the text.
pub fn read(data: &BTreeMap<String, String>) -> Reading {
    let mut reading = Reading::default();
    for section in Section::ALL {
        let Some(text) = data.get(section.key()) else {
            continue;
        };
        let (entries, problems) = read_section(section, text);
        reading.problems.extend(problems);
        match section {
            Section::MapRoles => reading.roles = entries,
            Section::MapUsers => reading.users = entries,
            Section::MapAccounts => reading.accounts = entries,
        }
    }
    reading
        .problems
        .extend(data.keys().filter_map(|key| miscased_section(key)));
    reading
}

/// What a problem says about text that the server does not read.
pub(super) const IGNORED_TEXT: &str = "the server reads up to here and ignores what follows";

pub(super) fn read_section(section: Section, text: &str) -> (Vec<ReadEntry>, Vec<Problem>) {
    let mut sink = Sink {
        section,
        problems: Vec::new(),
    };
    if is_skipped(text) {
        return (Vec::new(), sink.problems);
    }
    let document = match yaml::parse(text) {
        Ok(document) => document,
        Err(error) => {
            sink.unparsed(&error);
            return (Vec::new(), sink.problems);
        }
    };
    if let Some(mark) = document.ignored {
        let kind = if document.has_rest {
            ProblemKind::TextBehindValue
        } else {
            ProblemKind::TextAfterDocument
        };
        sink.add(kind, None, mark, IGNORED_TEXT.to_owned());
    }
    let entries = match (document.root, section) {
        (None, _) => Vec::new(),
        (Some(root), Section::MapAccounts) => accounts::read(&document, root, &mut sink),
        (Some(root), _) => mappings::read(&document, root, &mut sink),
    };
    (entries, sink.problems)
}

/// True for a text that the server passes over before it parses: nothing but white space, or a pair of quotes.
pub(super) fn is_skipped(text: &str) -> bool {
    matches!(text.trim(), "" | "``" | "\"\"" | "''")
}

fn miscased_section(key: &str) -> Option<Problem> {
    let section = Section::ALL
        .into_iter()
        .find(|section| section.key().eq_ignore_ascii_case(key) && section.key() != key)?;
    let text = format!(
        "the server ignores the key `{key}`; the section's name is `{}`",
        section.key()
    );
    Some(Problem {
        kind: ProblemKind::MiscasedSection,
        section,
        index: None,
        line: 1,
        column: 1,
        text,
    })
}

/// Gathers the problems of one section.
struct Sink {
    section: Section,
    problems: Vec<Problem>,
}

impl Sink {
    fn add(&mut self, kind: ProblemKind, index: Option<usize>, mark: Mark, text: String) {
        let (line, column) = (mark.line() + 1, mark.column() + 1);
        self.problems.push(Problem {
            kind,
            section: self.section,
            index,
            line,
            column,
            text,
        });
    }

    fn add_at(
        &mut self,
        kind: ProblemKind,
        index: Option<usize>,
        place: (&Document<'_>, NodeId),
        text: String,
    ) {
        let mark = place
            .0
            .node(place.1)
            .map(|node| node.start)
            .unwrap_or_default();
        self.add(kind, index, mark, text);
    }

    fn unparsed(&mut self, error: &SyntaxError) {
        self.problems.push(syntax_problem(self.section, error));
    }

    fn undecodable(&mut self, document: &Document<'_>, error: &DecodeError) {
        let problem = decode_problem(self.section, document, error);
        self.problems.push(problem);
    }
}

/// A section that is no YAML.
pub(super) fn syntax_problem(section: Section, error: &SyntaxError) -> Problem {
    let (line, column) = (error.line + 1, error.column + 1);
    let kind = ProblemKind::Unparsed;
    Problem {
        kind,
        section,
        index: None,
        line,
        column,
        text: error.what.clone(),
    }
}

/// A section that is YAML and cannot be turned into entries.
pub(super) fn decode_problem(
    section: Section,
    document: &Document<'_>,
    error: &DecodeError,
) -> Problem {
    let mark = document
        .node(error.node)
        .map(|node| node.start)
        .unwrap_or_default();
    let (line, column) = (mark.line() + 1, mark.column() + 1);
    Problem {
        kind: ProblemKind::Unparsed,
        section,
        index: None,
        line,
        column,
        text: error.what.clone(),
    }
}

/// The line an item begins on, from 1: that of its dash, where it has one.
pub(super) fn line_of(document: &Document<'_>, item: NodeId) -> usize {
    document
        .node(item)
        .map_or(1, |node| document.line_of_dash(node) + 1)
}
