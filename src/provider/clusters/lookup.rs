//! DescribeCluster, once a run: the cluster as this run saw it, or as it is now.
//!
//! A plan may live with what was seen before in the same run; an apply may not, because the cluster can have been made or replaced by the
//! same apply: [`Clusters::wait_until_active`](super::Clusters::wait_until_active) therefore asks again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::found_cluster::FoundCluster;
use super::reference::ClusterRef;
use crate::ports::ApiError;
use crate::session::Session;

/// So long all changes of an apply share one look at a cluster that can be used. A thousand entries are made in seconds and would otherwise ask a
/// thousand times; no cluster is replaced by another one in less.
const MOMENT: Duration = Duration::from_secs(3);

/// The clusters of one provider configuration.
pub struct Clusters {
    pub(super) session: Arc<Session>,
    reads: Mutex<BTreeMap<ClusterRef, Arc<tokio::sync::Mutex<Option<LastRead>>>>>,
}

/// What DescribeCluster said, and when.
#[derive(Clone)]
struct LastRead {
    at: SystemTime,
    /// For whom it was asked.
    freshness: Freshness,
    cluster: Option<Arc<FoundCluster>>,
}

impl LastRead {
    /// Whether it answers a question that is asked at a moment.
    fn answers(&self, freshness: Freshness, asked: SystemTime) -> bool {
        let age = asked.duration_since(self.at).unwrap_or_default();
        let is_usable = self.cluster.as_ref().is_some_and(|found| found.is_usable());
        freshness == Freshness::Run
            || self.at > asked
            || (self.freshness == Freshness::Moment && is_usable && age < MOMENT)
    }
}

/// How old an answer may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Freshness {
    /// From this run.
    Run,
    /// From this moment, and asked for changes: what a plan saw before does not count.
    Moment,
}

impl Clusters {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            reads: Mutex::default(),
        }
    }

    /// In whose configuration.
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The cluster as this run saw it first; `None` where there is none of that name. One call per cluster and run.
    ///
    /// # Errors
    /// The call failed, or the caller's account is not allowed.
    pub async fn find(
        &self,
        reference: &ClusterRef,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        self.read(reference, Freshness::Run).await
    }

    /// The cluster as it is now, give or take a few seconds while it can be used.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn find_now(
        &self,
        reference: &ClusterRef,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        self.read(reference, Freshness::Moment).await
    }

    async fn read(
        &self,
        reference: &ClusterRef,
        freshness: Freshness,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        let asked = self.session.clock().now();
        let slot = {
            let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
            reads.entry(reference.clone()).or_default().clone()
        };
        let mut slot = slot.lock().await;
        if let Some(last) = slot.as_ref()
            && last.answers(freshness, asked)
        {
            return Ok(last.cluster.clone());
        }
        let at = self.session.clock().now();
        let cluster = self.describe(reference, slot.as_ref()).await?;
        *slot = Some(LastRead {
            at,
            freshness,
            cluster: cluster.clone(),
        });
        Ok(cluster)
    }

    async fn describe(
        &self,
        reference: &ClusterRef,
        before: Option<&LastRead>,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        let cloud = self.session.admitted().await?;
        let access = self
            .access(&reference.name)
            .into_known()
            .unwrap_or_default();
        let eks = cloud.eks(&reference.region, access.assume_role_arn.as_deref());
        let Some(cluster) = eks.describe_cluster(&reference.name).await? else {
            return Ok(None);
        };
        if let Some(same) = before.and_then(|last| last.cluster.as_ref())
            && same.cluster == cluster
        {
            return Ok(Some(same.clone()));
        }
        FoundCluster::new(cluster, reference.clone(), access, cloud.clone())
            .map(|found| Some(Arc::new(found)))
    }
}
