//! One turn for each cluster, for everything of a provider configuration that may take access away: aws-auth, access entries, roles and
//! bindings.
//!
//! Two changes that are judged side by side each see what the other takes as still there. So a turn is taken before the judgement and kept until the write is
//! done and looked at. What was read of RBAC or of access entries before a turn that changes them is not believed after it; and since EKS lists what was written
//! some seconds later, an entry that was written here is believed to be as it was written for a while. Another process has turns of its own: a write is therefore
//! judged once more after it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use eksauth_core::access::access_entry::AccessEntry;
use tokio::sync::OwnedMutexGuard;

use super::access_plan::AccessPlan;
use super::departing::Departing;
use super::mode_in_force::ModeInForce;
use crate::clusters::ClusterRef;

/// The turns of one provider configuration.
#[derive(Default)]
pub(crate) struct AccessTurns {
    clusters: Mutex<HashMap<ClusterRef, Arc<AccessTurn>>>,
}

impl AccessTurns {
    pub(crate) fn of_cluster(&self, cluster: &ClusterRef) -> Arc<AccessTurn> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.entry(cluster.clone()).or_default().clone()
    }
}

/// The turn of one cluster.
#[derive(Default)]
pub(crate) struct AccessTurn {
    lock: Arc<tokio::sync::Mutex<()>>,
    rbac_changes: AtomicU64,
    plan: AccessPlan,
    mode: ModeInForce,
    departing: Departing,
    /// A binding of whoever acts that stays where all else goes, as messages name it.
    own_binding_that_stays: Mutex<Option<String>>,
    entry_changes: AtomicU64,
    written_entries: Mutex<HashMap<String, WrittenEntry>>,
}

/// An access entry as it was written.
struct WrittenEntry {
    /// `None`: it was removed.
    entry: Option<AccessEntry>,
    at: SystemTime,
}

/// So long EKS may list an entry as it was before.
const LISTED_WITHIN: Duration = Duration::from_secs(30);

/// A turn that is held.
pub(crate) type HeldTurn = OwnedMutexGuard<()>;

/// A turn that changes RBAC.
pub(crate) struct RbacTurn<'t> {
    turn: &'t AccessTurn,
    _held: HeldTurn,
}

impl AccessTurn {
    /// Nobody else of this configuration takes access away in the cluster until it is dropped.
    pub(crate) async fn take(&self) -> HeldTurn {
        self.plan.end();
        self.lock.clone().lock_owned().await
    }

    /// What this configuration has in mind for the cluster.
    pub(crate) fn plan(&self) -> &AccessPlan {
        &self.plan
    }

    /// The authentication mode as it was seen or made last.
    pub(crate) fn mode(&self) -> &ModeInForce {
        &self.mode
    }

    /// A turn that changes RBAC.
    pub(crate) async fn take_for_rbac(&self) -> RbacTurn<'_> {
        RbacTurn {
            _held: self.take().await,
            turn: self,
        }
    }

    /// What goes where all of a configuration goes.
    pub(crate) fn departing(&self) -> &Departing {
        &self.departing
    }

    /// Notes that a binding by which whoever acts may remove the rest stays, so that its entry stays, too.
    pub(crate) fn note_own_binding_stays(&self, label: &str) {
        *self.own_binding() = Some(label.to_owned());
    }

    /// Such a binding.
    pub(crate) fn own_binding_that_stays(&self) -> Option<String> {
        self.own_binding().clone()
    }

    fn own_binding(&self) -> MutexGuard<'_, Option<String>> {
        self.own_binding_that_stays
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an access entry was written, with its policies; `None`: that it was removed.
    pub(crate) fn note_written(
        &self,
        principal_arn: &str,
        entry: Option<AccessEntry>,
        at: SystemTime,
    ) {
        let mut written = self.written();
        written.insert(principal_arn.to_owned(), WrittenEntry { entry, at });
        self.entry_changes.fetch_add(1, Ordering::AcqRel);
    }

    /// An access entry as it was written a moment ago; `None` where it was not.
    pub(crate) fn written_entry(
        &self,
        principal_arn: &str,
        now: SystemTime,
    ) -> Option<Option<AccessEntry>> {
        let written = self.written();
        let found = written.get(principal_arn)?;
        let age = now.duration_since(found.at).unwrap_or_default();
        (age < LISTED_WITHIN).then(|| found.entry.clone())
    }

    fn written(&self) -> MutexGuard<'_, HashMap<String, WrittenEntry>> {
        self.written_entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// How often access entries were changed.
    pub(crate) fn entry_changes(&self) -> u64 {
        self.entry_changes.load(Ordering::Acquire)
    }

    /// Notes a change of RBAC that takes nothing from anybody, and so takes no turn.
    pub(crate) fn note_rbac_changed(&self) {
        self.rbac_changes.fetch_add(1, Ordering::AcqRel);
    }

    /// How often RBAC was changed.
    pub(crate) fn rbac_changes(&self) -> u64 {
        self.rbac_changes.load(Ordering::Acquire)
    }
}

impl Drop for RbacTurn<'_> {
    fn drop(&mut self) {
        self.turn.note_rbac_changed();
    }
}
