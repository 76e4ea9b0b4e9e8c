//! The one who writes a cluster's aws-auth for one provider configuration.
//!
//! Changes that arrive within a moment go out as one write. A task of its own makes the writes, so that a change whose resource is
//! cancelled or gone takes nobody down with it. What changes the running identity's own entry waits until nothing else comes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tf_provider::{Diagnostic, Diagnostics};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::batch::Memory;
use super::caller_entry::CallerEntry;
use super::guard::Guard;
use super::last_write::LastWrite;
use super::pending::{Pending, Relations};
use super::request::{ChangeOutcome, ChangeRequest, Ownership};
use crate::access::unauthorized::Unauthorized;
use crate::aws_auth::diagnostics::ClusterName;
use crate::aws_auth::document::{Document, NAME, NAMESPACE};
use crate::aws_auth::recovery::RecoveryStore;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::{ApiError, Clock, KubeApi};
use crate::session::recent::MOMENT;

/// A batch in which everybody is who was in the last one closes when nothing came for this long.
const QUIET: Duration = Duration::from_millis(25);
/// A batch that keeps growing is written after this long.
const LONGEST: Duration = Duration::from_secs(10);
/// The running identity's own entry waits for others this long.
const LAST_QUIET: Duration = Duration::from_secs(1);
/// It waits no longer than this altogether.
const LAST_LONGEST: Duration = Duration::from_secs(60);
/// A document that could not be read is not asked for again within this time.
const FAILURE_KEPT: Duration = Duration::from_secs(5);

/// Reads and writes the aws-auth of one cluster.
pub struct Writer {
    pub(in crate::aws_auth) kube: Arc<dyn KubeApi>,
    pub(in crate::aws_auth) clock: Arc<dyn Clock>,
    pub(in crate::aws_auth) guard: Option<Arc<dyn Guard>>,
    pub(in crate::aws_auth) unauthorized: Option<Unauthorized>,
    pub(in crate::aws_auth) recovery_store: RecoveryStore,
    pub(in crate::aws_auth) cluster: ClusterName,
    own: OnceCell<Option<CallerEntry>>,
    seen: tokio::sync::Mutex<Option<LastRead>>,
    queue: Mutex<Queue>,
    pub(in crate::aws_auth) memory: Mutex<Memory>,
    planned: Mutex<Planned>,
}

/// What a read said, and when.
struct LastRead {
    at: SystemTime,
    outcome: Result<Arc<Document>, ApiError>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Pending>,
    is_served: bool,
    last: LastWrite,
}

/// Who was seen at plan.
#[derive(Default)]
struct Planned {
    exclusive: Option<String>,
    other: Option<String>,
}

impl Writer {
    pub(in crate::aws_auth) fn new(
        kube: Arc<dyn KubeApi>,
        clock: Arc<dyn Clock>,
        guard: Option<Arc<dyn Guard>>,
        cluster: ClusterName,
    ) -> Self {
        Self {
            kube,
            recovery_store: RecoveryStore::nowhere(clock.clone()),
            clock,
            guard,
            unauthorized: None,
            cluster,
            own: OnceCell::new(),
            seen: tokio::sync::Mutex::default(),
            queue: Mutex::default(),
            memory: Mutex::default(),
            planned: Mutex::default(),
        }
    }

    /// The same writer, with someone who explains the API server's refusals.
    pub(in crate::aws_auth) fn explained_by(mut self, unauthorized: Unauthorized) -> Self {
        self.unauthorized = Some(unauthorized);
        self
    }

    /// The same writer, with someone who keeps the document before something is taken away.
    pub(in crate::aws_auth) fn keeping(mut self, recovery_store: RecoveryStore) -> Self {
        self.recovery_store = recovery_store;
        self
    }

    /// The canonical ARN of the running identity, once a change was asked for.
    pub(in crate::aws_auth) fn running(&self) -> Option<&str> {
        let own = self.own.get().and_then(Option::as_ref);
        own.map(|own| own.arn.as_str())
    }

    /// How messages name the cluster.
    pub fn cluster(&self) -> &ClusterName {
        &self.cluster
    }

    /// The document as it was a moment ago, or as a write of ours left it then: one GET for all who read at about the same time.
    ///
    /// # Errors
    /// The GET failed; the same failure is told to all who ask within a few seconds.
    pub async fn document(&self) -> Result<Arc<Document>, ApiError> {
        let mut seen = self.seen.lock().await;
        if let Some(sighting) = seen.as_ref() {
            let age = self
                .clock
                .now()
                .duration_since(sighting.at)
                .unwrap_or_default();
            let kept = match sighting.outcome {
                Ok(_) => MOMENT,
                Err(_) => FAILURE_KEPT,
            };
            if age < kept {
                return sighting.outcome.clone();
            }
        }
        let outcome = self.get().await;
        *seen = Some(LastRead {
            at: self.clock.now(),
            outcome: outcome.clone(),
        });
        outcome
    }

    /// The document as it is now.
    pub(in crate::aws_auth) async fn document_now(&self) -> Result<Arc<Document>, ApiError> {
        let mut seen = self.seen.lock().await;
        let document = self.get().await?;
        *seen = Some(LastRead {
            at: self.clock.now(),
            outcome: Ok(document.clone()),
        });
        Ok(document)
    }

    /// Takes what a write answered as the document of this moment.
    pub(in crate::aws_auth) async fn saw(&self, document: Arc<Document>) {
        *self.seen.lock().await = Some(LastRead {
            at: self.clock.now(),
            outcome: Ok(document),
        });
    }

    async fn get(&self) -> Result<Arc<Document>, ApiError> {
        let config_map = self.kube.config_map(NAMESPACE, NAME).await?;
        Ok(Arc::new(Document::new(config_map)))
    }

    /// Makes a change, together with those of other resources that arrive at the same time.
    ///
    /// # Errors
    /// The change was refused or could not be written; then nothing of it is in the document, unless the text says otherwise.
    pub async fn change(
        self: &Arc<Self>,
        client: &Client,
        cluster: &FoundCluster,
        cancel: &CancellationToken,
        request: ChangeRequest,
    ) -> Result<ChangeOutcome, Diagnostics> {
        self.own
            .get_or_init(|| CallerEntry::of(client, cluster))
            .await;
        let (pending, answer) = Pending::new(request, cancel.clone());
        {
            let mut queue = self.queue();
            queue.waiting.push(pending);
            if !queue.is_served {
                queue.is_served = true;
                tokio::spawn(self.clone().serve());
            }
        }
        answer
            .await
            .unwrap_or_else(|_| Err(unanswered(&self.cluster).into()))
    }

    /// Notes at plan who wants to write, and says if an exclusive map would stand beside others.
    pub fn note_planned(&self, request: &ChangeRequest) -> Option<(String, String)> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let label = request.label();
        if request.ownership == Ownership::ExclusiveMap {
            planned.exclusive = Some(label.clone());
            return planned.other.clone().map(|other| (label, other));
        }
        planned.other = Some(label.clone());
        planned.exclusive.clone().map(|map| (map, label))
    }

    /// Serves the queue until it stays empty.
    async fn serve(self: Arc<Self>) {
        let _served = Served(&self);
        let mut last = Last::default();
        loop {
            let requests = self.gather(!last.requests.is_empty()).await;
            if !requests.is_empty() {
                let (began, size) = (self.clock.now(), requests.len());
                self.serve_batch(requests, &mut last).await;
                let ended = self.clock.now();
                let took = ended.duration_since(began).unwrap_or_default();
                let mut queue = self.queue();
                let lanes = size + queue.waiting.len();
                queue.last = LastWrite { lanes, took, ended };
                drop(queue);
                if !last.is_overdue(self.clock.now()) {
                    continue;
                }
            }
            self.serve_last(std::mem::take(&mut last)).await;
            let mut queue = self.queue();
            if queue.waiting.is_empty() {
                queue.is_served = false;
                return;
            }
        }
    }

    async fn serve_batch(&self, requests: Vec<Pending>, last: &mut Last) {
        let requests = drop_cancelled(&self.cluster, requests);
        let document = match self.document_now().await {
            Ok(document) => document,
            Err(error) => {
                last.was_trouble = true;
                return self.fail_all(requests, &error).await;
            }
        };
        let relations = Relations::of(requests.iter().map(|pending| &pending.request));
        let own = self.own.get().and_then(Option::as_ref);
        let (own, others): (Vec<_>, Vec<_>) = requests.into_iter().partition(|pending| {
            own.is_some_and(|own| own.is_touched_by(&document, &pending.request, &relations))
        });
        if !own.is_empty() {
            last.since.get_or_insert_with(|| self.clock.now());
            last.requests.extend(own);
        }
        if !others.is_empty() {
            last.was_trouble |= !self.write(others, Some(document)).await;
        }
    }

    /// The own entry's turn: nothing else came for a while.
    async fn serve_last(&self, last: Last) {
        if last.requests.is_empty() {
            return;
        }
        if last.was_trouble {
            for pending in last.requests {
                pending.answer(Err(kept_for_trouble(&self.cluster).into()));
            }
            return;
        }
        self.write(drop_cancelled(&self.cluster, last.requests), None)
            .await;
    }

    /// Waits until a batch is complete. Empty: nothing came.
    async fn gather(&self, is_holding: bool) -> Vec<Pending> {
        let mut waited = Duration::ZERO;
        let (mut seen, (expected, patience)) = {
            let queue = self.queue();
            (queue.waiting.len(), queue.last.expects(self.clock.now()))
        };
        let mut still = Duration::ZERO;
        loop {
            self.clock.sleep(QUIET).await;
            waited += QUIET;
            let mut queue = self.queue();
            let size = queue.waiting.len();
            still = if size == seen {
                still + QUIET
            } else {
                Duration::ZERO
            };
            // Fewer will be more; more than were expected are perhaps not all.
            let quiet = if size == expected { QUIET } else { patience };
            let is_closed = still >= quiet || waited >= LONGEST;
            if size > 0 && is_closed {
                return std::mem::take(&mut queue.waiting);
            }
            let until = if is_holding { LAST_QUIET } else { QUIET };
            if size == 0 && waited >= until {
                return Vec::new();
            }
            seen = size;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes of the running identity's own entry, and whether others failed before them.
#[derive(Default)]
struct Last {
    requests: Vec<Pending>,
    /// When the first of them came.
    since: Option<SystemTime>,
    was_trouble: bool,
}

impl Last {
    fn is_overdue(&self, now: SystemTime) -> bool {
        self.since
            .and_then(|since| now.duration_since(since).ok())
            .is_some_and(|waited| waited >= LAST_LONGEST)
    }
}

/// Gives the queue free even if serving it ended by a panic; whoever waits then hears that nobody answers.
struct Served<'a>(&'a Writer);

impl Drop for Served<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.queue();
            queue.is_served = false;
            queue.waiting.clear();
        }
    }
}

pub(in crate::aws_auth) fn drop_cancelled(
    cluster: &ClusterName,
    requests: Vec<Pending>,
) -> Vec<Pending> {
    let (cancelled, left): (Vec<_>, Vec<_>) = requests
        .into_iter()
        .partition(|pending| pending.cancel.is_cancelled());
    for pending in cancelled {
        let reason = if pending.maybe_written {
            cancelled_unsure(cluster)
        } else {
            cancelled_before(cluster)
        };
        pending.answer(Err(reason.into()));
    }
    left
}

fn cancelled_before(cluster: &ClusterName) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The change of aws-auth of cluster `{}` was cancelled before it was written. Nothing of it was changed.",
            cluster.name
        ),
    )
}

fn cancelled_unsure(cluster: &ClusterName) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The change of aws-auth of cluster `{}` was sent, its answer was lost, and the operation was cancelled before it could be read \
             back. Apply again: what was written is then recognised.",
            cluster.name
        ),
    )
}

fn kept_for_trouble(cluster: &ClusterName) -> Diagnostic {
    Diagnostic::error(
        "Own Entry Kept",
        format!(
            "This change would take or alter the access of the identity that is applying, and other changes of aws-auth of cluster `{}` failed \
             before it. It was not made, so that you can apply again.",
            cluster.name
        ),
    )
}

fn unanswered(cluster: &ClusterName) -> Diagnostic {
    Diagnostic::error(
        "Change Not Answered",
        format!(
            "The change of aws-auth of cluster `{}` ended without an answer. This is a bug in the provider; please report it. Apply again: what \
             was written is then recognised.",
            cluster.name
        ),
    )
}
