//! Writes of roles and bindings that could take power away: one at a time in a cluster, judged before, and proven after by the API server itself.
//!
//! Two removals at once would each see the other's binding and both be let pass; so a turn is taken before the judgement and kept until the write is done.
//! The proof asks what whoever acts may do, by SelfSubjectAccessReview, before the write and for a while after it: an API server learns of a change by a
//! watch, so a yes right after it proves nothing. Unlike aws-auth, RBAC is asked anew for each call, so no old token keeps a way back open (docs/decisions/0017):
//! what was taken is put back as long as whoever acts still may. Kubernetes actions: create on selfsubjectreviews and selfsubjectaccessreviews, which every
//! authenticated user has.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eksauth_core::access::cluster_access::Principal;
use eksauth_core::access::lockout::{Finding, FindingId, Severity};
use eksauth_core::kubernetes::rbac::PolicyRule;
use tf_provider::Diagnostics;
use tf_provider::claims::Going;

use super::access_turn::{AccessTurn, AccessTurns, RbacTurn};
pub(crate) use super::asked_rights::described;
use super::asked_rights::{as_rules_answer, questions};
use super::beside::Beside;
use super::concerned::Concerned;
use super::departing::{Departing, Stage};
use super::lockout_guard::{BeforeRbac, ClusterGuard, JudgedRbac, RbacProposal};
use super::role_listing::RoleListing;
use crate::clusters::{ClusterRef, FoundCluster};
use crate::config::LockoutGuard;
use crate::ports::access_review::{AccessQuestion, ReviewedUser};
use crate::ports::{ErrorKind, KubeApi};
use crate::session::Session;

/// How long a loss is looked for, and how often. A watch that is behind by more is not seen.
const LOOKED_FOR: Duration = Duration::from_millis(2500);
const INTERVAL: Duration = Duration::from_millis(500);

/// A removal of which something is to be said waits at plan for the plan of somebody who holds its objects, as a removal of an entry does.
const STEP: Duration = Duration::from_millis(25);
const STEPS: usize = 20;
const STEPS_OF_ALL: usize = 80;

/// The guards of one provider configuration, one for each cluster.
pub struct RbacGuards {
    session: Arc<Session>,
    roles: Arc<RoleListing>,
    turns: Arc<AccessTurns>,
    clusters: Mutex<HashMap<ClusterRef, Arc<RbacGuard>>>,
}

impl RbacGuards {
    pub(crate) fn new(
        session: Arc<Session>,
        roles: Arc<RoleListing>,
        turns: Arc<AccessTurns>,
    ) -> Self {
        Self {
            session,
            roles,
            turns,
            clusters: Mutex::default(),
        }
    }

    pub(crate) fn of_cluster(
        &self,
        cluster: &FoundCluster,
        kube: &Arc<dyn KubeApi>,
    ) -> Arc<RbacGuard> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let (session, roles) = (self.session.clone(), self.roles.clone());
            let turn = self.turns.of_cluster(&cluster.reference);
            let guard = ClusterGuard::new(session, cluster, kube.clone(), roles);
            Arc::new(RbacGuard {
                guard: guard.map(|guard| guard.taking_turns(turn.clone())),
                session: self.session.clone(),
                cluster: cluster.reference.name.clone(),
                turn,
                planned_steps: AtomicUsize::default(),
            })
        };
        clusters
            .entry(cluster.reference.clone())
            .or_insert_with(make)
            .clone()
    }
}

/// The guard of one cluster's roles and bindings.
pub struct RbacGuard {
    /// `None` where the provider block turns it off.
    guard: Option<ClusterGuard>,
    session: Arc<Session>,
    cluster: String,
    turn: Arc<AccessTurn>,
    /// How often a planned removal waited for who may hold its objects.
    planned_steps: AtomicUsize,
}

/// A binding of whoever acts that goes with all of a configuration.
#[derive(Clone, Copy)]
pub(crate) struct Departure<'a> {
    /// Among which others.
    pub(crate) going: &'a Going,
    /// Before which of those that wait as well.
    pub(crate) stage: Stage,
    /// Whether whoever acts has every right by it alone.
    pub(crate) gives_everything: bool,
    /// What other provider configurations remove.
    pub(crate) beside: Option<&'a Beside>,
}

/// What whoever acts may do before a write.
pub(crate) struct Standing {
    may: Vec<AccessQuestion>,
    session: Arc<Session>,
}

/// Whether a rule gives anything that whoever acts is asked about.
pub(crate) fn is_asked_about(rule: &PolicyRule) -> bool {
    let allows = |question: AccessQuestion| rule.allows(&as_rules_answer(question));
    questions().into_iter().any(allows)
}

impl RbacGuard {
    /// Nobody else of this configuration takes access away in the cluster until it is dropped.
    pub(crate) async fn turn(&self) -> RbacTurn<'_> {
        self.turn.take_for_rbac().await
    }

    /// Nothing is believed any more that was read before something was made.
    pub(crate) async fn note_made(&self) {
        self.turn.note_rbac_changed();
        if let Some(guard) = &self.guard {
            guard.forget_rbac().await;
        }
    }

    /// [`ClusterGuard::judge_rbac`].
    ///
    /// # Errors
    /// The change is refused.
    pub(crate) async fn judge(
        &self,
        proposal: RbacProposal<'_>,
    ) -> Result<JudgedRbac, Diagnostics> {
        match &self.guard {
            Some(guard) => guard.judge_rbac(proposal).await,
            None => Ok(JudgedRbac::default()),
        }
    }

    /// [`ClusterGuard::note_of_rbac`].
    pub(crate) async fn preview_together(
        &self,
        proposal: &RbacProposal<'_>,
        before: Option<&BeforeRbac>,
    ) -> Diagnostics {
        match &self.guard {
            Some(guard) => guard.note_of_rbac(proposal, before).await,
            None => Diagnostics::new(),
        }
    }

    /// True once `is_so` says it, for which a plan of which something is to be said waits a moment; all of a run together wait for two seconds.
    pub(crate) async fn awaits_plan(&self, is_so: impl Fn() -> bool + Send) -> bool {
        for _ in 0..STEPS {
            if is_so() {
                return true;
            }
            if self.planned_steps.fetch_add(1, Ordering::Relaxed) >= STEPS_OF_ALL {
                return false;
            }
            self.session.clock().sleep(STEP).await;
        }
        is_so()
    }

    /// Whether the removal of all that this configuration has in the cluster is acknowledged.
    pub(crate) fn is_teardown_meant(&self) -> bool {
        let meant = &self.session.settings().acknowledgements;
        self.guard.is_some() && meant.cover_teardown(&self.cluster)
    }

    /// Whether a change may concern whoever acts.
    pub(crate) async fn is_about_whoever_acts(
        &self,
        kube: &dyn KubeApi,
        concerned: &Concerned,
    ) -> bool {
        // A server before 1.28 does not say.
        let user = kube.self_subject_review().await;
        user.map_or(true, |user| concerned.has(&user))
    }

    /// What goes where all of a configuration goes.
    pub(crate) fn departing(&self) -> &Departing {
        self.turn.departing()
    }

    /// Waits until nothing is open and nothing failed, as long as something goes on, and then for those that go at the same moment; how much is open then.
    pub(crate) async fn awaits_departure(
        &self,
        departure: Departure<'_>,
        entries: impl Fn() -> usize + Send + Sync,
    ) -> usize {
        let Departure {
            going,
            stage,
            gives_everything,
            beside,
        } = departure;
        let (departing, clock) = (self.departing(), self.session.clock().as_ref());
        departing.note_waiting(&going.own, stage);
        if gives_everything {
            departing.note_covering(&going.own);
        }
        let open = || match departing.is_covered(&going.own) {
            true => 0,
            false => departing.open_before(&going.all, stage) + entries(),
        };
        let open = departing.awaited(clock, open).await;
        if departing.is_covered(&going.own) {
            return 0;
        }
        let open = open + departing.failed(&going.all);
        if open > 0 {
            return open;
        }
        if let Some(beside) = beside {
            let open = beside.awaited(clock, Some(stage)).await;
            if open > 0 {
                return open;
            }
        }
        let open = departing.with_its_stage(clock, &going.own, &going.all);
        open.await + departing.failed(&going.all)
    }

    /// Notes that a binding by which whoever acts may remove the rest stays.
    pub(crate) fn note_own_binding_stays(&self, label: &str) {
        self.turn.note_own_binding_stays(label);
    }

    /// [`ClusterGuard::judge_rbac_after`].
    ///
    /// # Errors
    /// What was done is what the guard refuses.
    pub(crate) async fn judge_after(
        &self,
        before: BeforeRbac,
        proposal: RbacProposal<'_>,
    ) -> Result<Diagnostics, Diagnostics> {
        match &self.guard {
            Some(guard) => guard.judge_rbac_after(before, proposal).await,
            None => Ok(Diagnostics::new()),
        }
    }

    /// What whoever acts may do now; `None` where a change does not concern it, its loss is meant, or the API server does not tell.
    pub(crate) async fn standing(
        &self,
        kube: &dyn KubeApi,
        concerned: &Concerned,
    ) -> Option<Standing> {
        let settings = self.session.settings();
        let is_off = self.guard.is_none() || settings.lockout_guard == LockoutGuard::Warn;
        if is_off || !settings.confirm_access || concerned.is_nobody() {
            return None;
        }
        match kube.self_subject_review().await {
            Ok(user) if !concerned.has(&user) || self.is_acknowledged(&user) => return None,
            Ok(_) => {}
            // A server before 1.28 does not say who acts, so it is asked what it may do.
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) => {
                tracing::info!(%error, "a change of bindings is not confirmed, because the API server does not say who acts");
                return None;
            }
        }
        let mut may = Vec::new();
        for question in questions() {
            match kube.self_subject_access_review(question).await {
                Ok(true) => may.push(question),
                Ok(false) => {}
                Err(error) => {
                    tracing::info!(%error, "a change of bindings is not confirmed, because the API server answers no such question");
                    return None;
                }
            }
        }
        Some(Standing {
            may,
            session: self.session.clone(),
        })
    }

    /// Whether the loss of whoever acts is meant.
    fn is_acknowledged(&self, user: &ReviewedUser) -> bool {
        let arn = user.extra("canonicalArn").or_else(|| user.extra("arn"));
        let Some(principal) = arn.map(Principal::from_arn) else {
            return false;
        };
        let finding = Finding {
            id: FindingId::RunningIdentity,
            severity: Severity::Error,
            cluster: self.cluster.clone(),
            arn: principal.arn,
            reason: String::new(),
            notes: Vec::new(),
        };
        self.session.settings().acknowledgements.cover(&finding)
    }
}

impl Standing {
    /// What whoever acts could do before and cannot now, told twice; nothing where it has all that it had.
    pub(crate) async fn lost(&self, kube: &dyn KubeApi) -> Vec<AccessQuestion> {
        let clock = self.session.clock();
        let began = clock.now();
        let mut before = Vec::new();
        loop {
            let lost = self.lost_now(kube).await;
            let is_told_twice = !lost.is_empty() && lost == before;
            let waited = clock.now().duration_since(began).unwrap_or_default();
            if is_told_twice || (waited >= LOOKED_FOR && lost.is_empty()) {
                return lost;
            }
            if waited >= LOOKED_FOR.saturating_mul(2) {
                return lost;
            }
            before = lost;
            clock.sleep(INTERVAL).await;
        }
    }

    /// No answer tells nothing.
    async fn lost_now(&self, kube: &dyn KubeApi) -> Vec<AccessQuestion> {
        let mut lost = Vec::new();
        for question in &self.may {
            if let Ok(false) = kube.self_subject_access_review(*question).await {
                lost.push(*question);
            }
        }
        lost
    }
}
