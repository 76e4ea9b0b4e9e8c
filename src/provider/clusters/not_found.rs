//! What is said where a cluster cannot be found: who looked where, and which name was perhaps meant.

use std::sync::Arc;

use eksauth_core::nearness::nearest;
use tf_provider::{Attr, Diagnostic, Diagnostics};

use super::lookup::Clusters;
use super::reference::ClusterRef;
use super::{FoundCluster, diagnostics};
use crate::diagnostics::api_failure;
use crate::ports::ApiError;

impl Clusters {
    /// A warning for a plan: the cluster is not there (yet), so nothing was judged. Asks for the caller and the cluster names.
    pub async fn missing_warning(&self, reference: &ClusterRef) -> Diagnostic {
        diagnostics::missing_at_plan(reference, &self.missing_text(reference).await)
    }

    /// A warning for a refresh: what the state has in a cluster that is not there leaves the state. Asks as [`missing_warning`](Self::missing_warning) does.
    pub(super) async fn missing_at_read(&self, reference: &ClusterRef) -> Diagnostic {
        diagnostics::missing_at_read(reference, &self.missing_text(reference).await)
    }

    /// An error for a question about a cluster that is not there. Asks as the warning does.
    pub(crate) async fn not_found(&self, reference: &ClusterRef) -> Diagnostic {
        diagnostics::not_found(reference, &self.missing_text(reference).await)
    }

    /// The cluster that a data source asks about: it is there now, or the question has no answer.
    ///
    /// # Errors
    /// No name or region, a provider block that is not wholly known, a failed call, or no such cluster.
    pub(crate) async fn existing(
        &self,
        name: &Attr<String>,
        region: &Attr<String>,
    ) -> Result<Arc<FoundCluster>, Diagnostics> {
        let reference = self.resolve(name, region)?;
        let (Some(reference), Some(_)) = (reference.into_known(), self.session.cloud()) else {
            return Err(api_failure::cannot_answer("cluster").into());
        };
        let about = reference.to_string();
        let failed = api_failure::failure("Cannot Read Cluster", &about);
        match self.find(&reference).await.map_err(failed)? {
            Some(cluster) => Ok(cluster),
            None => Err(self.not_found(&reference).await.into()),
        }
    }

    /// One or two sentences: account, region, nearest name. Asked once for all who want to know at the same time.
    pub async fn missing_text(&self, reference: &ClusterRef) -> String {
        let recent = self.recent_missing_text(reference);
        let clock = self.session().clock().as_ref();
        let text = recent.get(clock, || self.ask_for_missing_text(reference));
        text.await.as_ref().clone()
    }

    async fn ask_for_missing_text(&self, reference: &ClusterRef) -> String {
        let ClusterRef { name, region } = reference;
        let account = match self.session.identity().await {
            Ok(identity) => format!("account `{}`", identity.account),
            Err(error) => format!("the caller's account (which is unknown: {error})"),
        };
        let text = format!("There is no cluster `{name}` in {account}, region `{region}`.");
        match self.names(reference).await {
            Ok(names) if names.is_empty() => format!("{text} There is no cluster there at all."),
            Ok(names) => match nearest(name, &names) {
                Some(near) => format!("{text} The nearest name there is `{near}`."),
                None => text,
            },
            Err(error) => format!("{text} Its neighbours could not be listed ({error})."),
        }
    }

    async fn names(&self, reference: &ClusterRef) -> Result<Vec<String>, ApiError> {
        let cloud = self.session.admitted().await?;
        let access = self
            .access(&reference.name)
            .into_known()
            .unwrap_or_default();
        cloud
            .eks(&reference.region, access.assume_role_arn.as_deref())
            .list_clusters()
            .await
    }
}
