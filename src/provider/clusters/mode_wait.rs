//! Waiting at apply until a cluster takes access entries: the same apply may be raising its authentication mode.

use std::sync::Arc;
use std::time::Duration;

use tf_provider::Diagnostics;
use tokio_util::sync::CancellationToken;

use super::diagnostics;
use super::found_cluster::FoundCluster;
use super::lookup::Clusters;
use crate::diagnostics::api_failure;
use crate::ports::eks::{AuthenticationMode, ClusterStatus};
use crate::session::cancellable_wait::{Cancelled, wait};

/// How long an update is waited for that has not begun: it is more often forgotten than to come.
const NOT_BEGUN_FOR: Duration = Duration::from_secs(30);
/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(5);

impl Clusters {
    /// The cluster, once its mode has access entries. `timeout` bounds the wait for an update that is under way.
    ///
    /// # Errors
    /// The mode stays CONFIG_MAP, the cluster is gone, cancelled, or a call that failed.
    pub(crate) async fn wait_for_access_entries(
        &self,
        cancel: &CancellationToken,
        cluster: Arc<FoundCluster>,
        timeout: Duration,
    ) -> Result<Arc<FoundCluster>, Diagnostics> {
        let reference = cluster.reference.clone();
        let started = self.session.clock().now();
        let mut cluster = cluster;
        loop {
            let mode = cluster.cluster.authentication_mode;
            if mode.is_some_and(AuthenticationMode::reads_access_entries) {
                return Ok(cluster);
            }
            let waited = self.session.clock().now().duration_since(started);
            let waited = waited.unwrap_or_default();
            let limit = match cluster.cluster.status {
                ClusterStatus::Updating => timeout,
                _ => NOT_BEGUN_FOR.min(timeout),
            };
            if waited >= limit {
                return Err(diagnostics::takes_no_entries(&cluster).into());
            }
            tracing::info!(cluster = %reference.name, "waiting until the cluster takes access entries");
            wait(self.session.clock().as_ref(), cancel, INTERVAL)
                .await
                .map_err(|Cancelled| diagnostics::cancelled(&reference))?;
            let found = self.find_now(&reference).await.map_err(|error| {
                api_failure::failed("Cannot Read Cluster", &reference.to_string(), &error)
            })?;
            cluster = match found {
                Some(found) => found,
                None => {
                    let text = self.missing_text(&reference).await;
                    return Err(diagnostics::not_there(&reference, &text, waited).into());
                }
            };
        }
    }
}
