//! Changes of access entries: judged by the lock-out guard before they are made, one at a time where they take something away, and proven after by the API
//! server itself where they touch what whoever acts stands on.
//!
//! A change that takes nothing waits for nobody, so hundreds of entries are made side by side. The proof asks by tokens that no API server has seen
//! (docs/decisions/0017). The way back goes through EKS, not through the cluster, so it stays open, and the proof can wait as long as EKS needs until a change
//! counts. Kubernetes actions: get on aws-auth in a mode that reads it; create on selfsubjectaccessreviews, which every authenticated user has.

mod proof;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::change::{AccessEntryChange, ClusterChange};
use eksauth_core::access::cluster_access::{Knowledge, Principal};
use eksauth_core::aws_auth::{self, Reading, read};
use tf_provider::Diagnostics;

use super::access_plan::{EntryBefore, NotedChange};
use super::access_turn::{AccessTurn, AccessTurns, HeldTurn};
use super::cluster_access::{authentication_mode, unreadable};
use super::departing::Departing;
use super::lockout_guard::{ClusterGuard, EntryProposal, JudgedEntry, Moment};
use super::role_listing::RoleListing;
use crate::aws_auth::PlanScope;
use crate::clusters::{ClusterRef, FoundCluster};
use crate::config::LockoutGuard;
use crate::ports::KubeApi;
use crate::session::Session;
use crate::session::recent::Recent;

pub(crate) use proof::Proof;

/// The guards of one provider configuration, one for each cluster.
pub struct EntryGuards {
    session: Arc<Session>,
    roles: Arc<RoleListing>,
    turns: Arc<AccessTurns>,
    clusters: Mutex<HashMap<ClusterRef, Arc<EntryGuard>>>,
}

impl EntryGuards {
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

    /// The guard of a cluster as it was found; its mode may be another one later.
    pub(crate) fn of_cluster(&self, cluster: &FoundCluster) -> Arc<EntryGuard> {
        let mode = authentication_mode(cluster);
        let make = || {
            let turn = self.turns.of_cluster(&cluster.reference);
            let kube = cluster.kubernetes().ok();
            let guard = kube.clone().and_then(|kube| {
                let (session, roles) = (self.session.clone(), self.roles.clone());
                ClusterGuard::new(session, cluster, kube, roles)
            });
            Arc::new(EntryGuard {
                mode: mode.id(),
                guard: guard.map(|guard| guard.taking_turns(turn.clone())),
                session: self.session.clone(),
                kube,
                turn,
                aws_auth: Recent::default(),
            })
        };
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        let known = clusters
            .get(&cluster.reference)
            .filter(|known| known.mode == mode.id() && known.kube.is_some());
        if let Some(known) = known {
            return known.clone();
        }
        let made = make();
        clusters.insert(cluster.reference.clone(), made.clone());
        made
    }
}

/// The guard of one cluster's access entries.
pub struct EntryGuard {
    /// `None` where the provider block turns it off, or the cluster has no API server yet.
    guard: Option<ClusterGuard>,
    session: Arc<Session>,
    kube: Option<Arc<dyn KubeApi>>,
    mode: &'static str,
    turn: Arc<AccessTurn>,
    aws_auth: Recent<Knowledge<Reading>>,
}

/// A change of one access entry, its policies included.
#[derive(Clone, Debug)]
pub(crate) struct EntryChange {
    /// Whose.
    pub(crate) principal_arn: String,
    /// As it is; `None` where there is none, or where it counts for nobody any more.
    pub(crate) before: Option<AccessEntry>,
    /// As it will be; `None` where it goes.
    pub(crate) after: Option<AccessEntry>,
    /// Who asks for it, as messages name it.
    pub(crate) resource: String,
    /// Whether it takes away with all that this configuration has in the cluster.
    pub(crate) is_teardown: bool,
    /// The name of the one policy that it is about; `None` where it is about the entry.
    pub(crate) policy: Option<String>,
}

impl EntryChange {
    /// What it does beside other changes of the same plan, which may be about the same entry.
    fn beside_others(&self, scope: PlanScope) -> Vec<ClusterChange> {
        let before = self.before.as_ref();
        let is_same = |change: &ClusterChange| match change {
            ClusterChange::AccessEntry(AccessEntryChange::Put(after)) => {
                before.is_some_and(|before| {
                    (&before.kind, &before.username, &before.groups)
                        == (&after.kind, &after.username, &after.groups)
                })
            }
            ClusterChange::AccessEntry(AccessEntryChange::Associate { policy, .. }) => {
                before.is_some_and(|before| before.policies.contains(policy))
            }
            _ => false,
        };
        let is_of_policy = |change: &ClusterChange, name: &str| match change {
            ClusterChange::AccessEntry(AccessEntryChange::Associate { policy, .. }) => {
                policy.name() == name
            }
            ClusterChange::AccessEntry(AccessEntryChange::Disassociate { policy_arn, .. }) => {
                policy_arn.ends_with(&format!("/{name}"))
            }
            _ => false,
        };
        // An entry that is made may be one that another address gives up.
        let is_new = scope == PlanScope::Others;
        let mut changes = self.changes();
        changes.retain(|change| match &self.policy {
            Some(name) => is_of_policy(change, name),
            None => is_new || !is_same(change),
        });
        changes
    }

    fn changes(&self) -> Vec<ClusterChange> {
        let principal_arn = || self.principal_arn.clone();
        let mut changes = Vec::new();
        match (&self.before, &self.after) {
            (_, Some(after)) => {
                changes.push(AccessEntryChange::Put(after.clone()));
                let before = self.before.iter().flat_map(|before| &before.policies);
                let goes = before.filter(|old| {
                    let mut new = after.policies.iter();
                    !new.any(|new| new.policy_arn == old.policy_arn)
                });
                changes.extend(goes.map(|policy| AccessEntryChange::Disassociate {
                    principal_arn: principal_arn(),
                    policy_arn: policy.policy_arn.clone(),
                }));
                let policies = after.policies.iter();
                changes.extend(policies.map(|policy| AccessEntryChange::Associate {
                    principal_arn: principal_arn(),
                    policy: policy.clone(),
                }));
            }
            (Some(_), None) => changes.push(AccessEntryChange::Remove {
                principal_arn: principal_arn(),
            }),
            (None, None) => {}
        }
        changes
            .into_iter()
            .map(ClusterChange::AccessEntry)
            .collect()
    }
}

/// A change as a plan has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlannedEntry {
    /// Whether other changes of the apply can make up for it.
    pub(crate) scope: PlanScope,
    /// Whether nobody says whose plan is whose.
    pub(crate) is_shared: bool,
}

/// A change that was let pass.
#[derive(Default)]
pub(crate) struct Begun {
    /// What is to be said of it.
    pub(crate) told: Diagnostics,
    /// What it was let pass on, where somebody may lose something.
    judged: Option<JudgedEntry>,
    /// What whoever acts may do, where the change touches it.
    proof: Option<Proof>,
    turn: Option<HeldTurn>,
}

/// Why a change that was made is taken back.
pub(crate) enum TakenBack {
    /// With what others changed meanwhile it does what the guard refuses.
    Judged(Diagnostics),
    /// Whoever acts has lost these.
    Lost(Vec<String>),
}

impl EntryGuard {
    /// Judges a change that was made once more by what there is now, and looks whether whoever acts has what it had. What is to be said of it.
    ///
    /// # Errors
    /// It is to be taken back.
    pub(crate) async fn end(
        &self,
        begun: &Begun,
        change: &EntryChange,
    ) -> Result<Diagnostics, TakenBack> {
        let mut told = Diagnostics::new();
        if let (Some(guard), true) = (&self.guard, begun.turn.is_some()) {
            let principal = Principal::from_arn(&change.principal_arn);
            let proposal = EntryProposal {
                aws_auth: &self.read_aws_auth().await,
                principal: &principal,
                before: change.before.as_ref(),
                changes: &change.changes(),
                resource: &change.resource,
                is_teardown: change.is_teardown,
                scope: PlanScope::Alone,
                moment: Moment::Done,
            };
            let again = guard.judge_entry_after(begun.judged.as_ref(), proposal);
            told = again.await.map_err(TakenBack::Judged)?;
        }
        let lost = match &begun.proof {
            Some(proof) => proof.lost().await,
            None => Vec::new(),
        };
        match lost.is_empty() {
            true => Ok(told),
            false => Err(TakenBack::Lost(lost)),
        }
    }

    /// Judges a planned change, and notes it for a judgement of all changes of the plan unless the provider serves many plans at once.
    ///
    /// # Errors
    /// The change is refused.
    pub(crate) async fn preview(
        &self,
        change: &EntryChange,
        planned: PlannedEntry,
    ) -> Result<Diagnostics, Diagnostics> {
        let Some(guard) = &self.guard else {
            return Ok(Diagnostics::new());
        };
        let clock = self.session.clock().as_ref();
        let aws_auth = self.aws_auth.get(clock, || self.read_aws_auth()).await;
        let principal = Principal::from_arn(&change.principal_arn);
        let changes = change.changes();
        let proposal = EntryProposal {
            aws_auth: &aws_auth,
            principal: &principal,
            before: change.before.as_ref(),
            changes: &changes,
            resource: &change.resource,
            is_teardown: change.is_teardown,
            scope: planned.scope,
            moment: Moment::Plan,
        };
        let judged = guard.judge_entry(proposal).await?;
        let mut told = judged.map(|judged| judged.told).unwrap_or_default();
        if !planned.is_shared {
            let changes = change.beside_others(planned.scope);
            told.extend(guard.note_of_entry(&proposal, changes).await);
        }
        Ok(told)
    }

    /// Notes a planned policy of an entry that the same apply makes: it may make up for what another change takes.
    pub(crate) fn note_associated(
        &self,
        principal_arn: &str,
        policy: AccessPolicy,
        resource: String,
    ) {
        let change = AccessEntryChange::Associate {
            principal_arn: principal_arn.to_owned(),
            policy,
        };
        self.turn.plan().note(NotedChange {
            resource,
            changes: vec![ClusterChange::AccessEntry(change)],
            takes: false,
            keeps_others: true,
            entry: Some(EntryBefore {
                principal: Principal::from_arn(principal_arn),
                entry: None,
            }),
        });
    }

    /// Judges what is about to be written. Nobody else of this configuration takes access away in the cluster until what it returns is dropped, if this does.
    ///
    /// # Errors
    /// The change is refused.
    pub(crate) async fn begin(
        &self,
        cluster: &FoundCluster,
        change: &EntryChange,
    ) -> Result<Begun, Diagnostics> {
        let Some(guard) = &self.guard else {
            return Ok(Begun::default());
        };
        self.turn.plan().end();
        let principal = Principal::from_arn(&change.principal_arn);
        let aws_auth = self.read_aws_auth().await;
        let changes = change.changes();
        let mut proposal = EntryProposal {
            aws_auth: &aws_auth,
            principal: &principal,
            before: change.before.as_ref(),
            changes: &changes,
            resource: &change.resource,
            is_teardown: change.is_teardown,
            scope: PlanScope::Alone,
            moment: Moment::Write,
        };
        let mut begun = Begun::default();
        let aws_auth_of_turn;
        if guard.entry_change_may_take_by_now(&proposal) {
            begun.turn = Some(self.turn.take().await);
            guard.look_at_mode_for_write().await?;
            aws_auth_of_turn = self.read_aws_auth().await;
            proposal.aws_auth = &aws_auth_of_turn;
            begun.judged = guard.judge_entry(proposal).await?;
            if let Some(judged) = &begun.judged {
                begun.told = judged.told.clone();
            }
        }
        let is_meant = change.is_teardown && self.is_teardown_meant(&cluster.reference.name);
        if change.before != change.after && !is_meant {
            begun.proof = Proof::begin(&self.session, cluster, &principal).await;
        }
        Ok(begun)
    }

    /// Whether the removal of all that this configuration has in a cluster is acknowledged.
    fn is_teardown_meant(&self, cluster: &str) -> bool {
        let meant = &self.session.settings().acknowledgements;
        self.guard.is_some() && meant.cover_teardown(cluster)
    }

    /// Whether an entry may be that of whoever acts, and nothing refuses its removal where all goes.
    pub(crate) async fn goes_last(&self, cluster: &FoundCluster, principal_arn: &str) -> bool {
        let principal = Principal::from_arn(principal_arn);
        let refuses = self.guard.is_some()
            && self.session.settings().lockout_guard != LockoutGuard::Warn
            && !self.is_teardown_meant(&cluster.reference.name)
            && !proof::is_acknowledged(&self.session, cluster, &principal);
        if refuses {
            return false;
        }
        let acting = proof::acting(&self.session, cluster).await;
        acting.is_none_or(|acting| acting == principal)
    }

    /// What goes where all of a configuration goes.
    pub(crate) fn departing(&self) -> &Departing {
        self.turn.departing()
    }

    /// Waits until nothing is open, as long as something goes on; how much is open then.
    pub(crate) async fn awaits_departure(&self, open: impl Fn() -> usize + Send) -> usize {
        let clock = self.session.clock().as_ref();
        self.departing().awaited(clock, open).await
    }

    /// Notes what was written, which EKS may list only later.
    pub(crate) fn note_written(&self, principal_arn: &str, entry: Option<AccessEntry>) {
        let now = self.session.clock().now();
        self.turn.note_written(principal_arn, entry, now);
    }

    async fn read_aws_auth(&self) -> Knowledge<Reading> {
        let mode = self.guard.as_ref().map(ClusterGuard::mode);
        let is_read = mode.is_some_and(AuthenticationMode::reads_config_map);
        let (Some(kube), true) = (&self.kube, is_read) else {
            return Knowledge::Known(Reading::default());
        };
        let found = kube.config_map(aws_auth::NAMESPACE, aws_auth::NAME).await;
        match found {
            Ok(found) => Knowledge::Known(read(&found.map(|found| found.data).unwrap_or_default())),
            Err(error) => Knowledge::Unreadable(unreadable(aws_auth::NAME, &error)),
        }
    }
}
