//! Gathers the changes that arrive within a moment and writes them as one [batch](super::batch).
//!
//! A task of its own makes the writes, so that a change whose resource is cancelled or gone takes nobody down with it. What changes the caller's
//! own entry waits until nothing else comes.

use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::diagnostics;
use super::last_write::LastWrite;
use super::pending::{Pending, Relations};
use super::request::EntryKey;
use super::writer::Writer;
use crate::aws_auth::diagnostics::ClusterName;

/// A batch in which everybody is who was in the last one closes when nothing came for this long.
const QUIET: Duration = Duration::from_millis(25);
/// A batch that keeps growing is written after this long.
const LONGEST: Duration = Duration::from_secs(10);
/// A removal in doubt waits this long after anything else has moved.
const IN_DOUBT_QUIET: Duration = Duration::from_millis(250);
/// The caller's own entry waits for others this long.
const CALLER_QUIET: Duration = Duration::from_secs(1);
/// It waits no longer than this altogether.
const CALLER_LONGEST: Duration = Duration::from_secs(60);

/// Changes that wait to be written.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Vec<Pending>,
    /// Removals of what somebody may hold who did not come yet.
    in_doubt: Vec<Pending>,
    /// A task serves the queue.
    is_served: bool,
    last_write: LastWrite,
}

impl Writer {
    /// Lets a change wait for the next batch.
    pub(super) fn enqueue(self: &Arc<Self>, pending: Pending) {
        let mut queue = self.queue();
        queue.waiting.push(pending);
        if !queue.is_served {
            queue.is_served = true;
            tokio::spawn(self.clone().serve());
        }
    }

    /// Serves the queue until it stays empty.
    async fn serve(self: Arc<Self>) {
        let _freed_on_panic = FreedOnPanic(&self);
        let mut held_back = CallerChanges::default();
        loop {
            let requests = self.gather(self.patience(&held_back)).await;
            if !requests.is_empty() {
                let (began, size) = (self.clock().now(), requests.len());
                self.serve_batch(requests, &mut held_back).await;
                let ended = self.clock().now();
                let mut queue = self.queue();
                queue.last_write = LastWrite {
                    under_way: size + queue.waiting.len(),
                    took: ended.duration_since(began).unwrap_or_default(),
                    ended,
                };
                drop(queue);
                if !held_back.is_overdue(self.clock().now()) {
                    continue;
                }
            }
            if self.serve_in_doubt().await {
                continue;
            }
            self.serve_caller(std::mem::take(&mut held_back)).await;
            let mut queue = self.queue();
            if queue.waiting.is_empty() && queue.in_doubt.is_empty() {
                queue.is_served = false;
                return;
            }
        }
    }

    /// How long to wait for the next request where none has come.
    fn patience(&self, held_back: &CallerChanges) -> Duration {
        if !self.queue().in_doubt.is_empty() {
            IN_DOUBT_QUIET
        } else if !held_back.requests.is_empty() {
            CALLER_QUIET
        } else {
            QUIET
        }
    }

    /// Nothing moves any more: one of the removals in doubt goes. False if there is none.
    async fn serve_in_doubt(&self) -> bool {
        let mut in_doubt = std::mem::take(&mut self.queue().in_doubt);
        let any = self.answer_held(&mut in_doubt) || !in_doubt.is_empty();
        let left = self.let_one_go(in_doubt).await;
        self.queue().in_doubt.extend(left);
        any
    }

    /// Takes the removals in doubt out of a batch, but for those whose entry another request of it wants, and adds those that waited for one.
    fn sort_out_doubt(&self, mut requests: Vec<Pending>) -> Vec<Pending> {
        let wanted: BTreeSet<EntryKey> = requests
            .iter()
            .flat_map(|pending| &pending.request.upserts)
            .map(|upsert| EntryKey::from_entry(&upsert.entry))
            .collect();
        let is_awaited = |pending: &Pending| !pending.request.names().is_disjoint(&wanted);
        let mut queue = self.queue();
        let came: Vec<Pending> = queue
            .in_doubt
            .extract_if(.., |pending| is_awaited(pending))
            .collect();
        let doubted: Vec<Pending> = requests
            .extract_if(.., |pending| {
                pending.request.is_in_doubt() && !is_awaited(pending)
            })
            .collect();
        queue.in_doubt.extend(doubted);
        requests.extend(came);
        requests
    }

    /// Writes what does not concern the caller's own entry, and holds back what does.
    async fn serve_batch(&self, requests: Vec<Pending>, held_back: &mut CallerChanges) {
        let requests = self.sort_out_doubt(drop_cancelled(&self.name, requests));
        if requests.is_empty() {
            return;
        }
        let document = match self.documents.document_now().await {
            Ok(document) => document,
            Err(error) => {
                held_back.others_failed = true;
                return self.fail_all(requests, &error).await;
            }
        };
        let relations = Relations::between(requests.iter().map(|pending| &pending.request));
        let (callers, others): (Vec<_>, Vec<_>) = requests.into_iter().partition(|pending| {
            self.caller_entry()
                .is_some_and(|entry| entry.is_touched_by(&document, &pending.request, &relations))
        });
        if !callers.is_empty() {
            held_back.since.get_or_insert_with(|| self.clock().now());
            held_back.requests.extend(callers);
        }
        if !others.is_empty() {
            held_back.others_failed |= !self.write_and_take_along(others, Some(document)).await;
        }
    }

    /// The turn of the caller's own entry: nothing else came for a while.
    async fn serve_caller(&self, held_back: CallerChanges) {
        if held_back.requests.is_empty() {
            return;
        }
        if held_back.others_failed {
            for pending in held_back.requests {
                pending.answer(Err(diagnostics::callers_entry_kept(&self.name).into()));
            }
            return;
        }
        let requests = self.hand_on(drop_cancelled(&self.name, held_back.requests));
        if !requests.is_empty() {
            self.write_and_take_along(requests, None).await;
        }
    }

    /// Waits until a batch is complete. Empty: nothing came.
    async fn gather(&self, until: Duration) -> Vec<Pending> {
        let (mut size_before, expected) = {
            let queue = self.queue();
            let expected = queue.last_write.expected_next(self.clock().now());
            (queue.waiting.len(), expected)
        };
        let (mut waited, mut quiet_for) = (Duration::ZERO, Duration::ZERO);
        let mut answered = self.memory().answered;
        loop {
            self.clock().sleep(QUIET).await;
            waited += QUIET;
            let mut queue = self.queue();
            let size = queue.waiting.len();
            quiet_for = if size == size_before {
                quiet_for + QUIET
            } else {
                Duration::ZERO
            };
            // Fewer will be more; more than were expected are perhaps not all.
            let quiet = if size == expected.changes {
                QUIET
            } else {
                expected.patience
            };
            if size > 0 && (quiet_for >= quiet || waited >= LONGEST) {
                return std::mem::take(&mut queue.waiting);
            }
            if size == 0 && self.has_moved(&mut queue, &mut answered) {
                waited = Duration::ZERO;
            }
            if size == 0 && waited >= until {
                return Vec::new();
            }
            size_before = size;
        }
    }

    /// True if somebody was answered without waiting since, or whoever waited for him is now.
    fn has_moved(&self, queue: &mut Queue, answered: &mut u64) -> bool {
        let before = std::mem::replace(answered, self.memory().answered);
        self.answer_held(&mut queue.in_doubt) || before != *answered
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes of the caller's own entry, held back until the others are written.
#[derive(Default)]
struct CallerChanges {
    requests: Vec<Pending>,
    /// When the first of them came.
    since: Option<SystemTime>,
    /// Others failed before them.
    others_failed: bool,
}

impl CallerChanges {
    fn is_overdue(&self, now: SystemTime) -> bool {
        self.since
            .and_then(|since| now.duration_since(since).ok())
            .is_some_and(|waited| waited >= CALLER_LONGEST)
    }
}

/// Gives the queue free even if serving it ended by a panic; whoever waits then hears that nobody answers.
struct FreedOnPanic<'a>(&'a Writer);

impl Drop for FreedOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.queue();
            queue.is_served = false;
            queue.waiting.clear();
            queue.in_doubt.clear();
        }
    }
}

/// Answers those whose operation was cancelled, and returns the others.
pub(super) fn drop_cancelled(cluster: &ClusterName, requests: Vec<Pending>) -> Vec<Pending> {
    let (cancelled, left): (Vec<_>, Vec<_>) = requests
        .into_iter()
        .partition(|pending| pending.cancel.is_cancelled());
    for pending in cancelled {
        let reason = if pending.maybe_written {
            diagnostics::cancelled_unsure(cluster)
        } else {
            diagnostics::cancelled_before(cluster)
        };
        pending.answer(Err(reason.into()));
    }
    left
}
