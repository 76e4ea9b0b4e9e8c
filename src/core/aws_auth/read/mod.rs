//! Reading a ConfigMap's `data` as the server does: which entries it keeps, what it makes of each, and what is wrong.
//!
//! Roles and users go through YAML, JSON and Go structs, accounts straight from YAML to texts; the rules differ, so each has its file.

mod accounts;
mod lookalike;
mod mappings;
mod problem_list;
mod record;

use std::collections::BTreeMap;

use self::lookalike::looks_like;
use self::problem_list::ProblemList;
use super::{Problem, ProblemKind, ReadEntry, Section};
use crate::yaml;

pub(super) use self::{
    mappings::{decode as decode_mappings, validate},
    problem_list::{decode_problem, line_of, syntax_problem},
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
        .extend(data.keys().filter_map(|key| misspelt_section(key)));
    reading
}

/// What a problem calls a key that is not what it looks like.
const UNUSUAL: &str = "a key with characters that only look like ASCII,";

/// What a problem says about text that the server does not read.
pub(super) const IGNORED_TEXT: &str = "the server reads up to here and ignores what follows";

pub(super) fn read_section(section: Section, text: &str) -> (Vec<ReadEntry>, Vec<Problem>) {
    let mut problems = ProblemList {
        section,
        problems: Vec::new(),
    };
    if is_skipped(text) {
        problems.empty("there is nothing in it");
        return (Vec::new(), problems.problems);
    }
    let document = match yaml::parse(text) {
        Ok(document) => document,
        Err(error) => {
            problems.unparsed(&error);
            return (Vec::new(), problems.problems);
        }
    };
    if let Some(mark) = document.ignored {
        let kind = if document.has_rest {
            ProblemKind::TextBehindValue
        } else {
            ProblemKind::TextAfterDocument
        };
        problems.add(kind, None, mark, IGNORED_TEXT.to_owned());
    }
    let entries = match (document.root, section) {
        (None, _) => {
            problems.empty("there are comments in it and no entry");
            Vec::new()
        }
        (Some(root), Section::MapAccounts) => accounts::read(&document, root, &mut problems),
        (Some(root), _) => mappings::read(&document, root, &mut problems),
    };
    (entries, problems.problems)
}

/// True for a text that the server passes over before it parses: nothing but white space, or a pair of quotes.
pub(super) fn is_skipped(text: &str) -> bool {
    matches!(text.trim(), "" | "``" | "\"\"" | "''")
}

/// A key in another case, or with letters that only look like those of a section's name.
fn misspelt_section(key: &str) -> Option<Problem> {
    let section = Section::ALL.into_iter().find(|section| {
        section.key() != key
            && (section.key().eq_ignore_ascii_case(key) || looks_like(key, section.key()))
    })?;
    let (kind, what) = match key.is_ascii() {
        true => (ProblemKind::MiscasedSection, "the key"),
        false => (ProblemKind::LookalikeKey, UNUSUAL),
    };
    let text = format!(
        "the server ignores {what} `{key}`; the section's name is `{}`",
        section.key()
    );
    Some(Problem {
        kind,
        section,
        misspelt_key: Some(key.to_owned()),
        index: None,
        line: 1,
        column: 1,
        text,
    })
}
