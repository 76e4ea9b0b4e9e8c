//! Who has an access entry in a cluster, listed once for many plans that ask within a moment whether an entry that they make is there already.
//!
//! The first few ask for their own entry, which costs no list of a large cluster. An entry that was just made, or made by others meanwhile, is seen at apply, which asks for
//! each by itself. API action: `eks:ListAccessEntries`, where granted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use eksauth_core::access::cluster_access::Principal;
use eksauth_core::access::lockout::ListedEntries;

use crate::clusters::FoundCluster;
use crate::ports::ApiError;
use crate::session::Session;
use crate::session::recent::Recent;

/// So many entries are asked for by themselves before all are listed.
const SINGLE_LOOKS: usize = 5;

/// Where there are more, the list costs more than it saves: ten calls.
const MOST_LISTED: usize = 1_000;

/// The lists of one provider configuration, by the clusters' ARNs.
pub(crate) struct AccessEntryListing {
    session: Arc<Session>,
    clusters: Mutex<HashMap<String, Arc<Listed>>>,
}

#[derive(Default)]
struct Listed {
    looks: AtomicUsize,
    /// `None` where there are too many.
    names: Recent<Result<Option<ListedEntries>, ApiError>>,
}

impl AccessEntryListing {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            clusters: Mutex::default(),
        }
    }

    /// Whether a principal may have an entry; where that is not known it may.
    pub(crate) async fn may_have(&self, cluster: &FoundCluster, principal_arn: &str) -> bool {
        let listed = self.of_cluster(cluster);
        if listed.looks.fetch_add(1, Ordering::Relaxed) < SINGLE_LOOKS {
            return true;
        }
        let (eks, name) = (cluster.eks(), &cluster.reference.name);
        let read = || async {
            let found = eks.first_access_entries(name, None, MOST_LISTED).await?;
            Ok(found.are_all.then(|| ListedEntries::new(found.principals)))
        };
        let names = listed.names.get(self.session.clock().as_ref(), read).await;
        match names.as_ref() {
            Ok(Some(names)) => names.arn_of(&Principal::from_arn(principal_arn)).is_some(),
            Ok(None) | Err(_) => true,
        }
    }

    fn of_cluster(&self, cluster: &FoundCluster) -> Arc<Listed> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        let arn = cluster.cluster.arn.clone();
        clusters.entry(arn).or_default().clone()
    }
}
