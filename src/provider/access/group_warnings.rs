//! What a plan says of groups: once for a cluster, and nothing that the plan itself may make right.
//!
//! Terraform plans object by object, and a binding may depend on the entry whose group it binds. So only an entry that stays as it is tells, nothing is told of
//! a group that was planned to be bound, or given, until then, and what is told is said of the cluster as it is before the plan. Kubernetes verb: `list` on
//! roles and bindings, four calls; access entries are read only where a bound group is none of aws-auth's.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::findings::{GroupFinding, are_the_same, group_findings, maps_own_groups};
use eksauth_core::aws_auth::Reading;
use tf_provider::Attr;
use tokio_util::sync::CancellationToken;

use super::cluster_access::{access_entries, authentication_mode};
use super::group_findings::cluster_rbac;
use crate::clusters::{ClusterRef, FoundCluster};
use crate::session::Session;
use crate::session::cancellable_wait::wait;

const UNBOUND: &str = "group.unbound";
const NOBODY_MAPPED: &str = "group.nobody_mapped";
const ROLE_MISSING: &str = "group.role_missing";
const MAY_BECOME_ADMIN: &str = "privilege.group_may_become_admin";
/// What a plan tells, by id.
pub(crate) const TOLD_IN_PLANS: [&str; 4] =
    [UNBOUND, NOBODY_MAPPED, ROLE_MISSING, MAY_BECOME_ADMIN];
/// What could not be judged is for those who ask, not for every plan.
const NOT_JUDGED: &str = "group.not_judged";

/// A plan waits for no more than what it says.
const LONGEST: Duration = Duration::from_secs(15);

/// How often, and after how long each time, it is looked whether what is planned at the same time makes a finding right.
const LOOKS: usize = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// A set of groups as a plan has it.
type Groups = Attr<BTreeSet<Attr<String>>>;

/// What one provider configuration was told, and tells, of groups.
pub struct GroupWarnings {
    session: Arc<Session>,
    told: Mutex<HashSet<ClusterRef>>,
    planned: Mutex<Planned>,
}

/// The groups of all objects that were planned so far, of whatever cluster.
#[derive(Default)]
struct Planned {
    bound: Names,
    mapped: Names,
}

/// Names, some of which may not be known yet.
#[derive(Default)]
struct Names {
    known: BTreeSet<String>,
    has_unknown: bool,
}

impl Names {
    fn add(&mut self, groups: &Groups) {
        self.has_unknown |= groups.is_unknown();
        for group in groups.known().into_iter().flatten() {
            match group.known() {
                Some(group) => {
                    self.known.insert(group.clone());
                }
                None => self.has_unknown = true,
            }
        }
    }
}

impl GroupWarnings {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            told: Mutex::default(),
            planned: Mutex::default(),
        }
    }

    /// Notes what a planned binding binds.
    pub(crate) fn note_bound(&self, groups: &Groups) {
        self.planned().bound.add(groups);
    }

    /// Notes what a planned entry gives.
    pub(crate) fn note_mapped(&self, groups: &Groups) {
        self.planned().mapped.add(groups);
    }

    /// What is to be said of the groups of a cluster with this aws-auth; nothing to all who ask after the first.
    pub(crate) async fn take(
        &self,
        cancel: &CancellationToken,
        cluster: &FoundCluster,
        reading: &Reading,
    ) -> Vec<GroupFinding> {
        let is_wanted = TOLD_IN_PLANS.iter().any(|id| !self.is_suppressed(id));
        let is_worth_a_look =
            authentication_mode(cluster).reads_config_map() && maps_own_groups(reading);
        if !is_wanted || !is_worth_a_look || !self.is_first(cluster) {
            return Vec::new();
        }
        let clock = self.session.clock();
        let mut found = tokio::select! {
            biased;
            found = findings(cluster, reading) => found,
            () = clock.sleep(LONGEST) => {
                tracing::info!(cluster = %cluster.reference.name, "the API server did not list roles and bindings in time, so nothing is said about groups");
                return Vec::new();
            }
        };
        found.retain(|finding| {
            if finding.id == NOT_JUDGED {
                tracing::info!(cluster = %cluster.reference.name, finding = %finding.text, "not everything is said about groups");
            }
            finding.id != NOT_JUDGED && !self.is_suppressed(finding.id)
        });
        for _ in 0..LOOKS {
            found.retain(|finding| !self.is_made_right(finding));
            let waits = found.iter().any(|finding| finding.id != MAY_BECOME_ADMIN);
            if !waits || wait(clock.as_ref(), cancel, BETWEEN_LOOKS).await.is_err() {
                break;
            }
        }
        found.retain(|finding| !self.is_made_right(finding));
        found
    }

    fn is_suppressed(&self, id: &str) -> bool {
        self.session.settings().suppress_findings.contains(id)
    }

    fn is_first(&self, cluster: &FoundCluster) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(cluster.reference.clone())
    }

    /// Whether what was planned so far may be what is missing.
    fn is_made_right(&self, finding: &GroupFinding) -> bool {
        let planned = self.planned();
        let group = finding.group.as_str();
        match finding.id {
            UNBOUND | ROLE_MISSING => {
                let mut bound = planned.bound.known.iter();
                planned.bound.has_unknown || bound.any(|bound| are_the_same(group, bound))
            }
            NOBODY_MAPPED => {
                let mut mapped = planned.mapped.known.iter();
                planned.mapped.has_unknown || mapped.any(|mapped| are_the_same(mapped, group))
            }
            _ => false,
        }
    }

    fn planned(&self) -> MutexGuard<'_, Planned> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The findings of a cluster with this aws-auth.
async fn findings(cluster: &FoundCluster, reading: &Reading) -> Vec<GroupFinding> {
    let rbac = cluster_rbac(cluster).await;
    let mut view = ClusterView {
        mode: authentication_mode(cluster),
        aws_auth: Knowledge::Known(reading.clone()),
        access_entries: Knowledge::Known(Vec::new()),
    };
    let found = group_findings(&view, &rbac);
    let is_about_bindings = found.iter().any(|finding| finding.id == NOBODY_MAPPED);
    if !is_about_bindings || !view.mode.reads_access_entries() {
        return found;
    }
    view.access_entries = access_entries(cluster).await;
    let of_aws_auth = found.into_iter();
    let of_bindings = group_findings(&view, &rbac).into_iter();
    // What access entries give is not this plan's.
    of_aws_auth
        .filter(|finding| finding.id != NOBODY_MAPPED)
        .chain(of_bindings.filter(|finding| finding.id == NOBODY_MAPPED))
        .collect()
}

#[cfg(test)]
mod tests;
