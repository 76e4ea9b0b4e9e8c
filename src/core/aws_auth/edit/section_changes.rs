//! What one section is asked to become, and what became of it.

use super::{change::EmptyForm, error::EditError, verify::Expected};
use crate::aws_auth::{Entry, Section};

/// The changes of one section.
#[derive(Default)]
pub(super) struct SectionChanges<'c> {
    pub(super) added: Vec<&'c Entry>,
    pub(super) replaced: Vec<(usize, &'c Entry)>,
    pub(super) removed: Vec<usize>,
    /// What the section may have looked like without entries.
    pub(super) notes: Vec<&'c EmptyForm>,
}

/// The outcome for one section.
pub(super) struct SectionEdited {
    pub(super) text: Option<String>,
    /// The note for whoever added an entry to a section without any.
    pub(super) note: Option<EmptyForm>,
}

impl SectionChanges<'_> {
    /// Whether each entry that is to go or change is there, and is named once.
    pub(super) fn expect_items(&self, section: Section, count: usize) -> Result<(), EditError> {
        let mut wanted = self.removed.clone();
        wanted.extend(self.replaced.iter().map(|(index, _)| *index));
        wanted.sort_unstable();
        if let Some(index) = wanted.last().copied().filter(|index| *index >= count) {
            return Err(EditError::NoSuchEntry {
                section,
                index,
                count,
            });
        }
        match wanted.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => Err(EditError::Conflict {
                section,
                index: pair.first().copied().unwrap_or_default(),
            }),
            None => Ok(()),
        }
    }

    pub(super) fn expect_added(&self) -> Vec<Expected<'_>> {
        self.added
            .iter()
            .map(|entry| Expected::Added(entry))
            .collect()
    }
}
