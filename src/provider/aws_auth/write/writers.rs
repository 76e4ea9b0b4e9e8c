//! The writers of one provider configuration, by cluster.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tf_provider::Attr;

use super::guard::Guard;
use super::queue::Writer;
use crate::access::lockout_guard::ClusterGuard;
use crate::access::unauthorized::Unauthorized;
use crate::aws_auth::diagnostics::ClusterName;
use crate::aws_auth::recovery::RecoveryStore;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::eks::AuthenticationMode;
use crate::ports::{ApiError, KubeApi};

/// The writers of one provider configuration.
#[derive(Default)]
pub struct Writers {
    guard: Option<Arc<dyn Guard>>,
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
    /// Writers whose every write is judged first.
    pub fn guarded_by(guard: Arc<dyn Guard>) -> Self {
        Self {
            guard: Some(guard),
            writers: Mutex::default(),
        }
    }

    /// The writer of a cluster; one and the same for everyone who asks.
    ///
    /// # Errors
    /// The cluster has no API server that could be reached yet.
    pub fn of(&self, client: &Client, cluster: &FoundCluster) -> Result<Arc<Writer>, ApiError> {
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
        let kube = cluster.kubernetes()?;
        let name = cluster_name(client, cluster);
        let guard = self
            .guard
            .clone()
            .or_else(|| guard_of(client, cluster, &kube));
        let recovery_store = RecoveryStore::of(client, cluster, kube.clone());
        let writer = Writer::new(kube, client.clock().clone(), guard, name)
            .explained_by(Unauthorized::of(client, cluster))
            .keeping(recovery_store);
        let writer = Arc::new(writer);
        writers.insert(key, writer.clone());
        Ok(writer)
    }
}

/// The lock-out guard, unless the provider block turns it off.
fn guard_of(
    client: &Client,
    cluster: &FoundCluster,
    kube: &Arc<dyn KubeApi>,
) -> Option<Arc<dyn Guard>> {
    let guard = ClusterGuard::of(client, cluster, kube.clone())?;
    Some(Arc::new(guard))
}

/// The cluster as messages and import ids name it: the region is said where the provider's own is another one.
fn cluster_name(client: &Client, cluster: &FoundCluster) -> ClusterName {
    let reference = &cluster.reference;
    let by_name = client
        .clusters()
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
