//! One batch written: judged on the newest document, conditioned on its resourceVersion, and read back.
//!
//! What another writer did meanwhile costs another attempt, with a jittered pause that grows. A write whose answer was lost is judged again
//! on what is there now. A batch that the server refuses as invalid is taken apart, so that one bad change fails alone; changes of one entry stay
//! together.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use eksauth_core::aws_auth;
use tf_provider::Diagnostics;

use super::batch::{Batch, Circumstances, Served};
use super::change_error::ChangeError;
use super::claims::RunMemory;
use super::confirm::unfulfilled;
use super::confirmed_write::Confirmed;
use super::diagnostics;
use super::document_write::ApiRequest;
use super::guard::Proposal;
use super::pending::{Pending, cancellation_of, groups};
use super::queue::drop_cancelled;
use super::request::ChangeOutcome;
use super::writer::Writer;
use crate::aws_auth::document::Document;
use crate::aws_auth::recovery::{Kept, Previous};
use crate::backoff::{Backoff, at_least};
use crate::ports::cancellation::{CancellationToken, cancelled_by};
use crate::ports::kubernetes::ConfigMap;
use crate::ports::{ApiError, ErrorKind};
use crate::session::cancellable_wait::wait;

/// Attempts of one batch before it gives up: with the pauses between them a little over a minute.
const ATTEMPTS: u32 = 40;
/// Writes of one batch that may end with a fault of the server, or with its demand for fewer calls.
const FAULTS: u32 = 5;
/// Half of a pause is chance, so that writers who met once do not meet again.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(2),
};

/// How an attempt ended that did not serve its requests.
pub(super) enum Retry {
    /// Someone else was faster.
    Conflict(Vec<Pending>),
    /// The server has a fault or asks for fewer calls, or its answer was lost. Requests that may have been carried out all the same know it.
    Fault(Vec<Pending>, Box<ApiError>),
    /// The server refuses the text; what does not belong together is tried alone.
    Apart(Vec<Vec<Pending>>),
}

/// How an attempt ended.
pub(super) enum Attempt {
    /// Everyone has an answer.
    Done { all_served: bool },
    /// These have none yet.
    Again { retry: Retry, refused: usize },
}

impl Writer {
    /// Writes a batch; everyone in it has an answer afterwards. False if anyone was refused or failed.
    ///
    /// Boxed, because a batch that is taken apart writes its parts with it.
    pub(super) fn write<'a>(
        &'a self,
        requests: Vec<Pending>,
        document: Option<Arc<Document>>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(self.write_attempts(requests, document))
    }

    async fn write_attempts(
        &self,
        requests: Vec<Pending>,
        document: Option<Arc<Document>>,
    ) -> bool {
        let all_served = self.attempt_until_served(requests, document).await;
        self.memory().leaving.clear();
        all_served
    }

    async fn attempt_until_served(
        &self,
        mut requests: Vec<Pending>,
        mut document: Option<Arc<Document>>,
    ) -> bool {
        let mut all_served = true;
        let mut faults = 0;
        for attempt in 1..=ATTEMPTS {
            let before = requests.len();
            requests = drop_cancelled(&self.name, requests);
            all_served &= requests.len() == before;
            if requests.is_empty() {
                return all_served;
            }
            let cancel = cancellation_of(&requests);
            let current = match document.take() {
                Some(document) => Ok(document),
                None => cancelled_by(cancel.clone(), self.documents.document_now()).await,
            };
            let outcome = match current {
                Ok(current) => self.attempt(&current, requests).await,
                Err(error) => {
                    self.fail_all(requests, &error).await;
                    return false;
                }
            };
            let (retry, refused) = match outcome {
                Attempt::Done { all_served: served } => return all_served && served,
                Attempt::Again { retry, refused } => (retry, refused),
            };
            all_served &= refused == 0;
            requests = match retry {
                Retry::Conflict(again) => {
                    self.pause_after_conflict(attempt, &cancel).await;
                    again
                }
                Retry::Fault(again, error) if faults < FAULTS => {
                    faults += 1;
                    self.pause_after_fault(faults, &error, &cancel).await;
                    again
                }
                Retry::Fault(failed, error) => {
                    self.fail_all(failed, &error).await;
                    return false;
                }
                Retry::Apart(groups) => return self.write_apart(groups).await && all_served,
            };
        }
        answer_all(
            requests,
            &diagnostics::too_many_conflicts(&self.name, ATTEMPTS).into(),
        );
        false
    }

    async fn pause_after_conflict(&self, attempt: u32, cancel: &CancellationToken) {
        tracing::info!(cluster = %self.name.name, attempt, "someone else wrote aws-auth at the same time; judging again");
        self.pause(PAUSES.jittered(attempt), cancel).await;
    }

    async fn pause_after_fault(&self, fault: u32, error: &ApiError, cancel: &CancellationToken) {
        tracing::info!(cluster = %self.name.name, fault, %error, is_open = error.may_have_been_carried_out(), "a write of aws-auth failed for now; judging again");
        let pause = at_least(PAUSES.jittered(fault), error.retry_after);
        self.pause(pause, cancel).await;
    }

    /// Waits until the pause or the run ends; what was cancelled is answered before the next attempt.
    async fn pause(&self, pause: Duration, cancel: &CancellationToken) {
        if wait(self.clock(), cancel, pause).await.is_err() {
            tracing::debug!(cluster = %self.name.name, "the run was cancelled while a write of aws-auth waited to be tried again");
        }
    }

    async fn write_apart(&self, groups: Vec<Vec<Pending>>) -> bool {
        let mut all_served = true;
        for group in groups {
            all_served &= self.write(group, None).await;
        }
        all_served
    }

    async fn attempt(&self, document: &Document, requests: Vec<Pending>) -> Attempt {
        let mut batch = {
            let mut memory = self.memory();
            let circumstances = Circumstances {
                document,
                cluster: &self.name,
                memory: &memory,
            };
            let batch = Batch::compose(circumstances, requests);
            memory.writes += 1;
            memory.leaving = batch.leaving();
            batch
        };
        let refused = batch.refused;
        if batch.write.is_empty() {
            self.serve_all(batch.served, &Diagnostics::new());
            return Attempt::Done {
                all_served: refused == 0,
            };
        }
        let _turn = match &self.guard {
            Some(guard) => guard.turn().await,
            None => None,
        };
        let mut remarks = match self.judge(document, &batch).await {
            Ok(remarks) => remarks,
            Err(reasons) => {
                answer_refused(batch, reasons);
                return Attempt::Done { all_served: false };
            }
        };
        let mut watch = self.prepare_watch(document, &batch).await;
        let mut copy = self.keep_previous(document, &batch, watch.is_some()).await;
        self.begin_watch(watch.as_deref_mut(), document).await;
        // Only what comes before the write hears Ctrl-C: what was written is confirmed, or taken back, all the same.
        match cancelled_by(batch.cancel(), self.send(document, &batch)).await {
            Ok(config_map) => {
                batch.note(copy.note.take());
                self.recovery_store
                    .note_written(document.data(), &config_map.data);
                match self.confirmed(watch, document, &batch, &config_map).await {
                    Confirmed::Stands(more) => {
                        let again = self.judged_after(document, &batch, &config_map).await;
                        let again = match again {
                            Confirmed::Stands(again) => again,
                            Confirmed::Undone(undone) => {
                                return self.answer_undone(batch, copy, *undone).await;
                            }
                        };
                        self.note_let_go(document, &batch);
                        remarks.extend(more);
                        remarks.extend(again);
                        let all_kept = self.settle(batch, config_map, &remarks).await;
                        Attempt::Done {
                            all_served: all_kept && refused == 0,
                        }
                    }
                    Confirmed::Undone(undone) => self.answer_undone(batch, copy, *undone).await,
                }
            }
            Err(error) => {
                if let Some(undone) = self.watch_failed(watch, document, &batch, &error).await {
                    return self.answer_undone(batch, copy, *undone).await;
                }
                // Where the document is what it was, a copy of it was made for nothing.
                if !error.may_have_been_carried_out() {
                    self.recovery_store.discard(copy).await;
                }
                self.after_failure(batch, &error).await
            }
        }
    }

    /// Notes what went in doubt with a write, and what came back.
    fn note_let_go(&self, document: &Document, batch: &Batch) {
        let mut memory = self.memory();
        let after = &batch.write.after;
        memory.let_go.settle(after, &batch.put_back);
        let in_doubt = batch.served.iter().filter(|served| {
            served.pending.request.is_in_doubt() && !served.verdict.changes.is_empty()
        });
        for removal in in_doubt.flat_map(|served| &served.pending.request.removals) {
            memory.let_go.note(document, after, &removal.entry);
        }
    }

    /// Keeps the document as it was, where the batch takes something away, or may hide the entry of whoever acts.
    async fn keep_previous(&self, document: &Document, batch: &Batch, is_watched: bool) -> Kept {
        let reducing_changes = match is_watched {
            true => batch.labels(),
            false => batch.reducing_changes(),
        };
        match document.config_map() {
            Some(config_map) if !reducing_changes.is_empty() => {
                let previous = Previous {
                    config_map,
                    changed_by: self.caller_entry().map(|entry| entry.arn.as_str()),
                    resources: &reducing_changes,
                };
                self.recovery_store.keep(previous).await
            }
            _ => Kept::default(),
        }
    }

    async fn after_failure(&self, batch: Batch, error: &ApiError) -> Attempt {
        let refused = batch.refused;
        let retry = match error.kind {
            ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::AlreadyExists => {
                Retry::Conflict(batch.unwritten())
            }
            ErrorKind::AnswerLost | ErrorKind::Service | ErrorKind::Throttled => {
                let again = if error.may_have_been_carried_out() {
                    batch.maybe_written()
                } else {
                    batch.unwritten()
                };
                Retry::Fault(again, Box::new(error.clone()))
            }
            _ => {
                let is_about_the_text =
                    matches!(error.kind, ErrorKind::Invalid | ErrorKind::AccessDenied);
                let parts = groups(batch.unwritten());
                if parts.len() < 2 || !is_about_the_text {
                    self.fail_all(parts.into_iter().flatten().collect(), error)
                        .await;
                    return Attempt::Done { all_served: false };
                }
                Retry::Apart(parts)
            }
        };
        Attempt::Again { retry, refused }
    }

    async fn judge(&self, document: &Document, batch: &Batch) -> Result<Diagnostics, Diagnostics> {
        let Some(guard) = &self.guard else {
            return Ok(Diagnostics::new());
        };
        let resources = batch.labels();
        let judged = guard.judge(self.proposal(document, batch, &resources));
        cancelled_by(batch.cancel(), judged).await
    }

    /// The batch as a guard sees it.
    pub(super) fn proposal<'a>(
        &'a self,
        document: &'a Document,
        batch: &'a Batch,
        resources: &'a [String],
    ) -> Proposal<'a> {
        Proposal {
            cluster: &self.name.name,
            before: document.data(),
            after: &batch.write.after,
            resources,
            keeps_others: batch
                .served
                .iter()
                .any(|served| served.pending.request.keeps_others()),
            keeps_access: batch
                .served
                .iter()
                .any(|served| served.pending.request.keeps_access),
        }
    }

    async fn send(&self, document: &Document, batch: &Batch) -> Result<ConfigMap, ApiError> {
        tracing::debug!(cluster = %self.name.name, changes = batch.served.len(), keys = ?batch.write.changed.keys(), "writing aws-auth");
        match batch.write.request(document) {
            ApiRequest::Patch(patch) => {
                self.kube
                    .patch_config_map(aws_auth::NAMESPACE, aws_auth::NAME, &patch)
                    .await
            }
            ApiRequest::Create(new) => {
                self.kube
                    .create_config_map(aws_auth::NAMESPACE, aws_auth::NAME, &new)
                    .await
            }
        }
    }

    /// Compares what the server stored with what was sent, and answers. False if it is not what someone wanted.
    async fn settle(&self, batch: Batch, config_map: ConfigMap, remarks: &Diagnostics) -> bool {
        let is_as_sent = batch
            .write
            .changed
            .iter()
            .all(|(key, text)| config_map.data.get(key) == text.as_ref());
        let document = Arc::new(Document::new(Some(config_map)));
        self.documents.replace(document.clone()).await;
        if is_as_sent {
            self.serve_all(batch.served, remarks);
            return true;
        }
        let mut fulfilled = Vec::new();
        let mut all_kept = true;
        for served in batch.served {
            match unfulfilled(&document, &served.pending.request) {
                None => fulfilled.push(served),
                Some(what) => {
                    all_kept = false;
                    let reason = diagnostics::stored_differently(&self.name, &what);
                    served.pending.answer(Err(reason.into()));
                }
            }
        }
        self.serve_all(fulfilled, remarks);
        all_kept
    }

    /// Answers everyone. What the guard remarked on the whole write is said once, by the first that changed something: a thousand changes would
    /// otherwise say a thousand remarks a thousand times.
    pub(super) fn serve_all(&self, served: Vec<Served>, remarks: &Diagnostics) {
        let mut remarks = Some(remarks.clone());
        for Served {
            pending,
            verdict,
            undo,
        } in served
        {
            {
                let mut memory = self.memory();
                memory.claims.grant(&pending.request);
                let settled = pending.request.going.iter().map(|going| going.own.clone());
                memory.handed_on.settled.extend(settled);
                let given_back =
                    pending.request.removals.iter().filter_map(|removal| {
                        Some((removal.entry.section(), removal.undo.clone()?))
                    });
                memory.undo.extend(given_back.chain(undo.clone()));
            }
            let is_silent = verdict.changes.is_empty() && pending.request.texts.is_empty();
            pending.answer(Ok(ChangeOutcome {
                adopted: verdict.adopted,
                undo,
                notes: verdict.notes,
                remarks: remarks.take_if(|_| !is_silent).unwrap_or_default(),
            }));
        }
    }

    pub(super) async fn fail_all(&self, requests: Vec<Pending>, error: &ApiError) {
        let outcome = match requests.iter().any(|pending| pending.maybe_written) {
            true => "may or may not have been changed",
            false => "was not changed",
        };
        let about = format!("aws-auth of cluster `{}` {outcome}", self.name.name);
        let reason = self.explain("Cannot Write aws-auth", &about, error).await;
        answer_all(requests, &reason.into());
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, RunMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reasons are said by the first; the others name it.
fn answer_refused(batch: Batch, reasons: Diagnostics) {
    let mut requests = batch.unwritten().into_iter();
    let Some(first) = requests.next() else {
        return;
    };
    let with = first.request.label();
    for pending in requests {
        let own = diagnostics::refused_together(&reasons, &pending.request.label(), &with);
        pending.answer(Err(ChangeError::Refused(own)));
    }
    first.answer(Err(ChangeError::Refused(reasons)));
}

fn answer_all(requests: Vec<Pending>, reasons: &ChangeError) {
    for pending in requests {
        pending.answer(Err(reasons.clone()));
    }
}
