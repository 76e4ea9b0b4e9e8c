//! Changes of aws-auth as our writer makes them: an entry is found by what it said, and of several for one principal the last counts.

use std::collections::BTreeMap;

use super::{AwsAuthChange, PutEntry};
use crate::access::cluster_access::Principal;
use crate::access::lockout::reading_after;
use crate::aws_auth::{Change, Entry, ReadEntry, Reading, Section, read};
use crate::principal::case_folding::{equal_fold, fold_key};

pub(super) fn apply(reading: &mut Reading, change: &AwsAuthChange) {
    match change {
        AwsAuthChange::Put(put) => {
            let changes = changes_for(reading, put);
            edit(reading, &changes);
        }
        AwsAuthChange::Remove(entry) => {
            let changes: Vec<Change> = meant(reading, entry).into_iter().map(remove).collect();
            edit(reading, &changes);
        }
        AwsAuthChange::ReplaceSections(texts) => replace_sections(reading, texts),
        AwsAuthChange::Delete => *reading = Reading::default(),
    }
}

fn edit(reading: &mut Reading, changes: &[Change]) {
    // An addition asks only for the last entry of its section.
    let last = |entries: &[ReadEntry]| entries.last().cloned().into_iter().collect();
    let ends = Reading {
        roles: last(&reading.roles),
        users: last(&reading.users),
        accounts: last(&reading.accounts),
        problems: Vec::new(),
    };
    *reading = reading_after(std::mem::take(reading), changes, &ends);
}

/// The entries of a principal, in the order of the document.
fn of<'r>(reading: &'r Reading, entry: &Entry) -> Vec<&'r ReadEntry> {
    let is_same = |there: &&ReadEntry| match entry.section() {
        Section::MapAccounts => there.arn == entry.arn(),
        Section::MapRoles | Section::MapUsers => equal_fold(&there.arn, entry.arn()),
    };
    reading
        .section(entry.section())
        .iter()
        .filter(is_same)
        .collect()
}

/// The entries that say what is remembered of them; where none does, what is remembered is old, and all of the principal are meant.
fn meant<'r>(reading: &'r Reading, remembered: &Entry) -> Vec<&'r ReadEntry> {
    let there = of(reading, remembered);
    let exact: Vec<&ReadEntry> = there
        .iter()
        .copied()
        .filter(|entry| entry.same_meaning(remembered))
        .collect();
    if exact.is_empty() { there } else { exact }
}

fn changes_for(reading: &Reading, put: &PutEntry) -> Vec<Change> {
    let wanted = &put.entry;
    let there = of(reading, wanted);
    let is_done = there.last().is_some_and(|entry| entry.same_meaning(wanted));
    let Some(prior) = &put.prior else {
        return match there.split_last() {
            None => vec![Change::Add(wanted.clone())],
            Some((last, shadowed)) if put.overwrites && !is_done => replace(last, wanted, shadowed),
            Some(_) => Vec::new(),
        };
    };
    let is_same_principal =
        prior.section() == wanted.section() && fold_key(prior.arn()) == fold_key(wanted.arn());
    if is_same_principal && is_done {
        return Vec::new();
    }
    match meant(reading, prior).split_last() {
        None if is_done => Vec::new(),
        None => vec![Change::Add(wanted.clone())],
        Some((last, others)) => replace(last, wanted, others),
    }
}

fn replace(place: &ReadEntry, wanted: &Entry, others: &[&ReadEntry]) -> Vec<Change> {
    let replaced = Change::Replace {
        section: place.section,
        index: place.index,
        entry: wanted.clone(),
    };
    let gone = others.iter().map(|entry| remove(entry));
    std::iter::once(replaced).chain(gone).collect()
}

fn remove(entry: &ReadEntry) -> Change {
    Change::Remove {
        section: entry.section,
        index: entry.index,
        undo: None,
    }
}

fn replace_sections(reading: &mut Reading, texts: &BTreeMap<Section, Option<String>>) {
    let data = texts
        .iter()
        .filter_map(|(section, text)| Some((section.key().to_owned(), text.clone()?)));
    let mut written = read(&data.collect());
    reading
        .problems
        .retain(|problem| !texts.contains_key(&problem.section));
    reading.problems.append(&mut written.problems);
    for section in texts.keys() {
        *entries_of(reading, *section) = std::mem::take(entries_of(&mut written, *section));
    }
}

fn entries_of(reading: &mut Reading, section: Section) -> &mut Vec<ReadEntry> {
    match section {
        Section::MapRoles => &mut reading.roles,
        Section::MapUsers => &mut reading.users,
        Section::MapAccounts => &mut reading.accounts,
    }
}

/// Takes away what lets nodes or Fargate's pods in under a role's ARN.
pub(super) fn release(reading: &mut Reading, role_arn: &str) {
    let principal = Principal::from_arn(role_arn);
    reading.roles.retain(|entry| {
        let is_managed = entry.is_node() || entry.is_fargate();
        !(is_managed && fold_key(&entry.arn) == fold_key(&principal.arn))
    });
}
