//! The namespaces of a cluster, for a plan that names some: one that is not there is more often a slip than one to come.
//!
//! Read where it may be, and for all who ask within a moment together. Kubernetes verbs: `list` on namespaces, where granted.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use eksauth_core::nearness::nearest;

use crate::clusters::{ClusterRef, FoundCluster};
use crate::ports::workload::ObjectKind;
use crate::ports::{ApiError, KubeApi};
use crate::session::Session;
use crate::session::recent::Recent;

/// The lists of one provider configuration.
pub struct Namespaces {
    session: Arc<Session>,
    clusters: Mutex<HashMap<ClusterRef, Arc<Listed>>>,
}

type Listed = Recent<Result<Vec<String>, ApiError>>;

/// A namespace that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MissingNamespace {
    pub(crate) name: String,
    /// The nearest name that is there.
    pub(crate) nearest: Option<String>,
}

impl MissingNamespace {
    /// As a sentence says it: `` `tema` (did you mean `team`?) ``.
    pub(crate) fn in_words(&self) -> String {
        match &self.nearest {
            Some(nearest) => format!("`{}` (did you mean `{nearest}`?)", self.name),
            None => format!("`{}`", self.name),
        }
    }
}

impl Namespaces {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            clusters: Mutex::default(),
        }
    }

    /// Those of some namespaces that are not there; none where they may not be listed.
    pub(crate) async fn missing(
        &self,
        cluster: &FoundCluster,
        names: &BTreeSet<String>,
    ) -> Vec<MissingNamespace> {
        if names.is_empty() {
            return Vec::new();
        }
        let listed = {
            let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
            let listed = clusters.entry(cluster.reference.clone()).or_default();
            listed.clone()
        };
        let read = || async { all(cluster.kubernetes()?.as_ref()).await };
        let found = listed.get(self.session.clock().as_ref(), read).await;
        let there = match found.as_ref() {
            Ok(there) => there,
            Err(error) => {
                tracing::info!(%error, "whether the namespaces are there is not said, because they cannot be listed");
                return Vec::new();
            }
        };
        let missing = names.iter().filter(|name| !there.contains(name));
        let missing = missing.map(|name| MissingNamespace {
            name: name.clone(),
            nearest: nearest(name, there).map(str::to_owned),
        });
        missing.collect()
    }
}

async fn all(kube: &dyn KubeApi) -> Result<Vec<String>, ApiError> {
    let mut names = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let page = kube
            .object_page(ObjectKind::Namespace, next.as_deref())
            .await?;
        names.extend(page.items.iter().map(|namespace| namespace.name()));
        match page.continuation() {
            Some(token) => next = Some(token.to_owned()),
            None => return Ok(names),
        }
    }
}
