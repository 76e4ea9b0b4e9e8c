//! Requests and a document in, one write out: who is refused, what the text becomes, which keys of it change.
//!
//! What is refused leaves the batch with its reason and the others are judged again without it, because a removal may have counted on an
//! addition that is now refused.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::aws_auth::{Change, EditError, Edited, EmptyForm, Section, edit};
use tf_provider::Diagnostic;

use super::change_error::ChangeError;
use super::claims::{Refusals, RunMemory, collisions};
use super::document_write::DocumentWrite;
use super::judge::{Judge, Verdict};
use super::pending::{Pending, Relations};
use super::request::EntryKey;
use super::section_replacement::{with_section_texts, with_sections_replaced};
use crate::aws_auth::diagnostics::{self, ClusterName};
use crate::aws_auth::document::Document;

/// One write.
#[derive(Default)]
pub(super) struct Batch {
    /// Who is served by it.
    pub(super) served: Vec<Served>,
    /// What is sent.
    pub(super) write: DocumentWrite,
    /// What comes back with it as it was.
    pub(super) put_back: BTreeSet<EntryKey>,
    /// How many were refused.
    pub(super) refused: usize,
}

/// A request that a write serves.
pub(super) struct Served {
    pub(super) pending: Pending,
    pub(super) verdict: Verdict,
    /// How sections looked before this entry came, where it was the first: for a later removal.
    pub(super) undo: BTreeMap<Section, EmptyForm>,
}

/// What requests are judged by beside each other.
#[derive(Clone, Copy)]
pub(super) struct Circumstances<'a> {
    pub(super) document: &'a Document,
    pub(super) cluster: &'a ClusterName,
    pub(super) memory: &'a RunMemory,
}

impl Batch {
    /// Judges the requests; those that are refused get their answer here.
    pub(super) fn compose(circumstances: Circumstances<'_>, mut requests: Vec<Pending>) -> Self {
        requests.sort_by_key(|pending| pending.request.order());
        let mut refused = 0;
        loop {
            match Self::try_compose(circumstances, &requests) {
                Ok(write) => return write.serving(requests, refused),
                Err(refusals) => {
                    refused += refusals.len();
                    requests = answer_refused(requests, refusals);
                }
            }
        }
    }

    fn try_compose(
        circumstances: Circumstances<'_>,
        requests: &[Pending],
    ) -> Result<ComposedWrite, Refusals> {
        let Circumstances {
            document, cluster, ..
        } = circumstances;
        let asked = requests.iter().map(|pending| &pending.request);
        let replaced = with_sections_replaced(document, asked, cluster)?;
        let base = replaced.as_ref().unwrap_or(document);
        let asked = requests.iter().map(|pending| &pending.request);
        let put_back = circumstances.memory.let_go.put_back(base, asked);
        let base = put_back.as_ref().map_or(base, |back| &back.document);
        let circumstances = Circumstances {
            document: base,
            ..circumstances
        };
        let put_back = put_back.as_ref().map(|back| back.keys.clone());
        let put_back = put_back.unwrap_or_default();
        let verdicts = judge_all(circumstances, &put_back, requests)?;
        let changes: Vec<Change> = verdicts
            .iter()
            .flat_map(|verdict| verdict.changes.clone())
            .collect();
        let edited = if changes.is_empty() {
            // No entry is written, so that a document which takes no edit at all does not matter.
            Edited {
                sections: BTreeMap::new(),
                undo: Vec::new(),
            }
        } else {
            edit(base.data(), &changes)
                .map_err(|error| culprits(base, &verdicts, error, cluster))?
        };
        let after = with_section_texts(base.data(), edited.sections);
        Ok(ComposedWrite {
            write: DocumentWrite::between(document, after),
            verdicts,
            undo: edited.undo,
            put_back,
        })
    }

    /// Who is served, as messages name them.
    pub(super) fn labels(&self) -> Vec<String> {
        self.served
            .iter()
            .map(|served| served.pending.request.label())
            .collect()
    }

    /// Who takes something away: what is not an addition alone.
    pub(super) fn reducing_changes(&self) -> Vec<String> {
        let is_reducing = |served: &&Served| {
            let is_addition = |change: &Change| matches!(change, Change::Add(_));
            !served.pending.request.texts.is_empty()
                || !served.verdict.changes.iter().all(is_addition)
        };
        self.served
            .iter()
            .filter(is_reducing)
            .map(|served| served.pending.request.label())
            .collect()
    }

    /// What goes from where it stands.
    pub(super) fn leaving(&self) -> BTreeSet<EntryKey> {
        let requests = self.served.iter().map(|served| &served.pending.request);
        let removed = requests
            .clone()
            .flat_map(|request| &request.removals)
            .map(|removal| &removal.entry);
        let moved = requests
            .flat_map(|request| &request.upserts)
            .filter_map(|upsert| upsert.prior.as_ref());
        removed.chain(moved).map(EntryKey::from_entry).collect()
    }

    /// A note for the first who is served.
    pub(super) fn note(&mut self, note: Option<Diagnostic>) {
        if let (Some(first), Some(note)) = (self.served.first_mut(), note) {
            first.verdict.notes.push(note);
        }
    }

    /// The requests back, after a write that was certainly not made.
    pub(super) fn unwritten(self) -> Vec<Pending> {
        self.served
            .into_iter()
            .map(|served| served.pending)
            .collect()
    }

    /// The requests back, after a write that may have been made.
    pub(super) fn maybe_written(self) -> Vec<Pending> {
        let marked = self.served.into_iter().map(|served| {
            let mut pending = served.pending;
            if !served.verdict.changes.is_empty() {
                pending.maybe_written = true;
                pending.undo = served.undo;
            }
            pending
        });
        marked.collect()
    }
}

/// A write that no request stands against.
struct ComposedWrite {
    verdicts: Vec<Verdict>,
    /// What the editor notes for each change, in the order of the changes.
    undo: Vec<Option<EmptyForm>>,
    write: DocumentWrite,
    put_back: BTreeSet<EntryKey>,
}

impl ComposedWrite {
    fn serving(self, requests: Vec<Pending>, refused: usize) -> Batch {
        let mut notes = self.undo.into_iter();
        let served = requests.into_iter().zip(self.verdicts);
        let served = served.map(|(pending, verdict)| {
            let mut undo = pending.undo.clone();
            for (change, note) in verdict.changes.iter().zip(notes.by_ref()) {
                if let (Change::Add(entry), Some(note)) = (change, note) {
                    undo.insert(entry.section(), note);
                }
            }
            Served {
                pending,
                verdict,
                undo,
            }
        });
        Batch {
            served: served.collect(),
            write: self.write,
            put_back: self.put_back,
            refused,
        }
    }
}

/// The verdict of each request.
///
/// # Errors
/// The refusals, if there is one.
fn judge_all(
    circumstances: Circumstances<'_>,
    put_back: &BTreeSet<EntryKey>,
    requests: &[Pending],
) -> Result<Vec<Verdict>, Refusals> {
    let Circumstances {
        document,
        cluster,
        memory,
    } = circumstances;
    let mut refusals = collisions(requests, cluster, &memory.claims);
    let relations = Relations::between(requests.iter().map(|pending| &pending.request));
    let is_held = |key: &_| memory.claims.holds(key);
    let mut verdicts = Vec::with_capacity(requests.len());
    let mut removed = BTreeSet::new();
    for (position, pending) in requests.iter().enumerate() {
        if refusals.contains_key(&position) {
            // What else may be said against it follows from that.
            continue;
        }
        let judge = Judge {
            document,
            cluster,
            relations: &relations,
            is_held: &is_held,
            undo: &memory.undo,
            put_back,
            maybe_written: pending.maybe_written,
        };
        match judge.request(&pending.request) {
            Ok(mut verdict) => {
                verdict.drop_removals_of(&mut removed);
                verdicts.push(verdict);
            }
            Err(reasons) => refusals.entry(position).or_default().extend(reasons),
        }
    }
    if refusals.is_empty() {
        Ok(verdicts)
    } else {
        Err(refusals)
    }
}

/// Who makes the edit fail: requests are taken in one after another, and the one after which it fails is refused.
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

pub(super) fn uneditable(cluster: &ClusterName, reason: &EditError) -> Diagnostic {
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

fn answer_refused(requests: Vec<Pending>, mut refusals: Refusals) -> Vec<Pending> {
    let mut left = Vec::with_capacity(requests.len());
    for (position, pending) in requests.into_iter().enumerate() {
        match refusals.remove(&position) {
            Some(reasons) => pending.answer(Err(ChangeError::Refused(reasons))),
            None => left.push(pending),
        }
    }
    left
}
