//! Wishes and a document in, one write out: who is refused, what the text becomes, which keys of it change.
//!
//! What is refused leaves the batch with its reason and the others are judged again without it, because a removal may have counted on an
//! addition that is now refused.

use std::collections::{BTreeMap, HashMap};

use eksauth_core::aws_auth::{Change, EditError, Edited, EmptyForm, Section, edit};
use tf_provider::{Diagnostic, Diagnostics};

use super::judge::{Judge, Verdict};
use super::pending::{Pending, Relations};
use super::request::{ChangeRequest, Key, Ownership};
use super::section_replacement::with_sections_replaced;
use crate::aws_auth::diagnostics::{self, ClusterName};
use crate::aws_auth::document::Document;

/// Who holds what in this apply.
#[derive(Default)]
pub(in crate::aws_auth) struct Claims {
    entries: HashMap<Key, String>,
    exclusive: Option<String>,
    /// One of those who hold something, to be named.
    any: Option<String>,
}

/// What a run remembers beside the document.
#[derive(Default)]
pub(in crate::aws_auth) struct Memory {
    pub(in crate::aws_auth) claims: Claims,
    /// How sections looked before the first entry of ours came.
    pub(in crate::aws_auth) undo: BTreeMap<Section, EmptyForm>,
}

/// One write.
pub(in crate::aws_auth) struct Batch {
    /// Who is served by it, each with its verdict and its notes for a later removal.
    pub(in crate::aws_auth) served: Vec<(Pending, Verdict, BTreeMap<Section, EmptyForm>)>,
    /// The changed keys.
    pub(in crate::aws_auth) patch: BTreeMap<String, Option<String>>,
    /// The whole `data` afterwards.
    pub(in crate::aws_auth) after: BTreeMap<String, String>,
    /// How many were refused.
    pub(in crate::aws_auth) refused: usize,
}

impl Batch {
    /// Judges the wishes; those that are refused get their answer here.
    pub(in crate::aws_auth) fn compose(
        document: &Document,
        mut requests: Vec<Pending>,
        cluster: &ClusterName,
        memory: &Memory,
    ) -> Self {
        requests.sort_by_key(|pending| pending.request.order());
        let mut refused = 0;
        loop {
            let texts = with_sections_replaced(
                document,
                requests.iter().map(|pending| &pending.request),
                cluster,
            );
            let base = match &texts {
                Ok(base) => base.as_ref().unwrap_or(document),
                Err(refusals) => {
                    refused += refusals.len();
                    requests = drop_refused(requests, refusals.clone());
                    continue;
                }
            };
            let refusals = refuse(base, &requests, cluster, memory);
            let verdicts = match refusals {
                Ok(verdicts) => verdicts,
                Err(refusals) => {
                    refused += refusals.len();
                    requests = drop_refused(requests, refusals);
                    continue;
                }
            };
            let changes: Vec<Change> = verdicts
                .iter()
                .flat_map(|verdict| verdict.changes.clone())
                .collect();
            if changes.is_empty() {
                // No entry is written, so that a document which takes no edit at all does not matter.
                let edited = Edited {
                    sections: BTreeMap::new(),
                    undo: Vec::new(),
                };
                return Self::of((document, base), requests, verdicts, edited, refused);
            }
            match edit(base.data(), &changes) {
                Ok(edited) => {
                    return Self::of((document, base), requests, verdicts, edited, refused);
                }
                Err(error) => {
                    let refusals = culprits(base, &verdicts, error, cluster);
                    refused += refusals.len();
                    requests = drop_refused(requests, refusals);
                }
            }
        }
    }

    /// `documents` are the one that was read and the one with other texts that was edited.
    fn of(
        documents: (&Document, &Document),
        requests: Vec<Pending>,
        verdicts: Vec<Verdict>,
        edited: Edited,
        refused: usize,
    ) -> Self {
        let mut undo = edited.undo.into_iter();
        let served = requests
            .into_iter()
            .zip(verdicts)
            .map(|(pending, verdict)| {
                let mut notes = pending.undo.clone();
                for (change, note) in verdict.changes.iter().zip(undo.by_ref()) {
                    if let (Change::Add(entry), Some(note)) = (change, note) {
                        notes.insert(entry.section(), note);
                    }
                }
                (pending, verdict, notes)
            });
        let served = served.collect();
        let (before, base) = documents;
        let after = written(base.data(), edited.sections);
        let patch = difference(before.data(), &after);
        Self {
            served,
            patch,
            after,
            refused,
        }
    }

    /// Who takes something away: what is not an addition alone.
    pub(in crate::aws_auth) fn reducing_changes(&self) -> Vec<String> {
        let takes = |(pending, verdict, _): &&(Pending, Verdict, _)| {
            let has_text = !pending.request.texts.is_empty();
            has_text
                || verdict
                    .changes
                    .iter()
                    .any(|change| !matches!(change, Change::Add(_)))
        };
        let reducing_changes = self.served.iter().filter(takes);
        reducing_changes
            .map(|(pending, ..)| pending.request.label())
            .collect()
    }

    /// A note for the first who is served.
    pub(in crate::aws_auth) fn note(&mut self, note: Option<Diagnostic>) {
        if let (Some((_, verdict, _)), Some(note)) = (self.served.first_mut(), note) {
            verdict.notes.push(note);
        }
    }

    /// The wishes back, for another attempt.
    pub(in crate::aws_auth) fn into_requests(self, maybe_written: bool) -> Vec<Pending> {
        let served = self.served.into_iter().map(|(mut pending, verdict, undo)| {
            if maybe_written && !verdict.changes.is_empty() {
                pending.maybe_written = true;
                pending.undo = undo;
            }
            pending
        });
        served.collect()
    }
}

/// `data` with edited sections.
pub(in crate::aws_auth) fn written(
    data: &BTreeMap<String, String>,
    sections: BTreeMap<Section, Option<String>>,
) -> BTreeMap<String, String> {
    let mut after = data.clone();
    for (section, text) in sections {
        match text {
            Some(text) => after.insert(section.key().to_owned(), text),
            None => after.remove(section.key()),
        };
    }
    after
}

/// The sections that differ: their new text, or none where the key goes.
pub(in crate::aws_auth) fn difference(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> BTreeMap<String, Option<String>> {
    let keys = Section::ALL.into_iter().map(Section::key);
    keys.filter(|key| before.get(*key) != after.get(*key))
        .map(|key| (key.to_owned(), after.get(key).cloned()))
        .collect()
}

type Refusals = HashMap<usize, Diagnostics>;

/// The verdict of each wish, or the refusals by position.
fn refuse(
    document: &Document,
    requests: &[Pending],
    cluster: &ClusterName,
    memory: &Memory,
) -> Result<Vec<Verdict>, Refusals> {
    let mut refusals = collisions(requests, cluster, memory);
    let relations = Relations::of(requests.iter().map(|pending| &pending.request));
    let is_held = |key: &Key| memory.claims.entries.contains_key(key);
    let mut verdicts = Vec::with_capacity(requests.len());
    for (position, pending) in requests.iter().enumerate() {
        let judge = Judge {
            document,
            cluster,
            handed_over: &relations.handed_over,
            vacated: &relations.vacated,
            is_held: &is_held,
            undo: &memory.undo,
            maybe_written: pending.maybe_written,
        };
        match judge.request(&pending.request) {
            Ok(verdict) => verdicts.push(verdict),
            Err(reasons) => {
                refusals.entry(position).or_default().extend(reasons);
            }
        }
    }
    if refusals.is_empty() {
        Ok(verdicts)
    } else {
        Err(refusals)
    }
}

/// Wishes that want what another resource of this configuration holds or wants.
fn collisions(requests: &[Pending], cluster: &ClusterName, memory: &Memory) -> Refusals {
    let mut refusals = Refusals::new();
    let mut refuse =
        |position: usize, reason: Diagnostic| refusals.entry(position).or_default().push(reason);
    let mut wanted: HashMap<Key, usize> = HashMap::new();
    for (position, pending) in requests.iter().enumerate() {
        let request = &pending.request;
        for key in request.claims() {
            if let Some(holder) = memory.claims.entries.get(&key) {
                refuse(
                    position,
                    diagnostics::collide(cluster, &key.arn, key.section, &request.label(), holder),
                );
            }
            let Some(first) = wanted
                .insert(key.clone(), position)
                .filter(|first| *first != position)
            else {
                continue;
            };
            if let Some(other) = requests.get(first).map(|pending| pending.request.label()) {
                refuse(
                    position,
                    diagnostics::collide(cluster, &key.arn, key.section, &request.label(), &other),
                );
                refuse(
                    first,
                    diagnostics::collide(cluster, &key.arn, key.section, &other, &request.label()),
                );
            }
        }
        if let Some(other) = memory
            .claims
            .beside(request)
            .or_else(|| beside(requests, position))
        {
            let label = request.label();
            let (map, other) = if request.ownership == Ownership::ExclusiveMap {
                (&label, &other)
            } else {
                (&other, &label)
            };
            refuse(position, diagnostics::exclusive(cluster, map, other));
        }
    }
    refusals
}

/// Who else of the batch stands beside an exclusive map; the map is the one that is refused.
fn beside(requests: &[Pending], position: usize) -> Option<String> {
    let is_exclusive = requests
        .get(position)
        .is_some_and(|pending| pending.request.ownership == Ownership::ExclusiveMap);
    let mut others = requests
        .iter()
        .enumerate()
        .filter(|(other, pending)| *other != position && !pending.request.claims().is_empty());
    if is_exclusive {
        others.next().map(|(_, pending)| pending.request.label())
    } else {
        None
    }
}

/// Who makes the edit fail: wishes are taken in one after another, and the one after which it fails is refused.
fn culprits(
    document: &Document,
    verdicts: &[Verdict],
    error: EditError,
    cluster: &ClusterName,
) -> Refusals {
    let mut accepted: Vec<Change> = Vec::new();
    let mut refusals = Refusals::new();
    for (position, verdict) in verdicts.iter().enumerate() {
        let before = accepted.len();
        accepted.extend(verdict.changes.iter().cloned());
        if let Err(reason) = edit(document.data(), &accepted) {
            accepted.truncate(before);
            refusals.insert(position, uneditable(cluster, &reason).into());
        }
    }
    if refusals.is_empty() {
        // Cannot be if the editor is a function of its input; refusing all is what leaves the document alone.
        refusals.extend(
            (0..verdicts.len()).map(|position| (position, uneditable(cluster, &error).into())),
        );
    }
    refusals
}

fn uneditable(cluster: &ClusterName, reason: &EditError) -> Diagnostic {
    match reason {
        EditError::Unparsed {
            section,
            line,
            column,
            problem,
        } => diagnostics::unparsed(
            cluster,
            *section,
            &format!("line {line}, column {column}: {problem}"),
        ),
        _ => diagnostics::unwritable(cluster, &reason.to_string()),
    }
}

fn drop_refused(requests: Vec<Pending>, mut refusals: Refusals) -> Vec<Pending> {
    let mut left = Vec::with_capacity(requests.len());
    for (position, pending) in requests.into_iter().enumerate() {
        match refusals.remove(&position) {
            Some(reasons) => pending.answer(Err(reasons)),
            None => left.push(pending),
        }
    }
    left
}

impl Claims {
    /// Notes what a granted wish holds.
    pub(in crate::aws_auth) fn grant(&mut self, request: &ChangeRequest) {
        let label = request.label();
        for key in request.claims() {
            self.entries.insert(key, label.clone());
            self.any.get_or_insert_with(|| label.clone());
        }
        if request.ownership == Ownership::ExclusiveMap {
            self.exclusive = Some(label);
        }
    }

    /// Who of earlier writes cannot stand beside the wish.
    fn beside(&self, request: &ChangeRequest) -> Option<String> {
        match request.ownership {
            _ if request.claims().is_empty() => None,
            Ownership::ExclusiveMap => self.any.clone(),
            Ownership::Entry | Ownership::SharedMap => self.exclusive.clone(),
        }
    }
}
