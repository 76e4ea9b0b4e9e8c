//! Edits of aws-auth that leave every byte they do not own as it was.
//!
//! A batch of changes is planned on the document as read, applied as replacements of bytes and read again at the end: what the server would read is
//! exactly the old entries with the edit, or nothing is returned. Sections the server cannot read are never rewritten.

mod anchors;
mod block;
mod change;
mod empty;
mod error;
mod groups;
mod list;
mod replace;
mod section;
mod section_changes;
mod style;
mod verify;
mod write;

use std::collections::BTreeMap;

pub use self::{
    change::{Change, Edited, EmptyForm},
    error::EditError,
};
use self::{
    list::{Content, open},
    section_changes::SectionChanges,
    style::ListStyle,
};
use super::{Section, read::is_skipped};
use crate::yaml;

/// The API server refuses ConfigMaps whose values together are larger: 1 MiB.
pub const MAX_DATA_BYTES: usize = 1024 * 1024;

/// Applies a batch of changes to a ConfigMap's `data`. All of it succeeds or nothing does.
///
/// # Errors
/// See [`EditError`]; one change that cannot be made refuses the whole batch.
pub fn edit(data: &BTreeMap<String, String>, changes: &[Change]) -> Result<Edited, EditError> {
    let mut edited = Edited {
        sections: BTreeMap::new(),
        undo: vec![None; changes.len()],
    };
    for (section, section_changes) in by_section(changes)? {
        let before = data.get(section.key()).map(String::as_str);
        let outcome = section::edit(section, before, &section_changes, || {
            usual_style(data, section)
        })?;
        if let Some(note) = outcome.note {
            let added = changes.iter().zip(&mut edited.undo).filter(
                |(change, _)| matches!(change, Change::Add(entry) if entry.section() == section),
            );
            added.for_each(|(_, undo)| *undo = Some(note.clone()));
        }
        if outcome.text.as_deref() != before {
            edited.sections.insert(section, outcome.text);
        }
    }
    refuse_oversize(data, &edited)?;
    Ok(edited)
}

fn by_section(changes: &[Change]) -> Result<BTreeMap<Section, SectionChanges<'_>>, EditError> {
    let mut sections: BTreeMap<Section, SectionChanges<'_>> = BTreeMap::new();
    for change in changes {
        let gathered = sections.entry(change.section()).or_default();
        match change {
            Change::Add(entry) => gathered.added.push(entry),
            Change::Replace { section, entry, .. } if entry.section() != *section => {
                return Err(EditError::WrongSection {
                    section: *section,
                    found: entry.section(),
                });
            }
            Change::Replace { index, entry, .. } => gathered.replaced.push((*index, entry)),
            Change::Remove { index, undo, .. } => {
                gathered.removed.push(*index);
                gathered.notes.extend(undo);
            }
        }
    }
    Ok(sections)
}

/// The style of the first other section that has entries, or the common one.
fn usual_style(data: &BTreeMap<String, String>, except: Section) -> ListStyle {
    let others = Section::ALL
        .into_iter()
        .filter(|section| *section != except);
    let styles = others.filter_map(|section| {
        let text = data.get(section.key()).filter(|text| !is_skipped(text))?;
        let document = yaml::parse(text).ok()?;
        match open(section, &document) {
            Ok(Content::List(list)) if !list.items.is_empty() => {
                Some(ListStyle::from_list(section, &list))
            }
            _ => None,
        }
    });
    styles.into_iter().next().unwrap_or_default()
}

fn refuse_oversize(data: &BTreeMap<String, String>, edited: &Edited) -> Result<(), EditError> {
    let before: usize = data.values().map(String::len).sum();
    let size = edited
        .sections
        .iter()
        .fold(before, |size, (section, text)| {
            let old = data.get(section.key()).map_or(0, String::len);
            size + text.as_ref().map_or(0, String::len) - old
        });
    match size > MAX_DATA_BYTES && size > before {
        true => Err(EditError::TooLarge {
            size,
            before,
            limit: MAX_DATA_BYTES,
        }),
        false => Ok(()),
    }
}
