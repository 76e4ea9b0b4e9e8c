//! The caller's own entry where a whole cluster is taken down: it goes with the last of the others, whatever order Terraform asks in.
//!
//! A `depends_on` from the own entry to the others makes Terraform remove it first, and none of the others comes before that is answered. Who
//! acknowledged `<cluster>:destroy` means all of them, so the removal is answered at once and made later, in the write of the last that the plan has.

use std::collections::BTreeSet;
use std::sync::Arc;

use tf_provider::claims::Going;

use super::diagnostics;
use super::pending::Pending;
use super::request::{ChangeOutcome, Ownership, Removal};
use super::writer::Writer;
use crate::aws_auth::document::Document;

/// What was answered and is not written yet.
#[derive(Default)]
pub(super) struct HandedOn {
    removals: Vec<Removal>,
    /// The planned removals that were made or handed on, as the plan names them.
    pub(super) settled: BTreeSet<String>,
}

impl HandedOn {
    /// How many planned removals are neither settled nor among these.
    fn still_to_come(&self, requests: &[Pending]) -> usize {
        let going = || requests.iter().filter_map(going_alone);
        let arrived: BTreeSet<&String> = going().map(|going| &going.own).collect();
        let planned: BTreeSet<&String> = going().flat_map(|going| &going.all).collect();
        let is_open = |name: &&&String| !self.settled.contains(**name) && !arrived.contains(**name);
        planned.iter().filter(is_open).count()
    }
}

impl Writer {
    /// How many of planned removals are not written yet.
    pub(crate) fn still_there(&self, planned: &BTreeSet<String>) -> usize {
        let memory = self.memory();
        let settled = &memory.handed_on.settled;
        let handed_on = memory.handed_on.removals.len();
        planned.difference(settled).count() + handed_on
    }

    /// Hands on removals of the caller's own entry while others are to come, and returns what is to be written now.
    pub(super) fn hand_on(&self, requests: Vec<Pending>) -> Vec<Pending> {
        let meant = &self.session.settings().acknowledgements;
        let to_come = self.memory().handed_on.still_to_come(&requests);
        if to_come == 0 || !meant.cover_teardown(&self.name.name) {
            return requests;
        }
        let (handed_on, left): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .partition(|pending| going_alone(pending).is_some());
        for pending in handed_on {
            let note =
                diagnostics::own_entry_goes_last(&self.name, &pending.request.written, to_come);
            {
                let handed_on = &mut self.memory().handed_on;
                let own = pending.request.going.iter().map(|going| going.own.clone());
                handed_on.settled.extend(own);
                handed_on
                    .removals
                    .extend(pending.request.removals.iter().cloned());
            }
            pending.answer(Ok(ChangeOutcome {
                notes: note.into(),
                ..ChangeOutcome::default()
            }));
        }
        left
    }

    /// Writes these; the last removal that the plan has takes along what was handed on, unless one before it failed. False if anyone was refused or failed.
    pub(super) async fn write_and_take_along(
        &self,
        mut requests: Vec<Pending>,
        document: Option<Arc<Document>>,
    ) -> bool {
        let Some(mut last) = self.last_to_come(&mut requests) else {
            return self.write(requests, document).await;
        };
        if !requests.is_empty() && !self.write(requests, document).await {
            self.write(vec![last], None).await;
            return false;
        }
        let handed_on = std::mem::take(&mut self.memory().handed_on.removals);
        last.request.removals.extend(handed_on);
        self.write(vec![last], None).await
    }

    /// Takes the removal out that nothing comes after; `None` where nothing was handed on, or others are still to come.
    fn last_to_come(&self, requests: &mut Vec<Pending>) -> Option<Pending> {
        {
            let handed_on = &self.memory().handed_on;
            if handed_on.removals.is_empty() || handed_on.still_to_come(requests) > 0 {
                return None;
            }
        }
        let position = requests
            .iter()
            .rposition(|pending| going_alone(pending).is_some())?;
        Some(requests.remove(position))
    }
}

/// The plan's notes on the removal of one entry and nothing else, where all of the configuration goes.
fn going_alone(pending: &Pending) -> Option<&Going> {
    let request = &pending.request;
    let is_removal_alone = request.ownership == Ownership::Entry
        && request.upserts.is_empty()
        && request.texts.is_empty();
    let going = request.going.as_ref();
    going.filter(|going| is_removal_alone && going.is_whole)
}
