//! Waiting at apply for a cluster that the same apply creates.
//!
//! A name that is not there is waited for only two minutes, because it is more often a slip than a cluster to come; one that is being
//! created is waited for until the resource's timeout.

use std::sync::Arc;
use std::time::Duration;

use tf_provider::{AttributePath, Diagnostic, Diagnostics};
use tokio_util::sync::CancellationToken;

use super::found_cluster::FoundCluster;
use super::lookup::Clusters;
use super::reference::ClusterRef;
use crate::diagnostics::api_failure;
use crate::ports::eks::ClusterStatus;
use crate::session::backoff::{Cancelled, wait};

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
            let waited = self
                .session
                .clock()
                .now()
                .duration_since(started)
                .unwrap_or_default();
            let found = self.find_now(reference).await.map_err(|error| {
                api_failure::failed("Cannot Read Cluster", &reference.to_string(), &error)
            })?;
            match found {
                Some(cluster) if cluster.is_usable() => return Ok(cluster),
                Some(cluster) => check_can_become_active(&cluster, waited, timeout)?,
                None if waited >= NOT_FOUND_FOR.min(timeout) => {
                    let text = self.missing_text(reference).await;
                    return Err(not_there(&text, waited).into());
                }
                None => {}
            }
            tracing::info!(cluster = %reference.name, region = %reference.region, waited_seconds = waited.as_secs(), "waiting for the cluster");
            wait(self.session.clock().as_ref(), cancel, INTERVAL)
                .await
                .map_err(|Cancelled| cancelled(reference))?;
        }
    }
}

/// Whether a cluster that is there, but not usable, can still become so in time.
fn check_can_become_active(
    cluster: &FoundCluster,
    waited: Duration,
    timeout: Duration,
) -> Result<(), Diagnostics> {
    let reference = &cluster.reference;
    let (summary, detail) = match &cluster.cluster.status {
        ClusterStatus::Failed => (
            "Cluster Failed",
            format!(
                "{} is in state FAILED, so nothing can be done in it.",
                reference
            ),
        ),
        ClusterStatus::Deleting => (
            "Cluster Is Being Deleted",
            format!(
                "{} is being deleted. Apply again once the new one is there.",
                reference
            ),
        ),
        status if waited >= timeout => (
            "Cluster Not Ready In Time",
            format!(
                "{} was still {status:?} after {} s. Raise the timeout of this resource (`timeouts`) or apply again.",
                reference,
                waited.as_secs()
            ),
        ),
        _ => return Ok(()),
    };
    Err(Diagnostic::error(summary, detail)
        .at(AttributePath::attribute("cluster_name"))
        .into())
}

fn not_there(text: &str, waited: Duration) -> Diagnostic {
    let detail = format!(
        "{text} It was waited for {} s. Correct `cluster_name` or `region`, or let the cluster be made first by referring to it: \
         `cluster_name = aws_eks_cluster.this.id`.",
        waited.as_secs()
    );
    Diagnostic::error("Cluster Not Found", detail).at(AttributePath::attribute("cluster_name"))
}

fn cancelled(reference: &ClusterRef) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The wait for {} was cancelled. Nothing was changed.",
            reference
        ),
    )
}
