//! From the map before and the map wanted to what is to change in the document.

use std::collections::BTreeSet;

use eksauth_core::aws_auth::{EmptyForm, Entry, ReadEntry, Section};
use serde::de::DeserializeOwned;
use tf_provider::resource::Private;

use super::AwsAuthModel;
use super::items::{Item, items, paired};
use crate::attributes::values::known_set;
use crate::aws_auth::rules::Kind;
use crate::aws_auth::{ChangeRequest, Document, Doubt, Ownership, Removal, Upsert, key};

/// Private facts: entries of others as the last refresh saw them, which a map that becomes exclusive takes away.
pub(super) const OTHERS: &str = "others";
/// Private facts: the state came from an import and was not changed since.
pub(super) const IMPORTED: &str = "imported";
/// Private facts: how sections looked before their first entry came, by section.
pub(super) const UNDO: &str = "undo";

/// What an apply asks for.
///
/// `prior` is `None` for a create. A map that becomes exclusive removes those of others that the plan's refresh saw, and no newer ones.
pub(super) fn request(
    document: &Document,
    prior: Option<&AwsAuthModel>,
    planned: &AwsAuthModel,
    private: &Private,
) -> Option<ChangeRequest> {
    let wanted = items(planned)?;
    let before = match prior {
        Some(prior) => items(prior)?,
        None => Vec::new(),
    };
    let leave = known_set(&planned.leave)?;
    let (pairs, dropped) = paired(&wanted, &before);
    let dropped = dropped
        .into_iter()
        .filter(|item| !item.is_in(&leave))
        .map(|item| item.standing(document));
    let others = taken_by_exclusivity(prior, planned, private)
        .into_iter()
        .filter(|entry| !is_named(entry, &wanted, &leave));
    let mut request = ChangeRequest {
        ownership: if planned.is_exclusive() {
            Ownership::ExclusiveMap
        } else {
            Ownership::SharedMap
        },
        removals: removals(dropped.chain(others), private),
        keeps_access: planned.keeps_access(),
        ..ChangeRequest::empty("eksauth_aws_auth", "")
    };
    for (item, was) in pairs {
        match was {
            Some(was) if item.is_same_grant(was) && !is_respelled(document, item, was) => {
                request.holds.push(was.standing(document))
            }
            Some(was) => request
                .upserts
                .push(upsert(planned, item, Some(was.standing(document)))),
            None => request.upserts.push(upsert(planned, item, None)),
        }
    }
    Some(request)
}

/// Removals with what is known of their sections' former text.
fn removals(entries: impl Iterator<Item = Entry>, private: &Private) -> Vec<Removal> {
    let undo: Vec<(Section, EmptyForm)> = noted(private, UNDO);
    let note_of = |section: Section| {
        undo.iter()
            .find(|(of, _)| *of == section)
            .map(|(_, note)| note.clone())
    };
    entries
        .map(|entry| Removal {
            undo: note_of(entry.section()),
            entry,
            doubt: Doubt::None,
        })
        .collect()
}

fn upsert(planned: &AwsAuthModel, item: &Item, prior: Option<Entry>) -> Upsert {
    Upsert {
        entry: item.to_entry(),
        prior,
        on_conflict: planned.on_conflict(),
    }
}

/// True if the spelling that changes stands in the document: an entry that never matched becomes one that does.
pub(super) fn is_respelled(document: &Document, item: &Item, was: &Item) -> bool {
    item.written != was.written && key(was.standing(document).arn()) != key(&item.canonical())
}

/// The entries of others that go because the map becomes exclusive with this change.
pub(super) fn taken_by_exclusivity(
    prior: Option<&AwsAuthModel>,
    planned: &AwsAuthModel,
    private: &Private,
) -> Vec<Entry> {
    let becomes_exclusive =
        planned.is_exclusive() && prior.is_some_and(|prior| !prior.is_exclusive());
    if !becomes_exclusive {
        return Vec::new();
    }
    let others: Vec<Entry> = noted(private, OTHERS);
    let is_managed = |entry: &Entry| planned.manages_node_entries() || !is_of_nodes(entry);
    others.into_iter().filter(is_managed).collect()
}

/// True if the configuration names the entry's principal, or leaves it.
pub(super) fn is_named(entry: &Entry, wanted: &[Item], leave: &BTreeSet<String>) -> bool {
    let kind = match entry.section() {
        Section::MapRoles => Kind::Role,
        Section::MapUsers => Kind::User,
        Section::MapAccounts => Kind::Account,
    };
    let item = Item {
        kind,
        written: entry.arn().to_owned(),
        username: String::new(),
        groups: None,
    };
    wanted.iter().any(|wanted| wanted.is_same_principal(&item)) || item.is_in(leave)
}

/// True for the shapes that EKS writes for nodes and Fargate.
fn is_of_nodes(entry: &Entry) -> bool {
    let has = |group: &str| entry.groups().iter().any(|name| name == group);
    let is_node = entry.username() == "system:node:{{EC2PrivateDNSName}}" && has("system:nodes");
    let is_fargate = entry.username() == "system:node:{{SessionName}}"
        && has("system:nodes")
        && has("system:node-proxier");
    entry.section() == Section::MapRoles && (is_node || is_fargate)
}

/// The entries of the document that are not among the elements and that an exclusive map counts as its own.
pub(super) fn others<'a>(
    document: &'a Document,
    known: &[Item],
    manages_node_entries: bool,
) -> Vec<&'a ReadEntry> {
    let named: Vec<Entry> = known.iter().map(|item| item.standing(document)).collect();
    document.reading().beside(&named, manages_node_entries)
}

/// A private fact. One that cannot be read is none: it only serves comfort, and nothing is removed for want of it.
pub(super) fn noted<T: DeserializeOwned>(private: &Private, name: &str) -> Vec<T> {
    let Some(fact) = private.entries.get(name) else {
        return Vec::new();
    };
    match serde_json::from_value(fact.clone()) {
        Ok(fact) => fact,
        Err(error) => {
            tracing::warn!(%error, name, "a private fact of the whole map cannot be read");
            Vec::new()
        }
    }
}
