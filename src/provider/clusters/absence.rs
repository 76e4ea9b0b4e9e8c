//! Since when a cluster is waited for in vain, by all objects that are to be in it: they wait together and not one after the other.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::reference::ClusterRef;

/// Who looks again after a longer time than this begins to wait anew.
const GAP: Duration = Duration::from_secs(15);

/// The clusters that are waited for.
#[derive(Default)]
pub(super) struct Absences(Mutex<BTreeMap<ClusterRef, Absence>>);

#[derive(Clone, Copy)]
struct Absence {
    since: SystemTime,
    last_look: SystemTime,
}

impl Absences {
    /// Notes that a cluster is not there now, and says how long it has not been.
    pub(super) fn note(&self, reference: &ClusterRef, now: SystemTime) -> Duration {
        let mut absences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = absences
            .get(reference)
            .copied()
            .filter(|absence| now.duration_since(absence.last_look).unwrap_or_default() <= GAP);
        let since = seen.map_or(now, |absence| absence.since);
        let absence = Absence {
            since,
            last_look: now,
        };
        absences.insert(reference.clone(), absence);
        now.duration_since(since).unwrap_or_default()
    }

    /// The cluster is there.
    pub(super) fn end(&self, reference: &ClusterRef) {
        let mut absences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        absences.remove(reference);
    }
}
