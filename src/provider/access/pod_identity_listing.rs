//! The Pod Identity associations of clusters, listed once for all who ask within a moment whether a service account has one.
//!
//! API action: `eks:ListPodIdentityAssociations`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::pod_identity::AccountName;
use crate::clusters::FoundCluster;
use crate::ports::ApiError;
use crate::ports::eks::ListedAssociation;
use crate::session::Session;
use crate::session::recent::Recent;

type Listed = Recent<Result<Vec<ListedAssociation>, ApiError>>;

/// The lists of one provider configuration, by the clusters' ARNs.
pub(crate) struct PodIdentityListing {
    session: Arc<Session>,
    clusters: Mutex<HashMap<String, Arc<Listed>>>,
}

impl PodIdentityListing {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            clusters: Mutex::default(),
        }
    }

    /// The association of a service account, if the list of its cluster has one.
    ///
    /// # Errors
    /// The list failed; all who ask within the moment are told.
    pub(crate) async fn of_account(
        &self,
        cluster: &FoundCluster,
        account: &AccountName,
    ) -> Result<Option<ListedAssociation>, ApiError> {
        let listed = self.of_cluster(cluster);
        let name = cluster.cluster.name.as_str();
        let eks = cluster.eks();
        let read = || async { eks.list_pod_identity_associations(name, None).await };
        let listed = listed.get(self.session.clock().as_ref(), read).await;
        match listed.as_ref() {
            Ok(all) => {
                let mut all = all.iter();
                let is_it = |one: &&ListedAssociation| {
                    one.namespace == account.namespace && one.service_account == account.name
                };
                Ok(all.find(is_it).cloned())
            }
            Err(error) => Err(error.clone()),
        }
    }

    /// What was listed of a cluster is not believed any more.
    pub(crate) async fn forget(&self, cluster: &FoundCluster) {
        self.of_cluster(cluster).forget().await;
    }

    fn of_cluster(&self, cluster: &FoundCluster) -> Arc<Listed> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        let arn = cluster.cluster.arn.clone();
        clusters.entry(arn).or_default().clone()
    }
}
