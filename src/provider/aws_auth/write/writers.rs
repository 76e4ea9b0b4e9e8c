//! The writers of one provider configuration, by cluster.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tf_provider::Attr;

use super::guard::GuardAndExplainer;
use super::writer::Writer;
use crate::aws_auth::diagnostics::ClusterName;
use crate::clusters::{Clusters, FoundCluster};
use crate::ports::eks::AuthenticationMode;
use crate::ports::{ApiError, KubeApi};
use crate::session::Session;

/// Makes the guard and the explainer of a cluster.
type MakeGuard = Box<dyn Fn(&FoundCluster, &Arc<dyn KubeApi>) -> GuardAndExplainer + Send + Sync>;

/// The writers of one provider configuration.
pub struct Writers {
    clusters: Arc<Clusters>,
    make_guard: MakeGuard,
    writers: Mutex<HashMap<WriterKey, Arc<Writer>>>,
}

/// What makes a cluster the same one: its name alone may come back for another.
#[derive(Clone, PartialEq, Eq, Hash)]
struct WriterKey {
    arn: String,
    issuer: Option<String>,
    endpoint: Option<String>,
    /// The guard judges by it, and an apply can change it.
    authentication_mode: Option<AuthenticationMode>,
}

impl Writers {
    /// Writers for the clusters of a configuration, each with the guard and the explainer that `make_guard` makes for it.
    pub fn new(
        clusters: Arc<Clusters>,
        make_guard: impl Fn(&FoundCluster, &Arc<dyn KubeApi>) -> GuardAndExplainer
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            clusters,
            make_guard: Box::new(make_guard),
            writers: Mutex::default(),
        }
    }

    /// The writer of a cluster; one and the same for everyone who asks.
    ///
    /// # Errors
    /// The cluster has no API server that could be reached yet.
    pub fn writer(&self, cluster: &Arc<FoundCluster>) -> Result<Arc<Writer>, ApiError> {
        let key = WriterKey {
            arn: cluster.cluster.arn.clone(),
            issuer: cluster.cluster.issuer.clone(),
            endpoint: cluster.cluster.endpoint.clone(),
            authentication_mode: cluster.cluster.authentication_mode,
        };
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writers.get(&key) {
            return Ok(writer.clone());
        }
        let guard = (self.make_guard)(cluster, &cluster.kubernetes()?);
        let name = self.cluster_name(cluster);
        let writer = Writer::new(self.session().clone(), cluster.clone(), name, guard)?;
        let writer = Arc::new(writer);
        writers.insert(key, writer.clone());
        Ok(writer)
    }

    pub(in crate::aws_auth) fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    pub(in crate::aws_auth) fn session(&self) -> &Arc<Session> {
        self.clusters.session()
    }

    /// The cluster as messages and import ids name it: the region is said where the provider's own is another one.
    fn cluster_name(&self, cluster: &FoundCluster) -> ClusterName {
        let reference = &cluster.reference;
        let by_name = self
            .clusters
            .resolve(&Attr::Known(reference.name.clone()), &Attr::Null);
        let is_default = matches!(by_name, Ok(Attr::Known(found)) if found == *reference);
        let id_suffix = if is_default {
            String::new()
        } else {
            format!("@{}", reference.region)
        };
        ClusterName {
            name: reference.name.clone(),
            id_suffix,
        }
    }
}
