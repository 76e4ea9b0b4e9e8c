//! From a request and the document as it is now to the changes of the text, or to the reason why there are none.
//!
//! A request is judged anew each time the document was read. What a state remembers is what the practitioner saw in the plan: a change goes
//! ahead only if the document still says it, or says already what is wanted.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::aws_auth::{Change, EmptyForm, Entry, ReadEntry, Section};
use tf_provider::{Diagnostic, Diagnostics};

use super::pending::Relations;
use super::request::{ChangeRequest, EntryKey, OnConflict, Removal, Upsert};
use crate::aws_auth::diagnostics::{self, ClusterName};
use crate::aws_auth::document::Document;

/// What a request amounts to on one document.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    pub(super) changes: Vec<Change>,
    pub(super) adopted: bool,
    pub(super) notes: Diagnostics,
    /// Entries that were there already.
    taken_over: Vec<Entry>,
}

impl Verdict {
    /// Leaves out what another request of the same write removes already, and notes what this one does: two resources of one entry can go together.
    pub(super) fn drop_removals_of(&mut self, removed: &mut BTreeSet<(Section, usize)>) {
        self.changes.retain(|change| match change {
            Change::Remove { section, index, .. } => removed.insert((*section, *index)),
            Change::Add(_) | Change::Replace { .. } => true,
        });
    }
}

/// What a judgement needs to know beside the request.
pub(super) struct Judge<'a> {
    pub(super) document: &'a Document,
    pub(super) cluster: &'a ClusterName,
    pub(super) relations: &'a Relations,
    /// True for an entry that a resource of this apply holds already: it is no longer the giver's to remove.
    pub(super) is_held: &'a dyn Fn(&EntryKey) -> bool,
    /// How sections looked before the first entry came, as far as this run knows.
    pub(super) undo: &'a BTreeMap<Section, EmptyForm>,
    /// What stands in the document because this write puts it back.
    pub(super) put_back: &'a BTreeSet<EntryKey>,
    /// True if an earlier write of this request may have been carried out: what is there may be ours.
    pub(super) maybe_written: bool,
}

impl Judge<'_> {
    /// The whole request: everything, or every reason why not.
    pub(super) fn request(&self, request: &ChangeRequest) -> Result<Verdict, Diagnostics> {
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
        for upsert in &request.upserts {
            if let Err(refusal) = self.upsert(request, upsert, &mut verdict) {
                refusals.push(refusal);
            }
        }
        for removal in &request.removals {
            if let Err(refusal) = self.removal(request, removal, &mut verdict) {
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

    fn upsert(
        &self,
        request: &ChangeRequest,
        upsert: &Upsert,
        verdict: &mut Verdict,
    ) -> Result<(), Diagnostic> {
        let handed_over = self
            .relations
            .handed_over
            .get(&EntryKey::from_entry(&upsert.entry));
        match upsert.prior.as_ref().or(handed_over) {
            Some(prior) => self.change(request, upsert, prior, verdict),
            None => self.addition(request, upsert, verdict),
        }
    }

    /// An entry that we have becomes another one, in one write even where its ARN changes.
    fn change(
        &self,
        request: &ChangeRequest,
        upsert: &Upsert,
        prior: &Entry,
        verdict: &mut Verdict,
    ) -> Result<(), Diagnostic> {
        let wanted = &upsert.entry;
        let had = self.document.find(prior.section(), prior.arn());
        let ours: Vec<&ReadEntry> = had
            .iter()
            .copied()
            .filter(|entry| entry.same_meaning(prior))
            .collect();
        let is_same_key = EntryKey::from_entry(prior) == EntryKey::from_entry(wanted);
        let there = self.document.find(wanted.section(), wanted.arn());
        let is_done = if is_same_key {
            there.last().is_some_and(|entry| entry.same_meaning(wanted))
        } else {
            self.document.answers_as(wanted)
        };
        if is_same_key && is_done {
            return Ok(());
        }
        if !is_same_key && self.is_kept(prior, &had) {
            if !is_done {
                if !there.is_empty() && !self.is_vacated(wanted, &there) {
                    self.clear(request, upsert, &there, verdict)?;
                }
                verdict.changes.push(Change::Add(wanted.clone()));
            }
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
            self.clear(request, upsert, &there, verdict)?;
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
        upsert: &Upsert,
        there: &[&ReadEntry],
        verdict: &mut Verdict,
    ) -> Result<(), Diagnostic> {
        if upsert.on_conflict == OnConflict::Error {
            return Err(diagnostics::exists(
                request.importer(),
                self.cluster,
                &upsert.entry,
                there,
            ));
        }
        verdict
            .notes
            .push(diagnostics::overwritten(self.cluster, &upsert.entry, there));
        verdict
            .changes
            .extend(there.iter().map(|entry| self.remove(entry, None)));
        Ok(())
    }

    fn addition(
        &self,
        request: &ChangeRequest,
        upsert: &Upsert,
        verdict: &mut Verdict,
    ) -> Result<(), Diagnostic> {
        let wanted = &upsert.entry;
        let there = self.document.find(wanted.section(), wanted.arn());
        // The one that is spelled as asked keeps its place and its comments, the one that says the same before the others.
        let kept = there
            .iter()
            .max_by_key(|entry| (entry.arn == wanted.arn(), entry.same_meaning(wanted)))
            .filter(|_| !self.is_vacated(wanted, &there));
        let Some(kept) = kept else {
            verdict.changes.push(Change::Add(wanted.clone()));
            return Ok(());
        };
        if self.document.answers_as(wanted) {
            let is_put_back = self.put_back.contains(&EntryKey::from_entry(wanted));
            if !self.maybe_written && !is_put_back {
                verdict.adopted = true;
                verdict.taken_over.push(wanted.clone());
            }
            return Ok(());
        }
        if upsert.on_conflict == OnConflict::Error {
            return Err(diagnostics::exists(
                request.importer(),
                self.cluster,
                wanted,
                &there,
            ));
        }
        verdict.adopted = true;
        verdict
            .notes
            .push(diagnostics::overwritten(self.cluster, wanted, &there));
        if !kept.same_meaning(wanted) {
            verdict.changes.push(replace(kept, wanted));
        }
        let others = there.iter().filter(|entry| entry.index != kept.index);
        verdict
            .changes
            .extend(others.map(|entry| self.remove(entry, None)));
        Ok(())
    }

    fn removal(
        &self,
        request: &ChangeRequest,
        removal: &Removal,
        verdict: &mut Verdict,
    ) -> Result<(), Diagnostic> {
        let gone = &removal.entry;
        let key = EntryKey::from_entry(gone);
        if self.relations.handed_over.contains_key(&key) || (self.is_held)(&key) {
            return Ok(());
        }
        let there = self.document.find(gone.section(), gone.arn());
        let (ours, mut left): (Vec<&ReadEntry>, Vec<&ReadEntry>) =
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
        let goes_too = |entry: &ReadEntry| {
            let mut removals = request.removals.iter();
            removals.any(|removal| entry.same_meaning(&removal.entry))
        };
        left.retain(|entry| !goes_too(entry));
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
        self.relations
            .vacated
            .get(&EntryKey::from_entry(wanted))
            .is_some_and(|given| there.iter().all(|entry| entry.same_meaning(given)))
    }

    /// True for what a resource leaves and another one has or comes to: it stays where it is.
    fn is_kept(&self, left: &Entry, there: &[&ReadEntry]) -> bool {
        let key = EntryKey::from_entry(left);
        let is_there =
            |wanted: &Entry| there.last().is_some_and(|entry| entry.same_meaning(wanted));
        (self.is_held)(&key) || self.relations.moved_to.get(&key).is_some_and(is_there)
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
