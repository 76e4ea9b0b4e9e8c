//! Entries that went although somebody may hold them, and how they come back: as they were and where they were.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::aws_auth::{Change, Entry, Section, edit};

use super::request::{ChangeRequest, EntryKey};
use super::section_replacement::{with_data, with_section_texts};
use crate::aws_auth::document::Document;

/// What went, by section.
#[derive(Default)]
pub(super) struct LetGo(BTreeMap<Section, Gap>);

/// A section that entries went from, as long as nothing else of it changes.
struct Gap {
    /// Its text before the first of them went.
    whole: String,
    /// Its text without them.
    now: Option<String>,
    gone: Vec<Entry>,
}

/// A document in which entries stand again.
pub(super) struct PutBack {
    pub(super) document: Document,
    pub(super) keys: BTreeSet<EntryKey>,
}

impl LetGo {
    /// Notes that an entry went, and what the document became.
    pub(super) fn note(
        &mut self,
        before: &Document,
        after: &BTreeMap<String, String>,
        entry: &Entry,
    ) {
        let section = entry.section();
        let Some(text) = before.data().get(section.key()) else {
            return;
        };
        let is_continued = |gap: &&mut Gap| gap.now.as_ref() == Some(text);
        let now = after.get(section.key()).cloned();
        if let Some(gap) = self.0.get_mut(&section).filter(is_continued) {
            gap.now = now;
            gap.gone.push(entry.clone());
            return;
        }
        let gap = Gap {
            whole: text.clone(),
            now,
            gone: vec![entry.clone()],
        };
        self.0.insert(section, gap);
    }

    /// The document with what these requests ask for put back; `None` where nothing of it went, or something else changed since.
    pub(super) fn put_back<'a>(
        &self,
        document: &Document,
        requests: impl Iterator<Item = &'a ChangeRequest>,
    ) -> Option<PutBack> {
        let wanted: Vec<&Entry> = requests
            .flat_map(|request| &request.upserts)
            .map(|upsert| &upsert.entry)
            .collect();
        let mut data = document.data().clone();
        let mut keys = BTreeSet::new();
        for (section, gap) in &self.0 {
            if data.get(section.key()) != gap.now.as_ref() {
                continue;
            }
            let whole = with_section_texts(&data, [(*section, Some(gap.whole.clone()))]);
            let whole = with_data(document, whole);
            let is_back =
                |entry: &&Entry| wanted.iter().any(|wanted| is_same(&whole, entry, wanted));
            let (back, still_gone): (Vec<&Entry>, Vec<&Entry>) = gap.gone.iter().partition(is_back);
            if back.is_empty() {
                continue;
            }
            let edited = edit(whole.data(), &removals(&whole, &still_gone)).ok()?;
            data = with_section_texts(whole.data(), edited.sections);
            keys.extend(back.into_iter().map(EntryKey::from_entry));
        }
        (!keys.is_empty()).then(|| PutBack {
            document: with_data(document, data),
            keys,
        })
    }

    /// Notes that entries came back, and what the document became.
    pub(super) fn settle(&mut self, after: &BTreeMap<String, String>, back: &BTreeSet<EntryKey>) {
        for (section, gap) in &mut self.0 {
            let before = gap.gone.len();
            gap.gone
                .retain(|entry| !back.contains(&EntryKey::from_entry(entry)));
            if gap.gone.len() < before {
                gap.now = after.get(section.key()).cloned();
            }
        }
    }
}

/// True if the entry that went is what is wanted, in the text as it was.
fn is_same(whole: &Document, gone: &Entry, wanted: &Entry) -> bool {
    EntryKey::from_entry(gone) == EntryKey::from_entry(wanted)
        && whole
            .find(wanted.section(), wanted.arn())
            .last()
            .is_some_and(|entry| entry.same_meaning(wanted))
}

fn removals(whole: &Document, gone: &[&Entry]) -> Vec<Change> {
    let entries = gone.iter().flat_map(|entry| {
        let there = whole.find(entry.section(), entry.arn());
        there.into_iter().filter(|read| read.same_meaning(entry))
    });
    entries
        .map(|entry| Change::Remove {
            section: entry.section,
            index: entry.index,
            undo: None,
        })
        .collect()
}
