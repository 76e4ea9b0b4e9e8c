//! What a caller asks for, and what it gets back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::aws_auth::{Entry, Section};

/// What a section without entries looked like before an entry was added to it, to be put back when the last entry goes.
///
/// A text alone cannot tell an absent key from an empty one, so whoever adds an entry keeps this note and hands it in when removing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmptyForm {
    /// The section's whole text, none where the key was absent.
    pub text: Option<String>,
}

/// One change. Indices are those of [`ReadEntry::index`](crate::aws_auth::ReadEntry::index) in the document before any change of the batch.
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

impl Change {
    /// The section that changes.
    pub fn section(&self) -> Section {
        match self {
            Change::Add(entry) => entry.section(),
            Change::Replace { section, .. } | Change::Remove { section, .. } => *section,
        }
    }
}

/// The outcome of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The sections whose text changed, with their new text; none where the key goes.
    pub sections: BTreeMap<Section, Option<String>>,
    /// For each change, in order: the note to keep for a later [`Change::Remove`]; only additions to a section without entries have one.
    pub undo: Vec<Option<EmptyForm>>,
}
