//! What a plan makes of access in a cluster: a change that the guard refuses as things are waits for it, because Terraform starts the two in no order.
//!
//! Each planned entry of aws-auth, access entry, association and binding that is made or changed is noted with the plan (docs/decisions/0016). A change that is refused at apply is judged
//! anew each time that one of them is done. Where the plan makes nothing, or nothing of it comes any more, the refusal stands.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tf_provider::claims::PlannedGroup;
use tf_provider::resource::Private;
use tf_provider::{Attr, Context, Diagnostics};

use super::lockout_guard::is_refusal;
use crate::session::Session;
use crate::session::cancellable_wait::wait;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(250);

/// So long the next thing that the plan makes is waited for. With few slots of `-parallelism` it may come only after the refusal.
const MOST_QUIET: Duration = Duration::from_secs(30);

/// What was made in this apply, or could not be.
pub(crate) struct Makings {
    session: Arc<Session>,
    done: Mutex<Done>,
}

#[derive(Default)]
struct Done {
    objects: BTreeSet<String>,
    /// How many were done when a wait was last given up: it is not worth another one until there are more.
    given_up_at: Option<usize>,
}

impl Makings {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            done: Mutex::default(),
        }
    }

    /// What the plan of a change makes beside it.
    pub(crate) fn awaited<C>(&self, cx: &Context<C>, change: Change<'_>) -> Awaited<'_> {
        let planned = change.cluster_arn.known().map(|arn| {
            cx.claims
                .planned_group(&change.private.entries, &group(arn))
        });
        Awaited {
            makings: self,
            own: change.own.iter().map(|own| making_of(own)).collect(),
            planned: planned.unwrap_or_default(),
            open: 0,
        }
    }

    /// Notes that an object of the plan is made, or could not be.
    pub(crate) fn note_done(&self, object: &Attr<String>) {
        if let Attr::Known(object) = object {
            self.done().objects.insert(making_of(object));
        }
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn group(cluster_arn: &str) -> String {
    format!("makes {cluster_arn}")
}

/// Another text than that by which an object is held.
fn making_of(object: &str) -> String {
    format!("making of {object}")
}

/// Notes at plan that something is to be made or changed that may give access.
pub(crate) fn note_planned<C>(cx: &Context<C>, cluster_arn: &Attr<String>, object: &str) {
    if let Some(arn) = cluster_arn.known() {
        cx.claims.note_going(&group(arn), &making_of(object));
    }
}

/// A change that may have to wait.
pub(crate) struct Change<'a> {
    /// Of a planned removal; else empty.
    pub(crate) private: &'a Private,
    pub(crate) cluster_arn: &'a Attr<String>,
    /// What it makes itself.
    pub(crate) own: Vec<String>,
}

/// What the plan of a change makes beside it.
pub(crate) struct Awaited<'m> {
    makings: &'m Makings,
    own: Vec<String>,
    planned: PlannedGroup,
    /// What was open when the change was tried last.
    open: usize,
}

impl Awaited<'_> {
    /// Begins a try. True while the plan makes something that is not done.
    pub(crate) fn begin(&mut self) -> bool {
        self.open = self.open_now();
        self.open > 0
    }

    /// Notes that what the change makes is made, or could not be.
    pub(crate) fn note_done(&self) {
        let mut done = self.makings.done();
        done.objects.extend(self.own.iter().cloned());
    }

    fn open_now(&self) -> usize {
        let done = self.makings.done();
        self.planned.open(done.objects.iter().chain(&self.own))
    }

    /// Whether a change that was refused is worth another try: waits until one more thing of the plan is done. Nobody waits meanwhile for what it makes.
    pub(crate) async fn is_worth_another_try<C>(
        &self,
        cx: &Context<C>,
        reasons: &Diagnostics,
    ) -> bool {
        self.note_done();
        is_refusal(reasons) && self.await_one(cx).await
    }

    /// Waits until one more thing of the plan is done; false where none comes, and at Ctrl-C.
    pub(crate) async fn await_one<C>(&self, cx: &Context<C>) -> bool {
        let clock = self.makings.session.clock();
        let mut quiet = Duration::ZERO;
        if self.open == 0 {
            return false;
        }
        loop {
            if self.open_now() < self.open {
                return true;
            }
            let is_given_up = {
                let mut done = self.makings.done();
                let count = done.objects.len();
                if quiet >= MOST_QUIET {
                    done.given_up_at = Some(count);
                }
                done.given_up_at == Some(count)
            };
            if is_given_up || wait(clock.as_ref(), &cx.cancel, INTERVAL).await.is_err() {
                return false;
            }
            quiet += INTERVAL;
        }
    }
}
