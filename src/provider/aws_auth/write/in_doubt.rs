//! Removals of entries that another resource of the configuration may hold, where the plan's notes are not at hand.
//!
//! They wait for whoever holds their entry, and only while something else moves: Terraform may have no slot left for that one. Once nothing moves,
//! one is let go. An entry whose loss the guard lets pass is removed, and put back as it was if somebody asks for it later; any other stays.

use super::guard::Proposal;
use super::pending::Pending;
use super::queue::drop_cancelled;
use super::request::{ChangeOutcome, Doubt, EntryKey};
use super::writer::Writer;
use crate::aws_auth::diagnostics;
use crate::aws_auth::document::Document;
use tf_provider::Diagnostics;

/// What stands against each of those that wait, in their order.
type Refusals = Vec<Diagnostics>;

impl Writer {
    /// Answers those whose entry somebody holds by now: it stays.
    pub(super) fn answer_held(&self, in_doubt: &mut Vec<Pending>) -> bool {
        let held: Vec<Pending> = {
            let memory = self.memory();
            let is_held = |key: &EntryKey| memory.claims.holds(key);
            in_doubt
                .extract_if(.., |pending| pending.request.names().iter().all(is_held))
                .collect()
        };
        let any = !held.is_empty();
        for pending in held {
            pending.answer(Ok(ChangeOutcome::default()));
        }
        any
    }

    /// Lets one of those that wait go, now that nothing moves any more; returns the others.
    pub(super) async fn let_one_go(&self, in_doubt: Vec<Pending>) -> Vec<Pending> {
        let mut waiting = drop_cancelled(&self.name, in_doubt);
        if waiting.is_empty() {
            return waiting;
        }
        let document = match self.documents.document_now().await {
            Ok(document) => document,
            Err(error) => {
                self.fail_all(waiting, &error).await;
                return Vec::new();
            }
        };
        match self.find_harmless(&document, &waiting).await {
            Ok(position) => {
                let harmless = waiting.remove(position);
                self.write(vec![harmless], Some(document)).await;
            }
            Err(refusals) => self.keep_one(&mut waiting, &refusals),
        }
        waiting
    }

    /// The first whose removal alone the guard lets pass.
    ///
    /// # Errors
    /// What stands against each of them.
    async fn find_harmless(
        &self,
        document: &Document,
        waiting: &[Pending],
    ) -> Result<usize, Refusals> {
        let mut refusals = Refusals::new();
        for (position, pending) in waiting.iter().enumerate() {
            let (Some(guard), Some(write)) =
                (&self.guard, self.planned_write(document, &pending.request))
            else {
                return Ok(position);
            };
            let proposal = Proposal {
                cluster: &self.name.name,
                before: document.data(),
                after: &write.after,
                resources: &[pending.request.label()],
                keeps_others: pending.request.keeps_others(),
                keeps_access: pending.request.keeps_access,
            };
            match guard.judge(proposal).await {
                Ok(_) => return Ok(position),
                Err(reasons) => refusals.push(reasons),
            }
        }
        Err(refusals)
    }

    /// One whose entry must not go: refused at first, and with the next apply given up without a change of the document.
    fn keep_one(&self, waiting: &mut Vec<Pending>, refusals: &Refusals) {
        let was_refused = |pending: &Pending| {
            let removals = &pending.request.removals;
            removals
                .iter()
                .any(|removal| removal.doubt == Doubt::MayBeHeldStill)
        };
        if let Some(position) = waiting.iter().position(was_refused) {
            let pending = waiting.remove(position);
            let note = diagnostics::kept_in_doubt(&self.name, &pending.request.label());
            pending.answer(Ok(ChangeOutcome {
                notes: note.into(),
                ..ChangeOutcome::default()
            }));
        } else if let (false, Some(reasons)) = (waiting.is_empty(), refusals.first()) {
            let pending = waiting.remove(0);
            let label = pending.request.label();
            let refusal = diagnostics::refused_in_doubt(&self.name, &label, reasons);
            pending.answer(Err(refusal.into()));
        }
    }
}
