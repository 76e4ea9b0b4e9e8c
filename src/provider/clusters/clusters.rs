//! From `cluster_name` and `region` of a resource to the cluster that is meant, and DescribeCluster once a run.
//!
//! A plan may live with what was seen before in the same run; an apply may not, because the cluster can have been made or replaced by the
//! same apply: [`Clusters::wait_until_active`](super::Clusters::wait_until_active) therefore asks again.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tf_provider::{Attr, AttributePath, Diagnostic, Diagnostics};

use super::found::FoundCluster;
use crate::config::Settings;
use crate::ports::{ApiError, Clock, Cloud, ClusterAccess};
use crate::session::Caller;

/// So long all changes of an apply share one look at a cluster that can be used. A thousand entries are made in seconds and would otherwise ask a
/// thousand times; no cluster is replaced by another one in less.
const MOMENT: Duration = Duration::from_secs(3);

/// A cluster that is meant, whether or not it exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterRef {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
}

impl fmt::Display for ClusterRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster `{}` in region `{}`", self.name, self.region)
    }
}

/// The clusters of one provider configuration.
pub struct Clusters {
    pub(super) settings: Arc<Settings>,
    pub(super) cloud: Option<Arc<dyn Cloud>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) caller: Arc<Caller>,
    seen: Mutex<BTreeMap<ClusterRef, Arc<tokio::sync::Mutex<Option<LastRead>>>>>,
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
    fn serves(&self, freshness: Freshness, asked: SystemTime) -> bool {
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
    pub(crate) fn new(
        settings: Arc<Settings>,
        cloud: Option<Arc<dyn Cloud>>,
        clock: Arc<dyn Clock>,
        caller: Arc<Caller>,
    ) -> Self {
        Self {
            settings,
            cloud,
            clock,
            caller,
            seen: Mutex::default(),
        }
    }

    /// The cluster a resource means: its own attributes, else the provider's defaults. Give it the configuration's values (or, on read,
    /// the state's), so that null still means "not set". Unknown while any of what decides is.
    ///
    /// # Errors
    /// Neither the resource nor the provider block names a cluster, or nothing names a region.
    pub fn resolve(
        &self,
        cluster_name: &Attr<String>,
        region: &Attr<String>,
    ) -> Result<Attr<ClusterRef>, Diagnostics> {
        let name = match (cluster_name, &self.settings.cluster_name) {
            (Attr::Known(name), _) | (Attr::Null, Attr::Known(name)) => name.clone(),
            (Attr::Unknown, _) | (Attr::Null, Attr::Unknown) => return Ok(Attr::Unknown),
            (Attr::Null, Attr::Null) => return Err(no_cluster_name().into()),
        };
        let access = self.access(&name);
        if access.is_unknown() || region.is_unknown() {
            return Ok(Attr::Unknown);
        }
        let named = region.known().or_else(|| access.known()?.region.as_ref());
        match (named, &self.settings.region) {
            (Some(region), _) | (None, Attr::Known(region)) => Ok(Attr::Known(ClusterRef {
                name,
                region: region.clone(),
            })),
            (None, Attr::Unknown) => Ok(Attr::Unknown),
            (None, Attr::Null) => self.in_ambient_region(name),
        }
    }

    /// How to reach the cluster of a name; unknown where the provider block's entry is.
    pub fn access(&self, name: &str) -> Attr<ClusterAccess> {
        match &self.settings.clusters {
            Attr::Unknown => Attr::Unknown,
            Attr::Null => Attr::Known(ClusterAccess::default()),
            Attr::Known(clusters) => match clusters.get(name) {
                None | Some(Attr::Null) => Attr::Known(ClusterAccess::default()),
                Some(access) => access.clone(),
            },
        }
    }

    /// The cluster as this run saw it first; `None` where there is none of that name. One call per cluster and run.
    ///
    /// # Errors
    /// The call failed, or the caller's account is not allowed.
    pub async fn find(
        &self,
        reference: &ClusterRef,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        self.look(reference, Freshness::Run).await
    }

    /// The cluster as it is now, give or take a few seconds while it can be used.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn find_now(
        &self,
        reference: &ClusterRef,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        self.look(reference, Freshness::Moment).await
    }

    async fn look(
        &self,
        reference: &ClusterRef,
        freshness: Freshness,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        let asked = self.clock.now();
        let slot = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.entry(reference.clone()).or_default().clone()
        };
        let mut slot = slot.lock().await;
        if let Some(sighting) = slot.as_ref()
            && sighting.serves(freshness, asked)
        {
            return Ok(sighting.cluster.clone());
        }
        let at = self.clock.now();
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
        let cloud = self.caller.admitted().await?;
        let access = self
            .access(&reference.name)
            .into_known()
            .unwrap_or_default();
        let eks = cloud.eks(&reference.region, access.assume_role_arn.as_deref());
        let Some(cluster) = eks.describe_cluster(&reference.name).await? else {
            return Ok(None);
        };
        if let Some(same) = before.and_then(|sighting| sighting.cluster.as_ref())
            && same.cluster == cluster
        {
            return Ok(Some(same.clone()));
        }
        FoundCluster::new(cluster, reference.clone(), access, cloud.clone())
            .map(|found| Some(Arc::new(found)))
    }

    fn in_ambient_region(&self, name: String) -> Result<Attr<ClusterRef>, Diagnostics> {
        let Some(cloud) = &self.cloud else {
            return Ok(Attr::Unknown);
        };
        match cloud.region() {
            Some(region) => Ok(Attr::Known(ClusterRef { name, region })),
            None => Err(no_region(&name).into()),
        }
    }
}

fn no_cluster_name() -> Diagnostic {
    Diagnostic::error(
        "Missing Cluster Name",
        "Neither this object nor the provider block names a cluster. Set `cluster_name` here, or once for all in \
         `provider \"eksauth\" { cluster_name = \"…\" }`.",
    )
    .at(AttributePath::attribute("cluster_name"))
}

fn no_region(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Missing Region",
        format!(
            "The region of cluster `{name}` is not known. Set `region` here or in the provider block, or have AWS_REGION or the \
             profile's `region` say it."
        ),
    )
    .at(AttributePath::attribute("region"))
}
