//! The access policies of a principal's entry, read once for all associations of it that ask within a moment. API action:
//! `eks:ListAssociatedAccessPolicies`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clusters::FoundCluster;
use crate::ports::eks::AccessPolicy;
use crate::ports::{ApiError, ErrorKind};
use crate::session::Session;
use crate::session::recent::Recent;

type Read = Recent<Result<Vec<AccessPolicy>, ApiError>>;

/// The reads of one provider configuration.
pub struct AssociatedPolicies {
    session: Arc<Session>,
    reads: Mutex<HashMap<(String, String), Arc<Read>>>,
}

impl AssociatedPolicies {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            reads: Mutex::default(),
        }
    }

    /// The policies as they were a moment ago; none where there is no entry.
    ///
    /// # Errors
    /// The call failed.
    pub(crate) async fn of(
        &self,
        cluster: &FoundCluster,
        principal_arn: &str,
    ) -> Result<Vec<AccessPolicy>, ApiError> {
        let slot = self.slot(cluster, principal_arn);
        let clock = self.session.clock().as_ref();
        let read = || async {
            let name = &cluster.reference.name;
            let listed = cluster
                .eks()
                .list_associated_policies(name, principal_arn)
                .await;
            match listed {
                Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
                listed => listed,
            }
        };
        slot.get(clock, read).await.as_ref().clone()
    }

    /// Forgets what was read before a policy of the principal was written.
    pub(crate) async fn forget(&self, cluster: &FoundCluster, principal_arn: &str) {
        self.slot(cluster, principal_arn).forget().await;
    }

    fn slot(&self, cluster: &FoundCluster, principal_arn: &str) -> Arc<Read> {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (cluster.cluster.arn.clone(), principal_arn.to_owned());
        reads.entry(key).or_default().clone()
    }
}
