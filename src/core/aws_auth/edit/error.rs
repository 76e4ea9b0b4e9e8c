//! Why an edit is refused, and where.

use crate::aws_auth::Section;

/// Why an edit was refused. Nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The section does not parse, so no edit of it can be judged.
    #[error(
        "{section} cannot be edited: line {line}, column {column}: {problem}; the cluster reads this whole section as empty today"
    )]
    Unparsed {
        /// The section.
        section: Section,
        /// From 1, within the section's text.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The section is a list with an item that is no entry.
    #[error(
        "{section} cannot be edited: line {line}, column {column}: {problem}; the cluster drops this item today and reads the others"
    )]
    WrongItem {
        /// The section.
        section: Section,
        /// From 1, within the section's text.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// Text stands right behind the section's value, which the server ignores today; an edit would make it count.
    #[error(
        "{section} cannot be edited: line {line}, column {column}: {problem}; remove that text first"
    )]
    TextBehindValue {
        /// The section.
        section: Section,
        /// From 1, within the section's text.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// An anchor in what would go is used elsewhere in the section.
    #[error(
        "{section} cannot be edited: the anchor `{anchor}` in line {line}, column {column}, is used by another part of the document, in line {used_in_line}; write that part out first"
    )]
    SharedAnchor {
        /// The section.
        section: Section,
        /// The anchor's name.
        anchor: String,
        /// The line of the anchor.
        line: usize,
        /// The column of the anchor.
        column: usize,
        /// The line of the alias.
        used_in_line: usize,
    },
    /// No item has this index.
    #[error("{section} has no item {index}, it has {count}")]
    NoSuchEntry {
        /// The section.
        section: Section,
        /// The index asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// Two changes of one batch want the same item.
    #[error("two changes of {section} want the same item {index}")]
    Conflict {
        /// The section.
        section: Section,
        /// The item.
        index: usize,
    },
    /// The entry belongs in another section.
    #[error("an entry of {found} cannot take a place in {section}")]
    WrongSection {
        /// Where it was to be written.
        section: Section,
        /// Where it belongs.
        found: Section,
    },
    /// The ConfigMap would be larger than the API server takes.
    #[error("the ConfigMap would hold {size} bytes, {limit} are allowed; it holds {before} now")]
    TooLarge {
        /// Bytes of all values after the edit.
        size: usize,
        /// Bytes of all values before it.
        before: usize,
        /// [`MAX_DATA_BYTES`](super::MAX_DATA_BYTES).
        limit: usize,
    },
    /// The result would not read as promised; nothing is returned then.
    #[error(
        "a bug in the provider: the edited {section} would not read as intended ({what}), so nothing is written; please report it with the document"
    )]
    Internal {
        /// The section.
        section: Section,
        /// What differs.
        what: String,
    },
}
