//! One finding about aws-auth.

use crate::access::severity::Severity;
use crate::aws_auth::{ReadEntry, Section};

/// One finding at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingFinding {
    /// The stable id.
    pub id: &'static str,
    /// How grave.
    pub severity: Severity,
    /// The section.
    pub section: Section,
    /// The key of `data` as it stands there, where it is not the section's name.
    pub misspelt_key: Option<String>,
    /// The item, from 0; `None` for the section as a whole.
    pub index: Option<usize>,
    /// Line in the section's text, from 1.
    pub line: usize,
    /// Column in that line, from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

/// A finding about an entry as a whole.
pub(super) fn at(
    entry: &ReadEntry,
    id: &'static str,
    severity: Severity,
    text: String,
) -> MappingFinding {
    MappingFinding {
        id,
        severity,
        section: entry.section,
        misspelt_key: None,
        index: Some(entry.index),
        line: entry.line,
        column: 1,
        text,
    }
}
