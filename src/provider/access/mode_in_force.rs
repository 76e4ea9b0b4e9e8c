//! The authentication mode of a cluster that is in force as far as a configuration knows: the one that the cluster was found in, or a later one that was seen or
//! made since. Nothing takes a step back, so the latest one counts, whoever saw it. A cluster that was made again under its name begins anew.

use std::sync::{Mutex, PoisonError};

use eksauth_core::access::access_entry::AuthenticationMode;

use crate::ports::eks::Cluster;

/// The mode that one cluster was seen in. Of two the later one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeenMode {
    /// When the cluster was made, which tells clusters of one name apart.
    pub(crate) created_at: Option<i64>,
    /// Its mode.
    pub(crate) mode: AuthenticationMode,
}

impl SeenMode {
    /// The mode of a cluster as DescribeCluster shows it; one from before there were modes says none.
    pub(crate) fn of(cluster: &Cluster) -> Self {
        let mode = cluster.authentication_mode;
        Self {
            created_at: cluster.created_at,
            mode: mode.unwrap_or(AuthenticationMode::ConfigMap),
        }
    }
}

/// The latest mode that was seen.
#[derive(Default)]
pub(crate) struct ModeInForce {
    latest: Mutex<Option<SeenMode>>,
}

impl ModeInForce {
    /// Notes a mode that was seen or made.
    pub(crate) fn note(&self, seen: SeenMode) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = (*latest).max(Some(seen));
    }

    /// The mode of a cluster that was found in one.
    pub(crate) fn now(&self, found: SeenMode) -> AuthenticationMode {
        let latest = *self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match latest.filter(|latest| latest.created_at == found.created_at) {
            Some(latest) => latest.mode.max(found.mode),
            None => found.mode,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AuthenticationMode::{Api, ApiAndConfigMap, ConfigMap};

    fn seen(created_at: i64, mode: AuthenticationMode) -> SeenMode {
        SeenMode {
            created_at: Some(created_at),
            mode,
        }
    }

    #[test]
    fn the_latest_mode_counts_for_the_cluster_that_it_is_of() {
        let in_force = ModeInForce::default();
        assert_eq!(in_force.now(seen(1, ConfigMap)), ConfigMap);
        in_force.note(seen(1, Api));
        in_force.note(seen(1, ApiAndConfigMap));
        assert_eq!(in_force.now(seen(1, ApiAndConfigMap)), Api);
        // One that was made again under the name.
        assert_eq!(in_force.now(seen(2, ConfigMap)), ConfigMap);
        in_force.note(seen(2, ConfigMap));
        in_force.note(seen(1, Api));
        assert_eq!(in_force.now(seen(2, ConfigMap)), ConfigMap);
    }
}
