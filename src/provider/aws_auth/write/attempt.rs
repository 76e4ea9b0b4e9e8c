//! One batch written: judged on the newest document, conditioned on its resourceVersion, and read back.
//!
//! What another writer did meanwhile costs another attempt, with a jittered pause that grows. A write whose answer was lost is judged again
//! on what is there now. A batch that the server refuses as invalid is taken apart, so that one bad change fails alone; changes of one entry stay
//! together.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use eksauth_core::aws_auth::{Entry, Section};
use tf_provider::{Diagnostic, Diagnostics};

use super::batch::Batch;
use super::guard::Proposal;
use super::pending::{Pending, groups};
use super::queue::{Writer, drop_cancelled};
use super::request::{ChangeOutcome, ChangeRequest};
use crate::aws_auth::diagnostics;
use crate::aws_auth::document::{Document, NAME, NAMESPACE};
use crate::aws_auth::recovery::{Kept, Previous};
use crate::backoff::{Backoff, at_least};
use crate::diagnostics::api_failure;
use crate::ports::kubernetes::{ConfigMap, ConfigMapPatch, NewConfigMap};
use crate::ports::{ApiError, ErrorKind};

/// Attempts of one batch before it gives up: with the pauses between them a little over a minute.
const ATTEMPTS: u32 = 40;
/// Writes of one batch that may end with a fault of the server, or with its demand for fewer calls.
const FAULTS: u32 = 5;
/// The pauses between attempts; jittered, because other writers meet the same conflict.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(2),
};

/// How an attempt ended that did not serve its requests.
enum Retry {
    /// Someone else was faster.
    Conflict(Vec<Pending>),
    /// The server has a fault or asks for fewer calls, or its answer was lost. Requests that may have been carried out all the same know it.
    Fault(Vec<Pending>, Box<ApiError>),
    /// The server refuses the text; what does not belong together is tried alone.
    Apart(Vec<Vec<Pending>>),
}

/// How an attempt ended.
enum Attempt {
    /// Everyone has an answer.
    Done { all_served: bool },
    /// These have none yet.
    Again { retry: Retry, refused: usize },
}

impl Writer {
    /// Writes a batch; everyone in it has an answer afterwards. False if anyone was refused or failed.
    ///
    /// Boxed, because a batch that is taken apart writes its parts with it.
    pub(in crate::aws_auth) fn write<'a>(
        &'a self,
        requests: Vec<Pending>,
        document: Option<Arc<Document>>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(self.write_attempts(requests, document))
    }

    async fn write_attempts(
        &self,
        mut requests: Vec<Pending>,
        mut document: Option<Arc<Document>>,
    ) -> bool {
        let mut all_served = true;
        let mut faults = 0;
        for attempt in 1..=ATTEMPTS {
            let before = requests.len();
            requests = drop_cancelled(&self.cluster, requests);
            all_served &= requests.len() == before;
            if requests.is_empty() {
                return all_served;
            }
            let current = match document.take() {
                Some(document) => Ok(document),
                None => self.document_now().await,
            };
            let current = match current {
                Ok(current) => current,
                Err(error) => {
                    self.fail_all(requests, &error).await;
                    return false;
                }
            };
            let (retry, refused) = match self.attempt(&current, requests).await {
                Attempt::Done { all_served: served } => return all_served && served,
                Attempt::Again { retry, refused } => (retry, refused),
            };
            all_served &= refused == 0;
            requests = match retry {
                Retry::Conflict(requests) => {
                    tracing::info!(cluster = %self.cluster.name, attempt, "someone else wrote aws-auth at the same time; judging again");
                    self.clock.sleep(BACKOFF.jittered(attempt)).await;
                    requests
                }
                Retry::Fault(requests, error) => {
                    faults += 1;
                    if faults > FAULTS {
                        self.fail_all(requests, &error).await;
                        return false;
                    }
                    tracing::info!(cluster = %self.cluster.name, attempt, %error, is_open = error.may_have_been_carried_out(), "a write of aws-auth failed for now; judging again");
                    let pause = at_least(BACKOFF.jittered(faults), error.retry_after);
                    self.clock.sleep(pause).await;
                    requests
                }
                Retry::Apart(groups) => return self.write_apart(groups).await && all_served,
            };
        }
        self.give_up(requests);
        false
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
            let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            Batch::compose(document, requests, &self.cluster, &memory)
        };
        let refused = batch.refused;
        if batch.patch.is_empty() {
            self.serve_all(batch, &Diagnostics::new());
            return Attempt::Done {
                all_served: refused == 0,
            };
        }
        let remarks = match self.judge(document, &batch).await {
            Ok(remarks) => remarks,
            Err(reasons) => {
                answer_all(batch.into_requests(false), &reasons);
                return Attempt::Done { all_served: false };
            }
        };
        let mut copy = self.keep_previous(document, &batch).await;
        match self.send(document, &batch).await {
            Ok(config_map) => {
                batch.note(copy.note.take());
                self.recovery_store.wrote(document.data(), &config_map.data);
                let kept = self.settle(batch, config_map, &remarks).await;
                Attempt::Done {
                    all_served: kept && refused == 0,
                }
            }
            Err(error) => {
                // Where the document is what it was, a copy of it was made for nothing.
                if !error.may_have_been_carried_out() {
                    self.recovery_store.discard(copy).await;
                }
                self.after_failure(batch, &error, refused).await
            }
        }
    }

    /// Keeps the document as it was, where the batch takes something away.
    async fn keep_previous(&self, document: &Document, batch: &Batch) -> Kept {
        let reducing_changes = batch.reducing_changes();
        match document.config_map() {
            Some(config_map) if !reducing_changes.is_empty() => {
                let previous = Previous {
                    config_map,
                    by: self.running(),
                    resources: &reducing_changes,
                };
                self.recovery_store.keep(previous).await
            }
            _ => Kept::default(),
        }
    }

    async fn after_failure(&self, batch: Batch, error: &ApiError, refused: usize) -> Attempt {
        let retry = match error.kind {
            ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::AlreadyExists => {
                Retry::Conflict(batch.into_requests(false))
            }
            ErrorKind::AnswerLost | ErrorKind::Service | ErrorKind::Throttled => {
                let is_open = error.may_have_been_carried_out();
                Retry::Fault(batch.into_requests(is_open), Box::new(error.clone()))
            }
            _ => {
                let is_about_the_text =
                    matches!(error.kind, ErrorKind::Invalid | ErrorKind::AccessDenied);
                let parts = groups(batch.into_requests(false));
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
        let resources: Vec<String> = batch
            .served
            .iter()
            .map(|(pending, ..)| pending.request.label())
            .collect();
        let proposal = Proposal {
            cluster: &self.cluster.name,
            before: document.data(),
            after: &batch.after,
            resources: &resources,
        };
        guard.judge(proposal).await
    }

    async fn send(&self, document: &Document, batch: &Batch) -> Result<ConfigMap, ApiError> {
        tracing::debug!(cluster = %self.cluster.name, changes = batch.served.len(), keys = ?batch.patch.keys(), "writing aws-auth");
        match document.config_map() {
            Some(config_map) => {
                let patch = ConfigMapPatch {
                    resource_version: config_map.resource_version.clone(),
                    data: batch.patch.clone(),
                };
                self.kube.patch_config_map(NAMESPACE, NAME, &patch).await
            }
            None => {
                let new = NewConfigMap {
                    data: batch.after.clone(),
                    ..NewConfigMap::default()
                };
                self.kube.create_config_map(NAMESPACE, NAME, &new).await
            }
        }
    }

    /// Compares what the server stored with what was promised, and answers. False if a promise was not kept.
    async fn settle(&self, batch: Batch, config_map: ConfigMap, remarks: &Diagnostics) -> bool {
        let is_as_sent = batch
            .patch
            .iter()
            .all(|(key, text)| config_map.data.get(key) == text.as_ref());
        let document = Arc::new(Document::new(Some(config_map)));
        self.saw(document.clone()).await;
        if is_as_sent {
            self.serve_all(batch, remarks);
            return true;
        }
        let (kept, broken): (Vec<_>, Vec<_>) = batch
            .served
            .into_iter()
            .partition(|(pending, ..)| broken_promise(&document, &pending.request).is_none());
        let all_kept = broken.is_empty();
        for (pending, ..) in broken {
            let what = broken_promise(&document, &pending.request).unwrap_or_default();
            pending.answer(Err(rewritten(&self.cluster.name, &what).into()));
        }
        self.serve_all(
            Batch {
                served: kept,
                patch: BTreeMap::new(),
                after: BTreeMap::new(),
                refused: 0,
            },
            remarks,
        );
        all_kept
    }

    /// Answers everyone. What the guard remarked on the whole write is said once, by the first that changed something: a thousand changes would
    /// otherwise say a thousand remarks a thousand times.
    fn serve_all(&self, batch: Batch, remarks: &Diagnostics) {
        let mut remarks = Some(remarks.clone());
        for (pending, verdict, undo) in batch.served {
            {
                let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.claims.grant(&pending.request);
                let given_back =
                    pending.request.removals.iter().filter_map(|removal| {
                        Some((removal.entry.section(), removal.undo.clone()?))
                    });
                memory.undo.extend(given_back.chain(undo.clone()));
            }
            let is_silent = verdict.changes.is_empty();
            let mut notes = verdict.notes;
            notes.extend(remarks.take_if(|_| !is_silent).unwrap_or_default());
            pending.answer(Ok(ChangeOutcome {
                adopted: verdict.adopted,
                undo,
                notes,
            }));
        }
    }

    pub(in crate::aws_auth) async fn fail_all(&self, requests: Vec<Pending>, error: &ApiError) {
        let outcome = match requests.iter().any(|pending| pending.maybe_written) {
            true => "may or may not have been changed",
            false => "was not changed",
        };
        let about = format!("aws-auth of cluster `{}` {outcome}", self.cluster.name);
        let reason = match &self.unauthorized {
            Some(unauthorized) => {
                unauthorized
                    .failed("Cannot Write aws-auth", &about, error)
                    .await
            }
            None => api_failure::failed("Cannot Write aws-auth", &about, error),
        };
        answer_all(requests, &reason.into());
    }

    fn give_up(&self, requests: Vec<Pending>) {
        let detail = format!(
            "In {ATTEMPTS} attempts someone else changed aws-auth of cluster `{}` each time between our reading and our writing. Nothing of this \
             change was written. Find out who writes so often (`kubectl get configmap aws-auth -n kube-system --show-managed-fields -o yaml`) \
             and apply again.",
            self.cluster.name
        );
        answer_all(
            requests,
            &Diagnostic::error("Too Many Conflicts", detail).into(),
        );
    }
}

fn answer_all(requests: Vec<Pending>, reasons: &Diagnostics) {
    for pending in requests {
        pending.answer(Err(reasons.clone()));
    }
}

/// What of a wish the document does not say although it was written.
fn broken_promise(document: &Document, request: &ChangeRequest) -> Option<String> {
    let changes_entries = !request.upserts.is_empty() || !request.removals.is_empty();
    let lost = request
        .texts
        .iter()
        .find(|text| document.data().get(text.section.key()) != text.to.as_ref());
    if let Some(text) = lost.filter(|_| !changes_entries) {
        return Some(format!("{} has another text", text.section));
    }
    let is_there = |entry: &Entry| {
        document
            .find(entry.section(), entry.arn())
            .iter()
            .any(|read| read.same_meaning(entry))
    };
    let missing = request
        .upserts
        .iter()
        .map(|put| &put.entry)
        .find(|entry| !is_there(entry));
    let wanted_anew = |entry: &Entry| request.upserts.iter().any(|put| put.entry == *entry);
    let left = request
        .removals
        .iter()
        .map(|removal| &removal.entry)
        .find(|entry| is_there(entry) && !wanted_anew(entry));
    let place = |entry: &Entry| -> (Section, String) { (entry.section(), entry.arn().to_owned()) };
    if let Some((section, arn)) = missing.map(place) {
        return Some(format!(
            "the entry of `{arn}` in {section} ({}) is not there",
            missing.map(diagnostics::meaning).unwrap_or_default()
        ));
    }
    left.map(place)
        .map(|(section, arn)| format!("the entry of `{arn}` in {section} is still there"))
}

fn rewritten(cluster: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        "Stored Differently",
        format!(
            "The API server of cluster `{cluster}` took the change of aws-auth and stored something else: {what}. An admission webhook of the \
             cluster may have changed it (`kubectl get mutatingwebhookconfigurations`)."
        ),
    )
}
