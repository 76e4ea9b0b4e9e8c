//! The problems of one section as they are found.

use crate::aws_auth::{Problem, ProblemKind, Section};
use crate::yaml::{DecodeError, Document, Mark, NodeId, SyntaxError};

/// Gathers the problems of one section.
pub(super) struct ProblemList {
    pub(super) section: Section,
    pub(super) problems: Vec<Problem>,
}

impl ProblemList {
    pub(super) fn add(
        &mut self,
        kind: ProblemKind,
        index: Option<usize>,
        mark: Mark,
        text: String,
    ) {
        let (line, column) = (mark.line() + 1, mark.column() + 1);
        self.problems.push(Problem {
            kind,
            section: self.section,
            misspelt_key: None,
            index,
            line,
            column,
            text,
        });
    }

    pub(super) fn add_at(
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

    /// A section that is there and maps nobody.
    pub(super) fn empty(&mut self, why: &str) {
        let text = format!("`{}` maps nobody: {why}", self.section);
        self.add(ProblemKind::EmptySection, None, Mark::default(), text);
    }

    pub(super) fn unparsed(&mut self, error: &SyntaxError) {
        self.problems.push(syntax_problem(self.section, error));
    }

    pub(super) fn undecodable(&mut self, document: &Document<'_>, error: &DecodeError) {
        let problem = decode_problem(self.section, document, error);
        self.problems.push(problem);
    }
}

/// A section that is no YAML.
pub(in super::super) fn syntax_problem(section: Section, error: &SyntaxError) -> Problem {
    let (line, column) = (error.line + 1, error.column + 1);
    let kind = ProblemKind::Unparsed;
    Problem {
        kind,
        section,
        misspelt_key: None,
        index: None,
        line,
        column,
        text: error.what.clone(),
    }
}

/// A section that is YAML and cannot be turned into entries.
pub(in super::super) fn decode_problem(
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
        misspelt_key: None,
        index: None,
        line,
        column,
        text: error.what.clone(),
    }
}

/// The line an item begins on, from 1: that of its dash, where it has one.
pub(in super::super) fn line_of(document: &Document<'_>, item: NodeId) -> usize {
    document
        .node(item)
        .map_or(1, |node| document.line_of_dash(node) + 1)
}
