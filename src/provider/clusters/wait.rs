//! Waiting at apply for a cluster that the same apply creates.
//!
//! A name that is not there is waited for only two minutes, because it is more often a slip than a cluster to come; one that is being
//! created is waited for until the resource's timeout. All objects of a name wait together: one that comes later waits what is left of it.

use std::sync::Arc;
use std::time::Duration;

use tf_provider::Diagnostics;
use tokio_util::sync::CancellationToken;

use super::diagnostics;
use super::found_cluster::FoundCluster;
use super::lookup::Clusters;
use super::reference::ClusterRef;
use crate::diagnostics::api_failure;
use crate::ports::eks::ClusterStatus;
use crate::session::cancellable_wait::{Cancelled, wait};

/// How long a name that is not there is waited for.
const NOT_FOUND_FOR: Duration = Duration::from_secs(120);
/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(5);

impl Clusters {
    /// The cluster, once its API server can be used. `timeout` bounds the whole wait.
    ///
    /// # Errors
    /// Not there after two minutes, not usable within the timeout, failed, being deleted, cancelled, or a call that failed.
    pub async fn wait_until_active(
        &self,
        cancel: &CancellationToken,
        reference: &ClusterRef,
        timeout: Duration,
    ) -> Result<Arc<FoundCluster>, Diagnostics> {
        let started = self.session.clock().now();
        loop {
            let now = self.session.clock().now();
            let waited = now.duration_since(started).unwrap_or_default();
            let found = self.find_now(reference).await.map_err(|error| {
                api_failure::failed("Cannot Read Cluster", &reference.to_string(), &error)
            })?;
            match found {
                Some(cluster) if cluster.is_usable() => return Ok(cluster),
                Some(cluster) => {
                    self.absences.end(reference);
                    check_can_become_active(&cluster, waited, timeout)?;
                }
                None => {
                    let absent = self.absences.note(reference, now);
                    if waited >= timeout || absent >= NOT_FOUND_FOR {
                        let text = self.missing_text(reference).await;
                        return Err(diagnostics::not_there(reference, &text, absent).into());
                    }
                }
            }
            tracing::info!(cluster = %reference.name, region = %reference.region, waited_seconds = waited.as_secs(), "waiting for the cluster");
            wait(self.session.clock().as_ref(), cancel, INTERVAL)
                .await
                .map_err(|Cancelled| diagnostics::cancelled(reference))?;
        }
    }
}

/// Whether a cluster that is there, but not usable, can still become so in time.
fn check_can_become_active(
    cluster: &FoundCluster,
    waited: Duration,
    timeout: Duration,
) -> Result<(), Diagnostics> {
    let refusal = match &cluster.cluster.status {
        ClusterStatus::Failed => diagnostics::failed(&cluster.reference),
        ClusterStatus::Deleting => diagnostics::being_deleted(&cluster.reference),
        _ if waited >= timeout => diagnostics::not_ready_in_time(cluster, waited),
        _ => return Ok(()),
    };
    Err(refusal.into())
}
