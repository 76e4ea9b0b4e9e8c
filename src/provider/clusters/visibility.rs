//! What a plan can see of a cluster.
//!
//! Not found is no error at plan: the same apply may create the cluster. It is a warning, and nothing is judged.

use std::sync::Arc;

use tf_provider::{Attr, Diagnostic, Diagnostics};

use super::found_cluster::FoundCluster;
use super::lookup::Clusters;
use super::reference::ClusterRef;
use crate::diagnostics::api_failure;
use crate::diagnostics::kept_state;

/// What a plan sees.
pub enum Visibility {
    /// Which cluster, or how to reach it, is known only after apply.
    Unknown,
    /// There is none of that name, or it may not be read and the state is to be kept; the warning says which.
    Missing(ClusterRef, Diagnostic),
    /// It is being created or deleted, so it says nothing that will last.
    Passing(Arc<FoundCluster>),
    /// It can be used.
    Here(Arc<FoundCluster>),
}

impl Clusters {
    /// The provider's own cluster as it is now. Whatever keeps it from being seen is no reason to fail: `None`.
    pub(crate) async fn own_cluster(&self) -> Option<Arc<FoundCluster>> {
        self.session.settings().cluster_name.known()?;
        let reference = self.resolve(&Attr::Null, &Attr::Null).ok()?;
        match self.visibility(&reference).await {
            Ok(Visibility::Here(cluster)) => Some(cluster),
            _ => None,
        }
    }

    /// Looks for a cluster at plan. Nothing is asked while the provider block is not wholly known.
    ///
    /// # Errors
    /// The cluster could not be read.
    pub async fn visibility(
        &self,
        reference: &Attr<ClusterRef>,
    ) -> Result<Visibility, Diagnostics> {
        let (Some(reference), Some(_)) = (reference.known(), self.session.cloud()) else {
            return Ok(Visibility::Unknown);
        };
        let found = match self.find(reference).await {
            Ok(found) => found,
            Err(error) if kept_state::keeps(self.session.settings(), &error) => {
                let warning = kept_state::not_judged(&reference.to_string(), &error);
                return Ok(Visibility::Missing(reference.clone(), warning));
            }
            Err(error) => {
                return Err(api_failure::failed(
                    "Cannot Read Cluster",
                    &reference.to_string(),
                    &error,
                )
                .into());
            }
        };
        Ok(match found {
            None => Visibility::Missing(reference.clone(), self.missing_warning(reference).await),
            Some(cluster) if cluster.is_usable() && cluster.issuer().is_some() => {
                Visibility::Here(cluster)
            }
            Some(cluster) => Visibility::Passing(cluster),
        })
    }
}
