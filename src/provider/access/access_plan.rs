//! What a plan has in mind, so far, for access to one cluster: entries of aws-auth, access entries, roles and bindings of one provider configuration.
//!
//! Terraform plans object by object, in no order. What a change does by itself its own plan says; what only several do together the plan says that comes last.
//! Once something is written nothing is noted any more: Terraform plans again at apply, and each write is judged by what there is then.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::change::{AccessEntryChange, AwsAuthChange, ClusterChange, RbacChange};
use eksauth_core::access::cluster_access::Principal;
use eksauth_core::access::lockout::{Finding, FindingId};

/// The changes of one cluster.
#[derive(Default)]
pub(crate) struct AccessPlan {
    noted: Mutex<Noted>,
    /// How many changes were judged together last. Who judges holds it, so that those who wait find theirs judged with the others.
    pub(crate) judged: tokio::sync::Mutex<usize>,
}

#[derive(Default)]
struct Noted {
    is_over: bool,
    changes: Vec<NotedChange>,
    /// Resources whose change alone takes from somebody what makes an administrator, or concerns whoever acts.
    of_power: BTreeSet<String>,
    /// What was said of one change, or of several.
    told: BTreeSet<(FindingId, String)>,
    /// The same of what was acknowledged.
    acknowledged: BTreeSet<(FindingId, String)>,
}

/// What one resource plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotedChange {
    /// Who asks for it, as messages name it.
    pub(crate) resource: String,
    /// What is done.
    pub(crate) changes: Vec<ClusterChange>,
    /// Whether somebody may have less by it.
    pub(crate) takes: bool,
    /// Whether the plan is known to keep what this provider has in the cluster.
    pub(crate) keeps_others: bool,
    /// The access entry that it is about, as it is.
    pub(crate) entry: Option<EntryBefore>,
}

/// A principal's access entry before a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryBefore {
    pub(crate) principal: Principal,
    /// `None` where there is none, or where it counts for nobody.
    pub(crate) entry: Option<AccessEntry>,
}

impl NotedChange {
    pub(crate) fn is_of_rbac(&self) -> bool {
        let mut changes = self.changes.iter();
        changes.any(|change| matches!(change, ClusterChange::Rbac(_)))
    }
}

impl AccessPlan {
    /// Notes that a change alone may take what makes an administrator, or concerns whoever acts.
    pub(crate) fn note_power(&self, resources: &[String]) {
        self.noted().of_power.extend(resources.iter().cloned());
    }

    /// Notes a change. True if it and another one both take something, so that together they may take more than each alone.
    ///
    /// Entries of aws-auth stand for different principals, so only those that alone take power take it together. A binding may be what another entry counts on.
    pub(crate) fn note(&self, change: NotedChange) -> bool {
        let mut noted = self.noted();
        if noted.is_over || change.changes.is_empty() {
            return false;
        }
        if !noted.changes.contains(&change) {
            noted.changes.push(change.clone());
        }
        let taking: Vec<&NotedChange> = noted.changes.iter().filter(|one| one.takes).collect();
        let is_of_power = |one: &NotedChange| noted.of_power.contains(&one.resource);
        let is_any = taking.iter().any(|one| one.is_of_rbac());
        let counts = |one: &NotedChange| one.takes && (is_any || is_of_power(one));
        counts(&change)
            && taking
                .iter()
                .any(|other| other.resource != change.resource && counts(other))
    }

    /// Everything that was noted.
    pub(crate) fn changes(&self) -> Vec<NotedChange> {
        self.noted().changes.clone()
    }

    /// Those of the findings that nobody was told of yet; they count as told from now on.
    pub(crate) fn untold<'f>(&self, findings: Vec<&'f Finding>) -> Vec<&'f Finding> {
        let mut noted = self.noted();
        let is_new = |finding: &&Finding| noted.told.insert(named(finding));
        findings.into_iter().filter(is_new).collect()
    }

    pub(crate) fn is_told(&self, finding: &Finding) -> bool {
        self.noted().told.contains(&named(finding))
    }

    /// The same of findings that were acknowledged: whoever acknowledges the one of a change that only removes has not acknowledged that of another one.
    pub(crate) fn unacknowledged<'f>(&self, findings: Vec<&'f Finding>) -> Vec<&'f Finding> {
        let mut noted = self.noted();
        let is_new = |finding: &&Finding| noted.acknowledged.insert(named(finding));
        findings.into_iter().filter(is_new).collect()
    }

    pub(crate) fn is_acknowledged(&self, finding: &Finding) -> bool {
        self.noted().acknowledged.contains(&named(finding))
    }

    /// Whether something was written, or was about to be.
    pub(crate) fn is_over(&self) -> bool {
        self.noted().is_over
    }

    /// Something is about to be written.
    pub(crate) fn end(&self) {
        let mut noted = self.noted();
        if !noted.is_over {
            *noted = Noted {
                is_over: true,
                ..Noted::default()
            };
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last administrator is one finding, whoever goes last.
fn named(finding: &Finding) -> (FindingId, String) {
    let arn = match finding.id {
        FindingId::LastAdmin => String::new(),
        _ => finding.arn.clone(),
    };
    (finding.id, arn)
}

/// All changes in the order in which their result does not depend on that of the plans.
pub(crate) fn in_order(noted: &[NotedChange]) -> Vec<ClusterChange> {
    let mut changes: Vec<ClusterChange> = noted
        .iter()
        .flat_map(|one| one.changes.iter().cloned())
        .collect();
    changes.sort_by_key(rank);
    changes
}

/// Whole texts, then what goes, then what is to be there.
fn rank(change: &ClusterChange) -> u8 {
    match change {
        ClusterChange::AwsAuth(AwsAuthChange::ReplaceSections(_) | AwsAuthChange::Delete)
        | ClusterChange::Mode(_)
        | ClusterChange::ManagedRoleReleased { .. } => 0,
        ClusterChange::AwsAuth(AwsAuthChange::Remove(_))
        | ClusterChange::AccessEntry(
            AccessEntryChange::Remove { .. } | AccessEntryChange::Disassociate { .. },
        )
        | ClusterChange::Rbac(RbacChange::RemoveBinding(..) | RbacChange::RemoveRole(..)) => 1,
        ClusterChange::AwsAuth(AwsAuthChange::Put(_))
        | ClusterChange::AccessEntry(AccessEntryChange::Put(_))
        | ClusterChange::Rbac(RbacChange::PutBinding(..) | RbacChange::PutRole(..)) => 2,
        // Only an entry that is there has policies.
        ClusterChange::AccessEntry(AccessEntryChange::Associate { .. }) => 3,
    }
}
