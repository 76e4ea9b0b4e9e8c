//! Edits of aws-auth that leave every byte they do not own as it was.
//!
//! A batch of changes is planned on the document as read, applied as byte splices and read again at the end: what the server would read is exactly
//! the old entries with the edit, or nothing is returned.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Entry, Section};

/// The API server refuses ConfigMaps whose `data` (keys and values) is larger: 1 MiB.
pub const MAX_DATA_BYTES: usize = 1024 * 1024;

/// What a section without entries looked like before an entry was added to it, to be put back when the last entry goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmptyForm {
    /// The section's whole text, none where the key was absent.
    pub text: Option<String>,
}

/// One change. Indices are those of [`ReadEntry::index`](super::ReadEntry::index) in the document before any change of the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Adds an entry behind the last one of its section.
    Add(Entry),
    /// Makes the entry at `index` mean `entry`; what does not differ in meaning stays as it is written.
    Replace {
        /// The section.
        section: Section,
        /// The item's place.
        index: usize,
        /// What it is to mean.
        entry: Entry,
    },
    /// Removes the entry's own lines.
    Remove {
        /// The section.
        section: Section,
        /// The item's place.
        index: usize,
        /// The note that adding it returned; used only where the section is left without entries and nobody else wrote in it.
        undo: Option<EmptyForm>,
    },
}

/// The outcome of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The sections whose text changed, with their new text; none where the key goes.
    pub sections: BTreeMap<Section, Option<String>>,
    /// For each change, in order: the note to keep for a later [`Change::Remove`]; only additions to a section without entries have one.
    pub undo: Vec<Option<EmptyForm>>,
}

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
        /// Bytes of all keys and values after the edit.
        size: usize,
        /// Bytes of all keys and values before it.
        before: usize,
        /// [`MAX_DATA_BYTES`].
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

/// Applies a batch of changes to a ConfigMap's `data`.
///
/// # Errors
/// See [`EditError`]; one change that cannot be made refuses the whole batch.
pub fn edit(_data: &BTreeMap<String, String>, changes: &[Change]) -> Result<Edited, EditError> {
    match changes {
        [] => Ok(Edited {
            sections: BTreeMap::new(),
            undo: Vec::new(),
        }),
        _ => Err(EditError::Internal {
            section: Section::MapRoles,
            what: "the editor is not built yet".into(),
        }),
    }
}
