//! What is worth saying about the backends beside aws-auth: a server's configuration file, a dynamic file, IAMIdentityMapping objects.
//!
//! Each compares ARNs in its own way; the ids are those of aws-auth. Source: aws-iam-authenticator `pkg/mapper/{file,dynamicfile,crd}`.

use std::collections::HashMap;
use std::fmt;

use super::identity_mapping::{ComparedEntry, DynamicFile, EntryList};
use crate::access::findings::never_matches;
use crate::access::severity::Severity;
use crate::aws_auth::Section;
use crate::principal::arn::is_canonical;
use crate::principal::caller::Caller;

/// One finding about one entry of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendFinding {
    /// The stable id.
    pub id: &'static str,
    /// How grave.
    pub severity: Severity,
    /// The list.
    pub list: EntryList,
    /// The entry's place in the list, from 0.
    pub index: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

impl fmt::Display for BackendFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            severity,
            list,
            index,
            text,
        } = self;
        write!(f, "{list}[{index}]: {}: {text} ({id})", severity.word())
    }
}

/// What is worth saying about the entries of one backend, in their order.
pub fn backend_findings(entries: &[ComparedEntry<'_>]) -> Vec<BackendFinding> {
    let mut last: HashMap<(&str, bool), usize> = HashMap::new();
    for (position, entry) in entries.iter().enumerate() {
        last.insert(key(entry), position);
    }
    let mut found = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        found.extend(arn_finding(entry));
        let winner = last
            .get(&key(entry))
            .and_then(|winner| entries.get(*winner));
        if let Some(winner) = winner
            && last.get(&key(entry)) != Some(&position)
            && !entry.key.is_empty()
        {
            found.push(duplicate(entry, winner));
        }
        if entry.username.trim().is_empty() {
            let text = "the entry has no user name; the server of this project refuses who has it, another one lets them in without a name".to_owned();
            found.push(at(entry, "username.empty", Severity::Error, text));
        }
    }
    found
}

/// An entry for the caller's ARN that has another unique id than the caller: the principal was deleted and made anew, and is locked out since.
pub fn recreated_principal(file: &DynamicFile, caller: &Caller) -> Option<BackendFinding> {
    let (list, index) = file.id_of_predecessor(caller)?;
    Some(BackendFinding {
        id: "lockout.recreated_principal",
        severity: Severity::Error,
        list,
        index,
        text: format!(
            "`{}` has the unique id `{}` now, and the entry has another one: the principal was made anew. Write the new id",
            caller.canonical_arn, caller.user_id
        ),
    })
}

/// Roles and users are kept apart.
fn key<'e>(entry: &'e ComparedEntry<'_>) -> (&'e str, bool) {
    (&entry.key, entry.list == EntryList::Users)
}

fn at(
    entry: &ComparedEntry<'_>,
    id: &'static str,
    severity: Severity,
    text: String,
) -> BackendFinding {
    BackendFinding {
        id,
        severity,
        list: entry.list,
        index: entry.index,
        text,
    }
}

fn arn_finding(entry: &ComparedEntry<'_>) -> Option<BackendFinding> {
    let compared = entry.compared.as_deref()?;
    if is_canonical(compared) {
        return None;
    }
    let section = match entry.list {
        EntryList::Users => Section::MapUsers,
        EntryList::Roles | EntryList::Objects => Section::MapRoles,
    };
    let (id, text) = never_matches(entry.written, section);
    Some(at(entry, id, Severity::Error, text))
}

fn duplicate(entry: &ComparedEntry<'_>, winner: &ComparedEntry<'_>) -> BackendFinding {
    let (severity, what) = match entry.list {
        EntryList::Objects => (
            Severity::Error,
            format!(
                "stands in object {} too, and either of them may answer",
                winner.index
            ),
        ),
        EntryList::Roles | EntryList::Users => (
            Severity::Warning,
            format!(
                "stands again in item {}, which wins; the groups of this one are not added",
                winner.index
            ),
        ),
    };
    let subject = match entry.written {
        "" => &entry.key,
        written => written,
    };
    at(
        entry,
        "mapping.duplicate_arn",
        severity,
        format!("`{subject}` {what}"),
    )
}

#[cfg(test)]
mod tests;
