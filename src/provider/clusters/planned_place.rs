//! Where the object of a plan is to be, and what of that replaces the object.

use std::sync::Arc;

use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::placement::Placement;
use super::{Clusters, FoundCluster};

/// What a plan has beside the planned placement.
pub(crate) struct Beside<'a> {
    /// The state's.
    pub(crate) prior: Option<Placement>,
    /// `cluster_name` of the configuration.
    pub(crate) configured: Option<&'a Attr<String>>,
}

/// Where it is to be.
pub(crate) struct PlannedPlace {
    /// As planned.
    pub(crate) placement: Placement,
    /// The cluster, where it can be asked.
    pub(crate) cluster: Option<Arc<FoundCluster>>,
    /// The attributes whose change replaces the object.
    pub(crate) replaced_by: Vec<AttributePath>,
}

impl PlannedPlace {
    /// From a planned placement.
    ///
    /// # Errors
    /// The region says something else than the cluster's ARN, or the cluster is another one than the state's.
    pub(crate) async fn of<C>(
        mut placement: Placement,
        cx: &Context<C>,
        clusters: &Clusters,
        beside: Beside<'_>,
    ) -> Result<Self, Diagnostics> {
        let Beside { prior, configured } = beside;
        if let (Attr::Unknown, Some(configured)) = (&placement.cluster_name, configured) {
            // Where the configuration says nothing, the provider block does.
            placement.cluster_name = configured.clone();
        }
        let mut replaced_by = Vec::new();
        if let Some(prior) = &prior {
            prior.note_unused_default(cx, clusters, configured);
            if placement.is_moved_from(clusters, prior)? {
                replaced_by.push(AttributePath::attribute("region"));
            }
        }
        let cluster = placement.at_plan(cx, clusters, prior.as_ref()).await?;
        if prior.is_some_and(|prior| placement.is_renamed_from(&prior)) {
            replaced_by.push(AttributePath::attribute("cluster_name"));
        }
        Ok(Self {
            placement,
            cluster,
            replaced_by,
        })
    }
}
