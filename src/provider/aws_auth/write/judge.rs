//! From a wish and the document as it is now to the changes of the text, or to the reason why there are none.
//!
//! A wish is judged anew each time the document was read. What a state remembers is what the practitioner saw in the plan: a change goes
//! ahead only if the document still says it, or says already what is wanted.

use std::collections::BTreeMap;

use eksauth_core::aws_auth::{Change, EmptyForm, Entry, ReadEntry, Section};
use tf_provider::{Diagnostic, Diagnostics};

use super::request::{ChangeRequest, Key, OnConflict, Removal, Upsert};
use crate::aws_auth::diagnostics::{self, ClusterName};
use crate::aws_auth::document::Document;

/// What a wish amounts to on one document.
#[derive(Clone, Debug, Default)]
pub(in crate::aws_auth) struct Verdict {
    pub(in crate::aws_auth) changes: Vec<Change>,
    pub(in crate::aws_auth) adopted: bool,
    pub(in crate::aws_auth) notes: Diagnostics,
    /// Entries that were there already.
    taken_over: Vec<Entry>,
}

/// What a judgement needs to know beside the wish.
pub(in crate::aws_auth) struct Judge<'a> {
    pub(in crate::aws_auth) document: &'a Document,
    pub(in crate::aws_auth) cluster: &'a ClusterName,
    /// Entries that one resource removes and another one adds, with what the remover remembers: a renamed `for_each` key. One change.
    pub(in crate::aws_auth) handed_over: &'a BTreeMap<Key, Entry>,
    /// Entries that go in the same write, with what their resource remembers: the ARN is free for another.
    pub(in crate::aws_auth) vacated: &'a BTreeMap<Key, Entry>,
    /// True for an entry that a resource of this apply holds already: it is no longer the giver's to remove.
    pub(in crate::aws_auth) is_held: &'a dyn Fn(&Key) -> bool,
    /// How sections looked before the first entry came, as far as this run knows.
    pub(in crate::aws_auth) undo: &'a BTreeMap<Section, EmptyForm>,
    /// True if an earlier write of this wish may have been carried out: what is there may be ours.
    pub(in crate::aws_auth) maybe_written: bool,
}

impl Judge<'_> {
    /// The whole wish: everything, or every reason why not.
    pub(in crate::aws_auth) fn request(
        &self,
        request: &ChangeRequest,
    ) -> Result<Verdict, Diagnostics> {
        let mut verdict = Verdict::default();
        let mut refusals = Diagnostics::new();
        for section in request.sections() {
            if let Err(reason) = self.document.check_writable(section) {
                refusals.push(diagnostics::unwritable(self.cluster, &reason.to_string()));
            }
            if let Some(place) = self.document.unparsed(section) {
                refusals.push(diagnostics::unparsed(self.cluster, section, &place));
            }
        }
        refusals.into_result()?;
        let mut refusals = Diagnostics::new();
        for put in &request.upserts {
            if let Err(refusal) = self.put(request, put, &mut verdict) {
                refusals.push(refusal);
            }
        }
        for removal in &request.removals {
            if let Err(refusal) = self.removal(removal, &mut verdict) {
                refusals.push(refusal);
            }
        }
        refusals.into_result()?;
        if !verdict.taken_over.is_empty() {
            let note = diagnostics::taken_over(self.cluster, &verdict.taken_over);
            verdict.notes.push(note);
        }
        Ok(verdict)
    }

    fn put(
        &self,
        request: &ChangeRequest,
        put: &Upsert,
        verdict: &mut Verdict,
    ) -> Result<(), Diagnostic> {
        let handed_over = self.handed_over.get(&Key::of(&put.entry));
        match put.prior.as_ref().or(handed_over) {
            Some(prior) => self.change(request, put, prior, verdict),
            None => self.addition(request, put, verdict),
        }
    }

    /// An entry that we have becomes another one, in one write even where its ARN changes.
    fn change(
        &self,
        request: &ChangeRequest,
        put: &Upsert,
        prior: &Entry,
        verdict: &mut Verdict,
    ) -> Result<(), Diagnostic> {
        let wanted = &put.entry;
        let had = self.document.find(prior.section(), prior.arn());
        let ours: Vec<&ReadEntry> = had
            .iter()
            .copied()
            .filter(|entry| entry.same_meaning(prior))
            .collect();
        let is_same_key = Key::of(prior) == Key::of(wanted);
        let there = self.document.find(wanted.section(), wanted.arn());
        let is_done = there.last().is_some_and(|entry| entry.same_meaning(wanted));
        if is_same_key && is_done {
            return Ok(());
        }
        let Some((last, others)) = ours.split_last() else {
            return match (is_done, had.is_empty()) {
                (true, true) => Ok(()),
                (false, true) => Err(diagnostics::vanished(self.cluster, prior, wanted)),
                (_, false) => Err(diagnostics::edited(self.cluster, prior, Some(wanted), &had)),
            };
        };
        if is_done {
            verdict
                .changes
                .extend(ours.iter().map(|entry| self.remove(entry, None)));
            return Ok(());
        }
        if !is_same_key && !there.is_empty() && !self.is_vacated(wanted, &there) {
            self.clear(request, put, &there, verdict)?;
        }
        verdict.changes.push(replace(last, wanted));
        verdict
            .changes
            .extend(others.iter().map(|entry| self.remove(entry, None)));
        Ok(())
    }

    /// Takes away what stands under an ARN that an entry of ours moves to, if that is wanted.
    fn clear(
        &self,
        request: &ChangeRequest,
        put: &Upsert,
        there: &[&ReadEntry],
        verdict: &mut Verdict,
    ) -> Result<(), Diagnostic> {
        if put.on_conflict == OnConflict::Error {
            return Err(diagnostics::exists(
                request,
                self.cluster,
                &put.entry,
                there,
            ));
        }
        verdict
            .notes
            .push(diagnostics::overwritten(self.cluster, &put.entry, there));
        verdict
            .changes
            .extend(there.iter().map(|entry| self.remove(entry, None)));
        Ok(())
    }

    fn addition(
        &self,
        request: &ChangeRequest,
        put: &Upsert,
        verdict: &mut Verdict,
    ) -> Result<(), Diagnostic> {
        let wanted = &put.entry;
        let there = self.document.find(wanted.section(), wanted.arn());
        let Some((counts, shadowed)) = there
            .split_last()
            .filter(|_| !self.is_vacated(wanted, &there))
        else {
            verdict.changes.push(Change::Add(wanted.clone()));
            return Ok(());
        };
        if counts.same_meaning(wanted) {
            if !self.maybe_written {
                verdict.adopted = true;
                verdict.taken_over.push(wanted.clone());
            }
            return Ok(());
        }
        if put.on_conflict == OnConflict::Error {
            return Err(diagnostics::exists(request, self.cluster, wanted, &there));
        }
        verdict.adopted = true;
        verdict
            .notes
            .push(diagnostics::overwritten(self.cluster, wanted, &there));
        verdict.changes.push(replace(counts, wanted));
        verdict
            .changes
            .extend(shadowed.iter().map(|entry| self.remove(entry, None)));
        Ok(())
    }

    fn removal(&self, removal: &Removal, verdict: &mut Verdict) -> Result<(), Diagnostic> {
        let gone = &removal.entry;
        let key = Key::of(gone);
        if self.handed_over.contains_key(&key) || (self.is_held)(&key) {
            return Ok(());
        }
        let there = self.document.find(gone.section(), gone.arn());
        let (ours, left): (Vec<&ReadEntry>, Vec<&ReadEntry>) =
            there.iter().partition(|entry| entry.same_meaning(gone));
        if ours.is_empty() && !left.is_empty() {
            return Err(diagnostics::edited(self.cluster, gone, None, &there));
        }
        if ours.len() > 1 {
            verdict.notes.push(diagnostics::duplicates_removed(
                self.cluster,
                gone,
                ours.len(),
            ));
        }
        if !left.is_empty() {
            verdict
                .notes
                .push(diagnostics::still_mapped(self.cluster, gone, &left));
        }
        verdict.changes.extend(
            ours.iter()
                .map(|entry| self.remove(entry, removal.undo.as_ref())),
        );
        Ok(())
    }

    fn is_vacated(&self, wanted: &Entry, there: &[&ReadEntry]) -> bool {
        self.vacated
            .get(&Key::of(wanted))
            .is_some_and(|given| there.iter().all(|entry| entry.same_meaning(given)))
    }

    fn remove(&self, entry: &ReadEntry, undo: Option<&EmptyForm>) -> Change {
        Change::Remove {
            section: entry.section,
            index: entry.index,
            undo: undo.or_else(|| self.undo.get(&entry.section)).cloned(),
        }
    }
}

fn replace(place: &ReadEntry, entry: &Entry) -> Change {
    Change::Replace {
        section: place.section,
        index: place.index,
        entry: entry.clone(),
    }
}
