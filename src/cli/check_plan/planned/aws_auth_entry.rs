//! `eksauth_aws_auth_role`, `…_user`, `…_account`: one entry each.

use std::collections::HashMap;

use eksauth_core::access::change::{AwsAuthChange, ClusterChange, PutEntry};
use eksauth_core::aws_auth::{Entry, Section};
use eksauth_core::principal::arn::{canonical_role_arn, canonical_user_arn};
use eksauth_core::principal::case_folding::fold_key;
use serde_json::Value;

use super::super::plan_file::{Change, Deed, Planned, texts};
use super::{Collector, Occurrence, Order};

/// Where an entry resource keeps its entry.
#[derive(Clone, Copy)]
struct Kind {
    section: Section,
    subject: &'static str,
}

impl Kind {
    fn parse(kind: &str) -> Self {
        let (section, subject) = match kind {
            "eksauth_aws_auth_user" => (Section::MapUsers, "userarn"),
            "eksauth_aws_auth_account" => (Section::MapAccounts, "account_id"),
            _ => (Section::MapRoles, "rolearn"),
        };
        Self { section, subject }
    }

    fn before(self, change: &Change) -> Option<Entry> {
        let arn = change
            .before_text("canonical_arn")
            .or_else(|| change.before_text(self.subject))?;
        let groups = texts(change.before("groups").unwrap_or(&Value::Null));
        let username = change.before_text("username").unwrap_or_default();
        Some(entry(self.section, arn, username, groups))
    }

    /// The entry after the change.
    ///
    /// # Errors
    /// The attributes that are decided during apply.
    fn after(self, change: &Change) -> Result<Option<Entry>, Vec<&'static str>> {
        if change.after.is_null() {
            return Ok(None);
        }
        let mut names = vec![self.subject];
        if self.section != Section::MapAccounts {
            names.extend(["username", "groups"]);
        }
        let unknown: Vec<&'static str> = names
            .into_iter()
            .filter(|name| change.after(name).is_unknown())
            .collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let groups = match change.after("groups") {
            Planned::Known(value) => texts(value),
            Planned::Unknown => Vec::new(),
        };
        let username = change.after("username").text().unwrap_or_default();
        Ok(change
            .after(self.subject)
            .text()
            .map(|arn| entry(self.section, arn, username, groups)))
    }
}

/// An entry as it stands in the document once the resource wrote it.
pub(super) fn entry(section: Section, written: &str, username: &str, groups: Vec<String>) -> Entry {
    let canonical = match section {
        Section::MapRoles => canonical_role_arn(written),
        Section::MapUsers => canonical_user_arn(written),
        Section::MapAccounts => return Entry::Account(written.to_owned()),
    };
    let arn = canonical.unwrap_or_else(|_| written.to_owned());
    let username = username.to_owned();
    match section {
        Section::MapUsers => Entry::User {
            userarn: arn,
            username,
            groups,
        },
        Section::MapRoles | Section::MapAccounts => Entry::Role {
            rolearn: arn,
            username,
            groups,
        },
    }
}

fn put(entry: Entry, prior: Option<Entry>, overwrites: bool) -> ClusterChange {
    ClusterChange::AwsAuth(AwsAuthChange::Put(PutEntry {
        entry,
        prior,
        overwrites,
    }))
}

pub(super) fn remove(entry: Entry) -> ClusterChange {
    ClusterChange::AwsAuth(AwsAuthChange::Remove(entry))
}

impl<'p> Collector<'p> {
    pub(super) fn collect_entry(&mut self, occurrence: Occurrence<'p>) {
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        let kind = Kind::parse(&resource.kind);
        let before = kind
            .before(change)
            .filter(|_| occurrence.is_before && occurrence.deed != Deed::Create);
        let after = match occurrence.is_after {
            true => kind.after(change),
            false => Ok(None),
        };
        let overwrites = change.after("on_conflict").text() == Some("adopt");
        let is_conflict_open = occurrence.is_after && change.after("on_conflict").is_unknown();
        if is_conflict_open && before.is_none() {
            self.unknown(resource, "on_conflict", true);
            return;
        }
        let after = match after {
            Ok(after) => after,
            Err(unknown) => {
                // A new entry takes nothing away unless it overwrites one; what becomes of an old one is not known.
                let decides = before.is_some() || overwrites;
                for name in unknown {
                    self.unknown(resource, name, decides);
                }
                return;
            }
        };
        match (before, after) {
            (Some(before), Some(after)) if !occurrence.is_remade() => {
                self.put_into_aws_auth(resource, put(after, Some(before), overwrites));
            }
            (before, after) => {
                if let Some(before) = before {
                    self.step(resource, Order::Removal, remove(before));
                    if occurrence.is_remade() {
                        self.mark_remade();
                    }
                }
                if let Some(after) = after {
                    self.put_into_aws_auth(resource, put(after, None, overwrites));
                }
            }
        }
    }
}

/// Our writer hands an entry over from the resource that gives it up to the one that makes it: nothing is removed.
pub(super) fn handed_over<'c>(
    changes: impl Iterator<Item = &'c ClusterChange> + Clone,
) -> Vec<ClusterChange> {
    let mut given: HashMap<EntryKey, Vec<Entry>> = HashMap::new();
    for change in changes.clone() {
        if let ClusterChange::AwsAuth(AwsAuthChange::Remove(entry)) = change {
            given.entry(key(entry)).or_default().push(entry.clone());
        }
    }
    let mut changes: Vec<ClusterChange> = changes.cloned().collect();
    for change in &mut changes {
        if let ClusterChange::AwsAuth(AwsAuthChange::Put(taken)) = change
            && taken.prior.is_none()
        {
            taken.prior = given.get_mut(&key(&taken.entry)).and_then(Vec::pop);
        }
    }
    changes.retain(|change| match change {
        ClusterChange::AwsAuth(AwsAuthChange::Remove(entry)) => given
            .get(&key(entry))
            .is_some_and(|left| left.contains(entry)),
        _ => true,
    });
    changes
}

/// The name of an entry among all entries of a document.
type EntryKey = (Section, String);

fn key(entry: &Entry) -> EntryKey {
    (entry.section(), fold_key(entry.arn()))
}
