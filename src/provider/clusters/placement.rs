//! Which cluster an object is in, at each step of its life: read, plan, apply, delete, import.
//!
//! What an object remembers of its cluster (see [`Remembered`]) is compared at every step, so that nothing is read or written in another one of
//! the same name.

use std::sync::Arc;

use tf_provider::{Attr, Context, Diagnostic, Diagnostics};

use super::{ClusterRef, Clusters, FoundCluster, Remembered, Visibility, diagnostics};
use crate::attributes::cluster::NamedCluster;
use crate::attributes::timeouts::{Operation, Timeouts};
use crate::diagnostics::{api_failure, kept_state};
use crate::ports::ApiError;

/// The attributes that say which cluster an object is in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Placement {
    pub(crate) cluster_name: Attr<String>,
    pub(crate) region: Attr<String>,
    pub(crate) cluster_arn: Attr<String>,
    pub(crate) cluster_issuer: Attr<String>,
    pub(crate) timeouts: Option<Timeouts>,
}

/// What a refresh sees of the cluster that a state names.
pub(crate) enum ClusterAtRead {
    /// Nothing can be judged; what should be said was said.
    NotJudged,
    /// The cluster, and what was in it, is gone.
    Gone,
    /// The very cluster that the state remembers.
    Found(Arc<FoundCluster>),
}

/// An object that is about to be made or changed.
pub(crate) struct Applying<'a> {
    /// As configured.
    pub(crate) config: &'a Placement,
    /// As planned.
    pub(crate) planned: &'a Placement,
    /// Which timeout bounds the wait.
    pub(crate) operation: Operation,
}

impl Placement {
    /// The placement of an object that is in a cluster now, as its state remembers it.
    pub(crate) fn in_cluster(&self, cluster: &FoundCluster) -> Self {
        let Remembered {
            cluster_arn,
            cluster_issuer,
        } = Remembered::from_cluster(cluster);
        Self {
            cluster_name: cluster.reference.named_as(&self.cluster_name),
            cluster_arn,
            cluster_issuer,
            ..self.clone()
        }
    }

    /// What an import names an object in the cluster by: the cluster's name, the object within it, and `@region` where the configuration says the
    /// region. Unknown or null as the name is.
    pub(crate) fn import_id(&self, within: &str) -> Attr<String> {
        let Attr::Known(cluster) = &self.cluster_name else {
            return self.cluster_name.clone();
        };
        let named = NamedCluster::parse(cluster);
        let region = match &self.region {
            Attr::Unknown => return Attr::Unknown,
            Attr::Known(region) => Some(region.as_str()),
            Attr::Null => named.region,
        };
        let region = region.map(|region| format!("@{region}"));
        Attr::Known(format!(
            "{}{within}{}",
            named.name,
            region.unwrap_or_default()
        ))
    }

    /// What the state remembers of its cluster.
    pub(crate) fn remembered(&self) -> Remembered {
        Remembered {
            cluster_arn: self.cluster_arn.clone(),
            cluster_issuer: self.cluster_issuer.clone(),
        }
    }

    fn names_no_cluster(&self) -> bool {
        self.cluster_name.is_null() && self.cluster_arn.is_null()
    }

    /// True if the planned cluster has another name than the state's.
    pub(crate) fn is_renamed_from(&self, prior: &Placement) -> bool {
        !prior.cluster_name.is_null() && !self.has_same_name(prior)
    }

    /// Whether both name one cluster, by its name or by its ARN.
    fn has_same_name(&self, other: &Placement) -> bool {
        match (&self.cluster_name, &other.cluster_name) {
            (Attr::Known(one), Attr::Known(other)) => {
                NamedCluster::parse(one).name == NamedCluster::parse(other).name
            }
            (one, other) => one == other,
        }
    }

    /// Says of a state's placement that the provider block's `cluster_name` is another one and moves nothing, where the object's own configuration
    /// names no cluster.
    pub(crate) fn note_unused_default<C>(
        &self,
        cx: &Context<C>,
        clusters: &Clusters,
        configured: Option<&Attr<String>>,
    ) {
        let default = &clusters.session.settings().cluster_name;
        if let (Attr::Known(default), Attr::Known(stays)) = (default, &self.cluster_name)
            && configured.is_some_and(Attr::is_null)
            && NamedCluster::parse(default).name != NamedCluster::parse(stays).name
        {
            cx.add(diagnostics::default_without_effect(default, stays));
        }
    }

    /// True if the configuration moves the object into another region; an environment that changed is no move but an error at read.
    ///
    /// # Errors
    /// As [`Clusters::resolve`].
    pub(crate) fn is_moved_from(
        &self,
        clusters: &Clusters,
        prior: &Placement,
    ) -> Result<bool, Diagnostics> {
        Ok(self.is_in_other_region(prior, &self.resolve(clusters)?))
    }

    fn is_in_other_region(&self, prior: &Placement, reference: &Attr<ClusterRef>) -> bool {
        // An ARN names a region too.
        let is_renamed = self.cluster_name.is_known()
            && prior.cluster_name.is_known()
            && prior.cluster_name != self.cluster_name;
        if prior.region == self.region && !is_renamed {
            return false;
        }
        let remembered = prior
            .cluster_arn
            .known()
            .and_then(|arn| arn.split(':').nth(3));
        match (reference, remembered) {
            (Attr::Known(reference), Some(region)) => reference.region != region,
            (Attr::Unknown, _) => true,
            _ => false,
        }
    }

    /// The cluster that is meant, found or not.
    ///
    /// # Errors
    /// As [`Clusters::resolve`].
    pub(crate) fn resolve(&self, clusters: &Clusters) -> Result<Attr<ClusterRef>, Diagnostics> {
        clusters.resolve(&self.cluster_name, &self.region)
    }

    /// For the refresh of an object that is in a cluster's account and not in the cluster: whether this run looks for the cluster in the region
    /// where the state found it. Asks nobody.
    ///
    /// # Errors
    /// Another region, with the way out; or as [`Clusters::resolve`].
    pub(crate) fn check_region_at_read(&self, clusters: &Clusters) -> Result<(), Diagnostics> {
        if self.cluster_name.is_null() {
            return Ok(());
        }
        match self.resolve(clusters)? {
            Attr::Known(reference) => Ok(self.remembered().check_region(&reference)?),
            Attr::Null | Attr::Unknown => Ok(()),
        }
    }

    /// What a refresh sees of a state's cluster.
    pub(crate) async fn at_read<C>(
        &self,
        cx: &Context<C>,
        clusters: &Clusters,
    ) -> Result<ClusterAtRead, Diagnostics> {
        let session = &clusters.session;
        if self.names_no_cluster() && session.settings().cluster_name.is_null() {
            // It came from another provider's state, and only the configuration will name the cluster.
            return Ok(ClusterAtRead::NotJudged);
        }
        let (Attr::Known(reference), Some(_)) = (self.resolve(clusters)?, session.cloud()) else {
            cx.add(api_failure::kept_unread("object"));
            return Ok(ClusterAtRead::NotJudged);
        };
        let remembered = self.remembered();
        let looked_up = async {
            let found = clusters.find(&reference).await?;
            let judged =
                clusters.check_account_and_region(&remembered, &reference, found.as_deref());
            Ok::<_, ApiError>((judged.await?, found))
        };
        let (judged, found) = match looked_up.await {
            Ok(answer) => answer,
            Err(error) => {
                let about = reference.to_string();
                if kept_state::is_kept_by(session.settings(), cx, &about, &error) {
                    return Ok(ClusterAtRead::NotJudged);
                }
                return Err(api_failure::failed("Cannot Read Cluster", &about, &error).into());
            }
        };
        judged?;
        if found.is_none() {
            cx.add(clusters.missing_at_read(&reference).await);
        }
        Ok(remembered
            .still_there(found)
            .map_or(ClusterAtRead::Gone, ClusterAtRead::Found))
    }

    /// What a plan sees, `None` where nothing can be judged. `self` is the planned placement; it is completed with what is known of the cluster.
    pub(crate) async fn at_plan<C>(
        &mut self,
        cx: &Context<C>,
        clusters: &Clusters,
        prior: Option<&Placement>,
    ) -> Result<Option<Arc<FoundCluster>>, Diagnostics> {
        let reference = self.resolve(clusters)?;
        match &reference {
            Attr::Known(reference) => {
                self.cluster_name = reference.named_as(&self.cluster_name);
            }
            Attr::Unknown if self.cluster_name.is_null() => self.cluster_name = Attr::Unknown,
            Attr::Unknown | Attr::Null => {}
        }
        let is_other = prior.is_some_and(|prior| {
            !self.has_same_name(prior) || self.is_in_other_region(prior, &reference)
        });
        if prior.is_none() || is_other {
            self.cluster_arn = Attr::Unknown;
            self.cluster_issuer = Attr::Unknown;
        }
        let cluster = match clusters.visibility(&reference).await? {
            Visibility::Here(cluster) => cluster,
            Visibility::Missing(missing, warning) => {
                // An object that is there is in a cluster of another account rather than in none.
                if let Some(prior) = prior.filter(|_| !is_other) {
                    let remembered = prior.remembered();
                    let judged = clusters.check_account_and_region(&remembered, &missing, None);
                    judged.await.unwrap_or(Ok(()))?;
                }
                cx.add(warning);
                return Ok(None);
            }
            Visibility::Unknown | Visibility::Passing(_) => return Ok(None),
        };
        if !self.cluster_arn.is_known() || !self.cluster_issuer.is_known() {
            let Remembered {
                cluster_arn,
                cluster_issuer,
            } = Remembered::from_cluster(&cluster);
            (self.cluster_arn, self.cluster_issuer) = (cluster_arn, cluster_issuer);
        }
        Ok(Some(cluster))
    }

    /// The cluster at a removal; `None` if what was in it is gone with it.
    pub(crate) async fn at_delete(
        &self,
        clusters: &Clusters,
    ) -> Result<Option<Arc<FoundCluster>>, Diagnostics> {
        let Attr::Known(reference) = self.resolve(clusters)? else {
            return Err(diagnostics::unknown_at_apply().into());
        };
        let about = reference.to_string();
        let failed = api_failure::failure("Cannot Read Cluster", &about);
        let found = clusters
            .find_for_removal(&reference)
            .await
            .map_err(&failed)?;
        let remembered = self.remembered();
        clusters
            .check_account_and_region(&remembered, &reference, found.as_deref())
            .await
            .map_err(&failed)??;
        Ok(remembered.still_there(found))
    }

    /// The cluster that an import id names.
    pub(crate) async fn at_import(
        &self,
        clusters: &Clusters,
    ) -> Result<Arc<FoundCluster>, Diagnostics> {
        self.now(clusters, diagnostics::not_found_at_import).await
    }

    /// The cluster that a data source names.
    pub(crate) async fn at_data_source(
        &self,
        clusters: &Clusters,
    ) -> Result<Arc<FoundCluster>, Diagnostics> {
        self.now(clusters, diagnostics::not_found_now).await
    }

    /// The cluster as it is now, neither waited for nor remembered. `missing` says what is wrong where there is none.
    async fn now(
        &self,
        clusters: &Clusters,
        missing: fn(&ClusterRef, &str) -> Diagnostic,
    ) -> Result<Arc<FoundCluster>, Diagnostics> {
        let Attr::Known(reference) = self.resolve(clusters)? else {
            return Err(diagnostics::unknown_at_apply().into());
        };
        let about = reference.to_string();
        let found = clusters.find(&reference).await;
        match found.map_err(api_failure::failure("Cannot Read Cluster", &about))? {
            Some(cluster) => Ok(cluster),
            None => {
                let text = clusters.missing_text(&reference).await;
                Err(missing(&reference, &text).into())
            }
        }
    }
}

impl Applying<'_> {
    /// The cluster at apply, waited for; one that is another than the plan was made for stops the apply.
    pub(crate) async fn cluster<C>(
        &self,
        cx: &Context<C>,
        clusters: &Clusters,
    ) -> Result<Arc<FoundCluster>, Diagnostics> {
        let name = if self.planned.cluster_name.is_known() {
            &self.planned.cluster_name
        } else {
            &self.config.cluster_name
        };
        let Attr::Known(reference) = clusters.resolve(name, &self.planned.region)? else {
            return Err(diagnostics::unknown_at_apply().into());
        };
        let timeout = Timeouts::or_default(self.planned.timeouts.as_ref(), self.operation);
        let cluster = clusters
            .wait_until_active(&cx.cancel, &reference, timeout)
            .await?;
        self.planned.remembered().check_same(&cluster)?;
        Ok(cluster)
    }
}

impl Remembered {
    /// The cluster, unless what was in it is gone: with the cluster, or because another one has its name now.
    fn still_there(&self, found: Option<Arc<FoundCluster>>) -> Option<Arc<FoundCluster>> {
        found.filter(|cluster| !cluster.is_without_content() && !self.is_replaced_by(cluster))
    }
}

impl Clusters {
    /// The cluster that a plan can judge by; where it is missing a warning says so.
    ///
    /// # Errors
    /// As [`Clusters::visibility`].
    pub(crate) async fn at_plan<C>(
        &self,
        cx: &Context<C>,
        reference: &Attr<ClusterRef>,
    ) -> Result<Option<Arc<FoundCluster>>, Diagnostics> {
        Ok(match self.visibility(reference).await? {
            Visibility::Here(cluster) => Some(cluster),
            Visibility::Missing(_, warning) => {
                cx.add(warning);
                None
            }
            Visibility::Unknown | Visibility::Passing(_) => None,
        })
    }
}
