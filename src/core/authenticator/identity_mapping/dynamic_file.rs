//! The backend that reads a JSON file again whenever it changes.
//!
//! One bad entry refuses the whole file, and what was read before stays. In strict mode the unique id is the key, and an ARN that is
//! given beside it must fit. Source: `pkg/mapper/dynamicfile`.

use std::collections::BTreeMap;

use super::canonical::lenient_canonical_arn;
use super::compared_entry::{ComparedEntry, EntryList};
use super::dynamic_file_json::{RawDocument, RawEntry};
use super::lookup::{Candidate, CandidateKind, Found};
use crate::json::Json;
use crate::principal::arn::strip_role_path;
use crate::principal::caller::Caller;
use crate::principal::case_folding::to_lower;

/// Whether entries are found by unique id or by ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserIdStrict {
    /// By unique id.
    Yes,
    /// By ARN.
    No,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    key: String,
    arn: String,
    username: String,
    groups: Vec<String>,
}

/// The entries of one list, and the last one of each key, which counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entries {
    all: Vec<Entry>,
    last: BTreeMap<String, usize>,
}

/// The file as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicFile {
    strict: UserIdStrict,
    roles: Entries,
    users: Entries,
    pub(super) accounts: Vec<String>,
}

impl DynamicFile {
    /// Reads the file's text; `None` if the reference refuses it as a whole.
    pub fn parse(content: &str, strict: UserIdStrict) -> Option<Self> {
        let document = RawDocument::read(&Json::parse(content).ok()?)?;
        Some(Self {
            strict,
            roles: entries(document.roles.into_items(), strict)?,
            users: entries(document.users.into_items(), strict)?,
            accounts: document.accounts.into_items(),
        })
    }

    /// No entry at all: the file was refused before any was read, or deleted.
    pub fn empty(strict: UserIdStrict) -> Self {
        Self {
            strict,
            roles: Entries::default(),
            users: Entries::default(),
            accounts: Vec::new(),
        }
    }

    pub(super) fn find(&self, caller: &Caller, lower_arn: &str) -> Found<'_> {
        let key = if self.strict == UserIdStrict::Yes {
            caller.user_id.as_str()
        } else {
            lower_arn
        };
        let (index, entry, kind) = match (self.roles.get(key), self.users.get(key)) {
            (Some((index, entry)), _) => (index, entry, CandidateKind::Role),
            (None, Some((index, entry))) => (index, entry, CandidateKind::User),
            (None, None) => return Found::None,
        };
        if self.strict == UserIdStrict::Yes && !fits(&entry.arn, lower_arn) {
            return Found::Mismatch;
        }
        Found::Candidates(vec![Candidate {
            kind,
            index,
            username: &entry.username,
            groups: &entry.groups,
        }])
    }

    /// Its entries as they are compared.
    pub fn compared(&self) -> Vec<ComparedEntry<'_>> {
        let lists = [
            (EntryList::Roles, &self.roles),
            (EntryList::Users, &self.users),
        ];
        let entries = lists.into_iter().flat_map(|(list, entries)| {
            let numbered = entries.all.iter().enumerate();
            numbered.map(move |(index, entry)| (list, index, entry))
        });
        entries
            .map(|(list, index, entry)| ComparedEntry {
                list,
                index,
                written: &entry.arn,
                compared: self.compared_arn(entry),
                key: entry.key.clone(),
                username: &entry.username,
            })
            .collect()
    }

    /// The ARN that an entry is compared by; none where any is taken.
    fn compared_arn(&self, entry: &Entry) -> Option<String> {
        match self.strict {
            UserIdStrict::No => Some(entry.key.clone()),
            UserIdStrict::Yes if entry.arn.is_empty() => None,
            UserIdStrict::Yes => Some(strip_role_path(&entry.arn).unwrap_or_default()),
        }
    }

    /// The unique id that an entry of a caller's ARN has, where no entry has the caller's own: the principal was made anew since.
    pub fn id_of_predecessor(&self, caller: &Caller) -> Option<(EntryList, usize)> {
        let key = caller.user_id.as_str();
        let is_known = self.roles.get(key).is_some() || self.users.get(key).is_some();
        if self.strict == UserIdStrict::No || is_known {
            return None;
        }
        let lower_arn = to_lower(&caller.canonical_arn);
        self.compared()
            .into_iter()
            .find(|entry| !entry.written.is_empty() && fits(entry.written, &lower_arn))
            .map(|entry| (entry.list, entry.index))
    }
}

impl Entries {
    fn get(&self, key: &str) -> Option<(usize, &Entry)> {
        let index = *self.last.get(key)?;
        Some((index, self.all.get(index)?))
    }
}

/// Whether the ARN beside a unique id allows the caller; an absent one does, a malformed one does not.
fn fits(written: &str, lower_arn: &str) -> bool {
    if written.is_empty() {
        return true;
    }
    strip_role_path(written).is_ok_and(|stripped| to_lower(&stripped) == lower_arn)
}

/// The entries and their keys; `None` if one has none.
fn entries(raw: Vec<RawEntry>, strict: UserIdStrict) -> Option<Entries> {
    let mut found = Entries::default();
    for (index, entry) in raw.into_iter().enumerate() {
        let subject = match strict {
            UserIdStrict::Yes => &entry.user_id,
            UserIdStrict::No => &entry.arn,
        };
        if subject.is_empty() {
            return None;
        }
        let key = match strict {
            UserIdStrict::Yes => entry.user_id,
            UserIdStrict::No => lenient_canonical_arn(&to_lower(&entry.arn)).unwrap_or_default(),
        };
        found.last.insert(key.clone(), index);
        found.all.push(Entry {
            key,
            arn: entry.arn,
            username: entry.username,
            groups: entry.groups.into_items(),
        });
    }
    Some(found)
}
