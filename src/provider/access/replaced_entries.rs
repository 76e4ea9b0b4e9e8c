//! Access entries that the first half of a replacement has removed in this apply. EKS drops the policies and tags of an entry with it, those of others too, so the
//! second half puts on the new entry what was not the old one's own.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::ports::eks::{AccessEntryDetails, AccessPolicy};

/// An entry as it was when it was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReplacedEntry {
    /// Names, ARN and tags.
    pub(crate) details: AccessEntryDetails,
    /// All of its policies.
    pub(crate) policies: Vec<AccessPolicy>,
    /// Names of the policies that the state held with it.
    pub(crate) own_policies: BTreeSet<String>,
    /// Keys of the tags that the state held with it.
    pub(crate) own_tags: BTreeSet<String>,
}

/// The entries that were removed to be made again.
#[derive(Debug, Default)]
pub(crate) struct ReplacedEntries {
    removed: Mutex<HashMap<String, ReplacedEntry>>,
}

impl ReplacedEntries {
    /// Notes the entry of `key` as removed.
    pub(crate) fn note(&self, key: String, entry: ReplacedEntry) {
        let mut removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
        removed.insert(key, entry);
    }

    /// The entry of `key`, for whoever makes it again; once.
    pub(crate) fn take(&self, key: &str) -> Option<ReplacedEntry> {
        let mut removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
        removed.remove(key)
    }
}
