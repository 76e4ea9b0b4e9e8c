//! A request for what stands in the document already: answered at once, without waiting for others.
//!
//! Terraform gives each resource one of its slots until it is answered. Where a removal waits for somebody who holds its entry, that one must not
//! wait for a slot, so whoever has nothing to write frees his own.

use super::claims::collisions_with;
use super::request::{ChangeOutcome, ChangeRequest};
use super::writer::Writer;

impl Writer {
    /// The answer to a request that needs no write; `None` where it has to wait for its turn like any other.
    pub(super) async fn answer_standing(&self, request: &ChangeRequest) -> Option<ChangeOutcome> {
        if request.upserts.is_empty() || !request.removals.is_empty() || !request.texts.is_empty() {
            return None;
        }
        let writes_before = self.memory().writes;
        let document = self.documents.recent().await?;
        let verdict = self.verdict_alone(&document, request).ok()?;
        let mut memory = self.memory();
        let is_leaving = || {
            request
                .names()
                .iter()
                .any(|key| memory.leaving.contains(key))
        };
        if !verdict.changes.is_empty()
            || memory.writes != writes_before
            || is_leaving()
            || collisions_with(request, &memory.claims)
        {
            return None;
        }
        memory.claims.grant(request);
        memory.answered += 1;
        Some(ChangeOutcome {
            adopted: verdict.adopted,
            notes: verdict.notes,
            ..ChangeOutcome::default()
        })
    }
}
