//! A write that was carried out and is not answered yet: it stands once whoever acts is seen to get in after it, and is undone where that is lost.

use std::sync::Arc;

use eksauth_core::aws_auth;
use tf_provider::{Diagnostic, Diagnostics};
use tokio_util::sync::CancellationToken;

use super::attempt::Attempt;
use super::batch::{Batch, Served};
use super::change_error::ChangeError;
use super::confirmation::{AccessWatch, Observation, UndoneWrite};
use super::diagnostics;
use super::undo::{OwnWrite, UndoOutcome};
use super::writer::Writer;
use crate::aws_auth::document::Document;
use crate::aws_auth::recovery::Kept;
use crate::ports::ApiError;
use crate::ports::kubernetes::ConfigMap;

/// What became of a write.
pub(super) enum Confirmed {
    /// It stays; with what should be said.
    Stands(Diagnostics),
    /// It was undone, or was to be.
    Undone(Box<Undone>),
}

/// A write that whoever made it must not have meant.
pub(super) struct Undone {
    outcome: UndoOutcome,
    reason: Diagnostic,
}

impl Writer {
    /// What watches a write; `None` where it needs no watching.
    pub(super) async fn prepare_watch(
        &self,
        document: &Document,
        batch: &Batch,
    ) -> Option<Box<dyn AccessWatch>> {
        let confirmation = self.confirmation.as_ref()?;
        let resources = batch.labels();
        let proposal = self.proposal(document, batch, &resources);
        confirmation.prepare(proposal).await
    }

    /// Right before the write.
    pub(super) async fn begin_watch(
        &self,
        watch: Option<&mut (dyn AccessWatch + 'static)>,
        document: &Document,
    ) {
        if let Some(watch) = watch {
            let copy = self.recovery_store.copy_of(document.data());
            watch.begin(copy.as_ref()).await;
        }
    }

    /// What a run before this one left that ended in the middle of a write.
    pub(crate) async fn unfinished(&self) -> Option<Diagnostic> {
        self.confirmation.as_ref()?.unfinished().await
    }

    /// Watches what the write did to whoever acts, and takes it back where that was meant by nobody.
    pub(super) async fn confirmed(
        &self,
        watch: Option<Box<dyn AccessWatch>>,
        document: &Document,
        batch: &Batch,
        stored: &ConfigMap,
    ) -> Confirmed {
        let Some(mut watch) = watch else {
            return Confirmed::Stands(Diagnostics::new());
        };
        if let Observation::Stands(remarks) = watch.observe(&batch.cancel()).await {
            return Confirmed::Stands(remarks);
        }
        let own_write = OwnWrite {
            before: document.data(),
            after: &batch.write.after,
            stored,
        };
        Confirmed::Undone(self.undo(watch, own_write, stored).await)
    }

    /// Has a write that stands judged once more, by what others changed meanwhile, and takes it back where it is refused by that.
    pub(super) async fn judged_after(
        &self,
        document: &Document,
        batch: &Batch,
        stored: &ConfigMap,
    ) -> Confirmed {
        let Some(guard) = &self.guard else {
            return Confirmed::Stands(Diagnostics::new());
        };
        let resources = batch.labels();
        let judged = guard.judge_after(self.proposal(document, batch, &resources));
        let reasons = match judged.await {
            Ok(remarks) => return Confirmed::Stands(remarks),
            Err(reasons) => reasons,
        };
        let own_write = OwnWrite {
            before: document.data(),
            after: &batch.write.after,
            stored,
        };
        let outcome = own_write.undo(self.kube.as_ref(), stored).await;
        let reason = diagnostics::judged_after(&self.name, &reasons, &outcome);
        Confirmed::Undone(Box::new(Undone { outcome, reason }))
    }

    /// A write that failed. Where it may have been carried out, what it did to whoever acts is looked at all the same; `None` where there is nothing to undo.
    pub(super) async fn watch_failed(
        &self,
        watch: Option<Box<dyn AccessWatch>>,
        document: &Document,
        batch: &Batch,
        error: &ApiError,
    ) -> Option<Box<Undone>> {
        let mut watch = watch?;
        if !error.may_have_been_carried_out() {
            watch.abandon().await;
            return None;
        }
        if let Observation::Stands(_) = watch.observe(&batch.cancel()).await {
            return None;
        }
        let kube = watch.way_back()?;
        let now = kube
            .config_map(aws_auth::NAMESPACE, aws_auth::NAME)
            .await
            .ok()??;
        let version = |config_map: &ConfigMap| config_map.resource_version.clone();
        if document.config_map().map(version) == Some(version(&now)) {
            return None;
        }
        let stored = ConfigMap {
            data: batch.write.after.clone(),
            ..now.clone()
        };
        let own_write = OwnWrite {
            before: document.data(),
            after: &batch.write.after,
            stored: &stored,
        };
        Some(self.undo(watch, own_write, &now).await)
    }

    async fn undo(
        &self,
        mut watch: Box<dyn AccessWatch>,
        own_write: OwnWrite<'_>,
        now: &ConfigMap,
    ) -> Box<Undone> {
        let outcome = self.take_back(watch.as_ref(), own_write, now).await;
        let copy = self.recovery_store.copy_of(own_write.before);
        let undone = UndoneWrite {
            outcome: &outcome,
            copy: copy.as_ref(),
        };
        let reason = watch.conclude(undone).await;
        Box::new(Undone { outcome, reason })
    }

    /// On the connection that was admitted last; where that one is refused too, on the one that all else goes through.
    async fn take_back(
        &self,
        watch: &dyn AccessWatch,
        own_write: OwnWrite<'_>,
        now: &ConfigMap,
    ) -> UndoOutcome {
        if let Some(kube) = watch.way_back() {
            let outcome = own_write.undo(kube, now).await;
            if let UndoOutcome::Undone { .. } = outcome {
                return outcome;
            }
        }
        own_write.undo(self.kube.as_ref(), now).await
    }

    /// Answers everyone after a write was undone: who changed nothing is served, the others failed.
    pub(super) async fn answer_undone(&self, batch: Batch, copy: Kept, undone: Undone) -> Attempt {
        let Undone { outcome, reason } = undone;
        let told = match outcome {
            UndoOutcome::Undone { .. } => ChangeError::Refused(reason.into()),
            UndoOutcome::Failed(_) => reason.into(),
        };
        match outcome {
            UndoOutcome::Undone {
                config_map,
                others_wrote,
            } => {
                let document = Arc::new(Document::new(Some(*config_map)));
                self.documents.replace(document).await;
                // The copy of a document that is back is no step of its history.
                if !others_wrote {
                    self.recovery_store.discard(copy).await;
                }
            }
            UndoOutcome::Failed(_) => self.documents.forget().await,
        }
        let changes_nothing = |served: &Served| {
            served.verdict.changes.is_empty() && served.pending.request.texts.is_empty()
        };
        let (unchanged, changed): (Vec<_>, Vec<_>) =
            batch.served.into_iter().partition(changes_nothing);
        self.serve_all(unchanged, &Diagnostics::new());
        for served in changed {
            served.pending.answer(Err(told.clone()));
        }
        Attempt::Done { all_served: false }
    }
}

impl Batch {
    /// Terraform cancels all operations of a run together.
    pub(super) fn cancel(&self) -> CancellationToken {
        let first = self.served.first();
        first.map_or_else(CancellationToken::new, |served| {
            served.pending.cancel.clone()
        })
    }
}
