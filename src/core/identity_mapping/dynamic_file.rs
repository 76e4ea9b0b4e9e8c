//! The backend that reads a JSON file again whenever it changes.
//!
//! One bad entry refuses the whole file, and what was read before stays. In strict mode the unique id is the key, and an ARN that is
//! given beside it must fit. Source: `pkg/mapper/dynamicfile`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::backend::lenient_canonical_arn;
use super::{Caller, Candidate, CandidateKind, Found};
use crate::arn::strip_role_path;

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
        let Ok(Value::Object(document)) = serde_json::from_str::<Value>(content) else {
            return None;
        };
        let roles = entries(member(&document, "maproles"), "rolearn", strict)?;
        let users = entries(member(&document, "mapusers"), "userarn", strict)?;
        let accounts = match member(&document, "mapaccounts") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.iter().map(text).collect::<Option<Vec<_>>>()?,
            Some(_) => return None,
        };
        Some(Self {
            strict,
            roles,
            users,
            accounts,
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
    strip_role_path(written).is_ok_and(|stripped| stripped.to_lowercase() == lower_arn)
}

/// A member by its name without regard to case; the last one wins, as Go's decoder does.
fn member<'a>(object: &'a serde_json::Map<String, Value>, lower_name: &str) -> Option<&'a Value> {
    object
        .iter()
        .filter(|(name, _)| super::equal_fold(name, lower_name))
        .map(|(_, value)| value)
        .next_back()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

fn entries(
    list: Option<&Value>,
    arn_member: &str,
    strict: UserIdStrict,
) -> Option<BTreeMap<String, Entry>> {
    let items = match list {
        None | Some(Value::Null) => return Some(BTreeMap::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return None,
    };
    let mut found = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let Value::Object(members) = item else {
            return None;
        };
        let field = |name: &str| member(members, name).map_or(Some(String::new()), text);
        let groups = match member(members, "groups") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(groups)) => groups.iter().map(text).collect::<Option<Vec<_>>>()?,
            Some(_) => return None,
        };
        let (arn, id) = (field(arn_member)?, field("userid")?);
        let key = match strict {
            UserIdStrict::Yes => id.clone(),
            UserIdStrict::No if arn.is_empty() => String::new(),
            UserIdStrict::No => lenient_canonical_arn(&arn.to_lowercase()).unwrap_or_default(),
        };
        if (strict == UserIdStrict::Yes && id.is_empty())
            || (strict == UserIdStrict::No && arn.is_empty())
        {
            return None;
        }
        found.insert(
            key,
            Entry {
                index,
                arn,
                username: field("username")?,
                groups,
            },
        );
    }
    Some(found)
}
