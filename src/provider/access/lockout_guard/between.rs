//! The guard's judgement of two whole states of a cluster, for whoever has both: a finished plan. Everything is read as for a write.

use std::collections::BTreeSet;

use eksauth_core::access::change::{ClusterChange, ClusterState, UnderOneRbac, show_real_names};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{Assessment, Circumstances, assess, may_take_away};

use super::ClusterGuard;
use super::access_entries::ChangingEntries;
use crate::access::cluster_access::unreadable;
use crate::ports::ApiError;
use crate::ports::rbac::{RbacObjects, Subject, UnreadParts};

/// Who will make a change.
#[derive(Clone, Debug, Default)]
pub struct Applying {
    /// Who, in canonical form, where it is not whoever runs this step.
    pub principals: Vec<Principal>,
    /// Why it is not known who.
    pub unknown: Option<String>,
}

/// A change between two states.
#[derive(Clone, Copy, Debug)]
pub struct Between<'a> {
    /// What is there.
    pub before: &'a ClusterView,
    /// What is done, in this order.
    pub changes: &'a [ClusterChange],
    /// Who does it.
    pub applying: &'a Applying,
    /// Principals that the change itself deletes from IAM, by canonical ARN.
    pub deleted: &'a BTreeSet<String>,
}

/// What the guard makes of it.
#[derive(Clone, Debug, Default)]
pub struct JudgedBetween {
    /// Who gains and loses, and what is grave about it.
    pub assessment: Assessment,
    /// What could not be read.
    pub unread: Vec<String>,
    /// Who makes the change, as far as that is known.
    pub running: Vec<Principal>,
    /// Whether it asked for anything because somebody may lose something.
    pub has_read: bool,
}

/// Two states that were read or worked out.
#[derive(Clone, Debug)]
pub(super) struct TwoStates {
    pub(super) before: ClusterState,
    pub(super) after: ClusterState,
    /// Access entries that change, where the states do not have all of them.
    pub(super) entries: ChangingEntries,
    /// What could not be read of them.
    pub(super) unread: Vec<String>,
}

impl TwoStates {
    /// Whether nobody may have less, which takes no call to say.
    fn take_nothing_away(&self) -> bool {
        if !self.entries.are_none() {
            return false;
        }
        match UnderOneRbac::between(&self.before, &self.after) {
            Some(both) => !both.may_take_away(),
            None => !may_take_away(&self.before.view, &self.after.view),
        }
    }

    /// The judgement with the entries that are known by now.
    fn assess(&self, mut circumstances: Circumstances) -> Assessment {
        let described = self.entries.before(&circumstances.described);
        let described_after = self.entries.after(&circumstances.described);
        let known = [&described, &described_after];
        let Some(both) = UnderOneRbac::knowing_both(&self.before, &self.after, known) else {
            if !self.entries.are_none() {
                circumstances.described = described;
                circumstances.described_after = Some(described_after);
            }
            return assess(&self.before.view, &self.after.view, &circumstances);
        };
        circumstances.rbac = both.rbac;
        circumstances.less_bound = both.less;
        if matches!(self.before.view.access_entries, Knowledge::Unreadable(_)) {
            circumstances.described = both.described;
            circumstances.described_after = Some(both.described_after);
        }
        let mut assessment = assess(&both.before, &both.after, &circumstances);
        for comparison in &mut assessment.comparisons {
            show_real_names(&mut comparison.before);
            show_real_names(&mut comparison.after);
        }
        assessment
    }
}

impl ClusterGuard {
    /// Judges a change between two states. Where nobody may lose anything it asks nothing.
    pub async fn judge_between(&self, between: Between<'_>) -> JudgedBetween {
        let (before, mut unread) = self.state(between.before, between.changes).await;
        let unfound = before.unfound(between.changes).into_iter();
        unread.extend(unfound.map(|binding| {
            format!(
                "a binding of `{}` to {} goes, and the cluster has none that says so",
                binding.role,
                words(&binding.subjects)
            )
        }));
        let states = TwoStates {
            after: before.after(between.changes),
            before,
            entries: ChangingEntries::default(),
            unread,
        };
        let who = (between.applying, between.deleted);
        self.judge_states(states, who).await
    }

    /// The same of states that were read.
    pub(super) async fn judge_states(
        &self,
        states: TwoStates,
        (applying, deleted): (&Applying, &BTreeSet<String>),
    ) -> JudgedBetween {
        if states.take_nothing_away() {
            let circumstances = Circumstances {
                cluster: self.cluster.clone(),
                running: applying.principals.clone(),
                protected: self.protected(),
                ..Circumstances::default()
            };
            return JudgedBetween {
                assessment: states.assess(circumstances),
                running: applying.principals.clone(),
                unread: states.unread,
                ..JudgedBetween::default()
            };
        }
        let facts = self.facts().await;
        let as_applied = |circumstances: &Circumstances| {
            let mut circumstances = applying.adjust(circumstances);
            circumstances.iam.gone.extend(deleted.iter().cloned());
            circumstances
        };
        let mut judged = self
            .judged_by(&facts, |circumstances, _| {
                states.assess(as_applied(circumstances))
            })
            .await;
        if applying.is_told() {
            // Who runs this step does not matter then.
            let caller = facts.caller.unread.as_ref();
            judged.unread.retain(|reason| Some(reason) != caller);
        }
        for reason in states.unread {
            if !judged.unread.contains(&reason) {
                judged.unread.push(reason);
            }
        }
        JudgedBetween {
            running: match applying.is_told() {
                true => applying.principals.clone(),
                false => facts.running.clone(),
            },
            assessment: judged.assessment,
            unread: judged.unread,
            has_read: true,
        }
    }
}

impl ClusterGuard {
    /// The state with RBAC where the changes are about it, and why that could not be read.
    pub(super) async fn state(
        &self,
        before: &ClusterView,
        changes: &[ClusterChange],
    ) -> (ClusterState, Vec<String>) {
        let is_of_rbac = |change: &ClusterChange| matches!(change, ClusterChange::Rbac(_));
        match changes.iter().any(is_of_rbac) {
            true => self.state_with_rbac(before).await,
            false => (
                ClusterState {
                    view: before.clone(),
                    rbac: None,
                },
                Vec::new(),
            ),
        }
    }

    /// The same whatever the changes are about. What could be read counts, whatever could not.
    pub(super) async fn state_with_rbac(&self, view: &ClusterView) -> (ClusterState, Vec<String>) {
        let mut state = ClusterState {
            view: view.clone(),
            rbac: None,
        };
        let (of_cluster, of_kube_system) =
            tokio::join!(self.kube.cluster_rbac(), self.kube.kube_system_rbac());
        let mut unread = Vec::new();
        let mut read = |part: Result<RbacObjects, ApiError>| {
            part.map_err(|error| unread.push(unreadable("RBAC", &error)))
                .ok()
        };
        let (of_cluster, of_kube_system) = (read(of_cluster), read(of_kube_system));
        if of_cluster.is_some() || of_kube_system.is_some() {
            let parts = UnreadParts {
                of_cluster: of_cluster.is_none(),
                of_kube_system: of_kube_system.is_none(),
            };
            let (of_cluster, of_kube_system) = (
                of_cluster.unwrap_or_default(),
                of_kube_system.unwrap_or_default(),
            );
            state.rbac = Some(RbacObjects {
                roles: of_kube_system.roles,
                role_bindings: of_kube_system.role_bindings,
                unread: parts,
                ..of_cluster
            });
        }
        (state, unread)
    }
}

/// group `developers`, user `ann`
fn words(subjects: &[Subject]) -> String {
    let words: Vec<String> = subjects
        .iter()
        .map(|subject| match subject {
            Subject::Group(name) => format!("group `{name}`"),
            Subject::User(name) => format!("user `{name}`"),
        })
        .collect();
    match words.is_empty() {
        true => "nobody".to_owned(),
        false => words.join(", "),
    }
}

impl Applying {
    fn is_told(&self) -> bool {
        !self.principals.is_empty() || self.unknown.is_some()
    }

    /// Whoever runs this step counts only where it is the one that applies.
    fn adjust(&self, circumstances: &Circumstances) -> Circumstances {
        let mut circumstances = circumstances.clone();
        if !self.is_told() {
            return circumstances;
        }
        circumstances.running.clone_from(&self.principals);
        circumstances.unread_caller.clone_from(&self.unknown);
        let applies = |principal: &Principal| self.principals.contains(principal);
        circumstances.acting = circumstances
            .acting
            .filter(|acting| acting.principal.as_ref().is_some_and(applies));
        circumstances
    }
}
