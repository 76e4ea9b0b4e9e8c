//! The backend that reads a JSON file again whenever it changes.
//!
//! One bad entry refuses the whole file, and what was read before stays. In strict mode the unique id is the key, and an ARN that is
//! given beside it must fit. Source: `pkg/mapper/dynamicfile`.

use std::collections::BTreeMap;

use super::canonical::lenient_canonical_arn;
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
    index: usize,
    arn: String,
    username: String,
    groups: Vec<String>,
}

/// The file as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicFile {
    strict: UserIdStrict,
    roles: BTreeMap<String, Entry>,
    users: BTreeMap<String, Entry>,
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
            roles: BTreeMap::new(),
            users: BTreeMap::new(),
            accounts: Vec::new(),
        }
    }

    pub(super) fn find(&self, caller: &Caller, lower_arn: &str) -> Found<'_> {
        let key = if self.strict == UserIdStrict::Yes {
            caller.user_id.as_str()
        } else {
            lower_arn
        };
        let (entry, kind) = match (self.roles.get(key), self.users.get(key)) {
            (Some(entry), _) => (entry, CandidateKind::Role),
            (None, Some(entry)) => (entry, CandidateKind::User),
            (None, None) => return Found::None,
        };
        if self.strict == UserIdStrict::Yes && !fits(&entry.arn, lower_arn) {
            return Found::Mismatch;
        }
        Found::Candidates(vec![Candidate {
            kind,
            index: entry.index,
            username: &entry.username,
            groups: &entry.groups,
        }])
    }
}

/// Whether the ARN beside a unique id allows the caller; an absent one does, a malformed one does not.
fn fits(written: &str, lower_arn: &str) -> bool {
    if written.is_empty() {
        return true;
    }
    strip_role_path(written).is_ok_and(|stripped| to_lower(&stripped) == lower_arn)
}

/// The entries by their key; `None` if one has none.
fn entries(raw: Vec<RawEntry>, strict: UserIdStrict) -> Option<BTreeMap<String, Entry>> {
    let mut found = BTreeMap::new();
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
        let kept = Entry {
            index,
            arn: entry.arn,
            username: entry.username,
            groups: entry.groups.into_items(),
        };
        found.insert(key, kept);
    }
    Some(found)
}
