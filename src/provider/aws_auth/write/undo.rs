//! A write taken back: our own changes and nothing else, on the document as it is by then.
//!
//! Where nobody wrote in between, the old text comes back byte for byte. Otherwise a section that still has our text gets its old one, and in any
//! other our entries go and those we took come back, one by one; what somebody made of such an entry meanwhile stays.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::aws_auth::{self, Change, Entry, ReadEntry, edit, read};

use super::request::{EntryKey, SectionReplacement};
use super::section_replacement::with_section_texts;
use crate::ports::kubernetes::{ConfigMap, ConfigMapPatch};
use crate::ports::{ApiError, ErrorKind, KubeApi, RequestVerb};

/// Others may write between our reading and our writing so often.
const ATTEMPTS: u32 = 5;

/// A write of ours that was carried out.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnWrite<'a> {
    /// `data` before it.
    pub(super) before: &'a BTreeMap<String, String>,
    /// `data` as it was to be.
    pub(super) after: &'a BTreeMap<String, String>,
    /// The object that the server stored, or was to store where its answer was lost.
    pub(super) stored: &'a ConfigMap,
}

/// What became of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoOutcome {
    /// Our changes are gone.
    Undone {
        /// The object now.
        config_map: Box<ConfigMap>,
        /// Whether others had written since.
        others_wrote: bool,
    },
    /// They stay.
    Failed(Box<ApiError>),
}

impl OwnWrite<'_> {
    /// Takes the write back through one connection; `now` is the object as it was seen last.
    pub(super) async fn undo(&self, kube: &dyn KubeApi, now: &ConfigMap) -> UndoOutcome {
        match self.try_undo(kube, now.clone()).await {
            Ok(undone) => undone,
            Err(error) => UndoOutcome::Failed(Box::new(error)),
        }
    }

    async fn try_undo(
        &self,
        kube: &dyn KubeApi,
        mut now: ConfigMap,
    ) -> Result<UndoOutcome, ApiError> {
        let mut others_wrote = now.data != self.stored.data;
        let mut error = None;
        for _ in 0..ATTEMPTS {
            let data = self.without_it(&now.data)?;
            let patch = patch(&now, &data);
            if patch.data.is_empty() {
                return Ok(undone(now, others_wrote));
            }
            let outcome = kube
                .patch_config_map(aws_auth::NAMESPACE, aws_auth::NAME, &patch)
                .await;
            error = match outcome {
                Ok(config_map) => return Ok(undone(config_map, others_wrote)),
                Err(error)
                    if error.kind == ErrorKind::Conflict || error.may_have_been_carried_out() =>
                {
                    Some(error)
                }
                Err(error) => return Err(error),
            };
            let current = kube
                .config_map(aws_auth::NAMESPACE, aws_auth::NAME)
                .await?
                .ok_or_else(deleted)?;
            others_wrote |= current.resource_version != now.resource_version;
            now = current;
        }
        Err(error.unwrap_or_else(deleted))
    }

    /// `data` without our changes.
    fn without_it(
        &self,
        now: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ApiError> {
        let (before, after) = (read(self.before), read(self.after));
        let current = read(now);
        let mut changes = Vec::new();
        let mut texts = Vec::new();
        for replacement in SectionReplacement::between(self.before, self.after) {
            let section = replacement.section;
            if now.get(section.key()) == self.stored.data.get(section.key()) {
                texts.push((section, replacement.from));
            } else {
                changes.extend(inverse(SectionStates {
                    before: before.section(section),
                    after: after.section(section),
                    now: current.section(section),
                }));
            }
        }
        let data = with_section_texts(now, texts);
        if changes.is_empty() {
            return Ok(data);
        }
        let edited = edit(&data, &changes)
            .map_err(|error| failure(ErrorKind::Invalid, &error.to_string()))?;
        Ok(with_section_texts(&data, edited.sections))
    }
}

fn undone(config_map: ConfigMap, others_wrote: bool) -> UndoOutcome {
    UndoOutcome::Undone {
        config_map: Box::new(config_map),
        others_wrote,
    }
}

fn deleted() -> ApiError {
    failure(
        ErrorKind::NotFound,
        "somebody deleted the ConfigMap meanwhile",
    )
}

fn failure(kind: ErrorKind, message: &str) -> ApiError {
    let object = "configmaps kube-system/aws-auth";
    ApiError::from_api_server(kind, RequestVerb::Patch, object, message)
}

fn patch(now: &ConfigMap, data: &BTreeMap<String, String>) -> ConfigMapPatch {
    let changed = SectionReplacement::between(&now.data, data);
    ConfigMapPatch {
        resource_version: now.resource_version.clone(),
        data: changed
            .into_iter()
            .map(|replacement| (replacement.section.key().to_owned(), replacement.to))
            .collect(),
    }
}

/// The entries of one section before our write, after it, and now.
#[derive(Clone, Copy)]
struct SectionStates<'a> {
    before: &'a [ReadEntry],
    after: &'a [ReadEntry],
    now: &'a [ReadEntry],
}

/// What takes our changes of a section out of what it is now.
fn inverse(states: SectionStates<'_>) -> Vec<Change> {
    let mut removed = missing(states.before, states.after);
    let added = missing(states.after, states.before);
    let mut taken = BTreeSet::new();
    let mut changes = Vec::new();
    for ours in added {
        let key = EntryKey::from_entry(&ours);
        let old = removed
            .iter()
            .position(|entry| EntryKey::from_entry(entry) == key)
            .map(|position| removed.remove(position));
        let place = states
            .now
            .iter()
            .find(|entry| entry.same_meaning(&ours) && !taken.contains(&entry.index));
        // Whoever changed or removed it since has the last word.
        let Some(place) = place else { continue };
        taken.insert(place.index);
        let (section, index) = (place.section, place.index);
        changes.push(match old {
            Some(entry) => Change::Replace {
                section,
                index,
                entry,
            },
            None => Change::Remove {
                section,
                index,
                undo: None,
            },
        });
    }
    // An entry of the same name that is not of our writing is somebody else's, who wants it so.
    let of_others = missing(states.now, states.after);
    let is_back = |entry: &Entry| {
        let key = EntryKey::from_entry(entry);
        of_others
            .iter()
            .any(|other| EntryKey::from_entry(other) == key)
    };
    changes.extend(
        removed
            .into_iter()
            .filter(|entry| !is_back(entry))
            .map(Change::Add),
    );
    changes
}

/// The entries of one list that the other does not have, each as often as it lacks it.
fn missing(of: &[ReadEntry], from: &[ReadEntry]) -> Vec<Entry> {
    let mut left: Vec<&ReadEntry> = from.iter().collect();
    let mut found = Vec::new();
    for entry in of.iter().filter_map(ReadEntry::to_entry) {
        match left.iter().position(|other| other.same_meaning(&entry)) {
            Some(position) => {
                left.remove(position);
            }
            None => found.push(entry),
        }
    }
    found
}

#[cfg(test)]
mod tests;
