//! How far a text is from being a list of entries, and whether what a repair touched looks like entries.

use std::collections::BTreeSet;

use crate::aws_auth::{
    Problem, ProblemKind, ReadEntry, Section,
    read::{line_of, read_section},
};
use crate::yaml;

/// How far a text is read before something is wrong: syntax first, then values, then form; later is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// It is no YAML behind this place (line and column from 1).
    Syntax(usize, usize),
    /// It is YAML that cannot be turned into entries.
    Values(usize, usize),
    /// It is no list of entries.
    Form(usize, usize),
    /// It is a list of entries.
    List,
}

impl Progress {
    /// True for two places in one line that are of one kind.
    pub(super) fn is_same_line(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
            && self.line() == other.line()
    }

    /// The line of what is wrong, from 0.
    pub(super) fn line(self) -> Option<usize> {
        match self {
            Self::Syntax(line, _) | Self::Values(line, _) | Self::Form(line, _) => {
                Some(line.saturating_sub(1))
            }
            Self::List => None,
        }
    }
}

/// What empties the section for the server.
pub(super) fn empties(problems: &[Problem]) -> Option<&Problem> {
    problems
        .iter()
        .find(|problem| matches!(problem.kind, ProblemKind::Unparsed | ProblemKind::NotAList))
}

/// How far a text is read.
pub(super) fn progress(section: Section, text: &str) -> Progress {
    if let Err(error) = yaml::parse(text) {
        return Progress::Syntax(error.line + 1, error.column + 1);
    }
    let (_, problems) = read_section(section, text);
    if let Some(problem) = problems
        .iter()
        .find(|problem| problem.kind == ProblemKind::Unparsed)
    {
        return Progress::Values(problem.line, problem.column);
    }
    match problems
        .iter()
        .find(|problem| problem.kind.prevents_edits())
    {
        Some(problem) => Progress::Form(problem.line, problem.column),
        None => Progress::List,
    }
}

/// What a repaired text says, to be compared with what another repair says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    entries: Vec<(String, String, Vec<String>)>,
    /// Problems and odd values: of two meanings the one with fewer is meant.
    pub(super) oddities: usize,
}

/// The meaning of a repaired text; `None` where an entry that a changed line belongs to does not look like one.
pub(super) fn meaning(section: Section, text: &str, changed: &BTreeSet<usize>) -> Option<Meaning> {
    let (entries, problems) = read_section(section, text);
    let touched = touched_items(text, changed)?;
    let is_sound = touched.iter().all(|index| {
        let entry = entries.iter().find(|entry| entry.index == *index);
        let is_clean = !problems.iter().any(|problem| problem.index == Some(*index));
        is_clean && entry.is_some_and(looks_meant)
    });
    if !is_sound || entries.is_empty() {
        return None;
    }
    let odd = entries.iter().filter(|entry| !looks_meant(entry)).count();
    Some(Meaning {
        oddities: problems.len() + odd,
        entries: entries
            .into_iter()
            .map(|entry| (entry.arn, entry.username, entry.groups))
            .collect(),
    })
}

/// The items that the lines (from 0) belong to; `None` for a line with text that belongs to none.
fn touched_items(text: &str, changed: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
    let document = yaml::parse(text).ok()?;
    let root = document.root?;
    let starts: Vec<usize> = document
        .children(root)
        .map(|item| line_of(&document, item).saturating_sub(1))
        .collect();
    let mut touched = BTreeSet::new();
    for line in changed {
        let is_empty = text
            .split_inclusive('\n')
            .nth(*line)
            .is_none_or(|line| super::line::Line::parse(line).is_empty());
        match starts.iter().rposition(|start| start <= line) {
            Some(item) => drop(touched.insert(item)),
            None if is_empty => {}
            None => return None,
        }
    }
    Some(touched)
}

/// An entry whose every value looks as people mean it.
fn looks_meant(entry: &ReadEntry) -> bool {
    let is_word = |text: &String| !text.is_empty() && !text.contains(char::is_whitespace);
    match entry.section {
        Section::MapAccounts => {
            entry.arn.len() == 12 && entry.arn.bytes().all(|byte| byte.is_ascii_digit())
        }
        Section::MapRoles | Section::MapUsers => {
            let is_named =
                entry.sso.is_some() || entry.arn.starts_with("arn:") && is_word(&entry.arn);
            is_named && is_word(&entry.username) && entry.groups.iter().all(is_word)
        }
    }
}
