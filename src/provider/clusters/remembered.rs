//! What a state remembers of its cluster, and what it means if the world differs.
//!
//! Three computed attributes: `cluster_arn` (account and region) and `cluster_issuer`, because an issuer is new with every cluster and a
//! name is not. They are attributes and no private facts: Terraform drops private facts of a tainted object's plan, and gives the delete half
//! of a replacement those of the create half.

use eksauth_core::principal::arn::Arn;
use tf_provider::{Attr, Diagnostic};

use super::diagnostics;
use super::found_cluster::FoundCluster;
use super::lookup::Clusters;
use super::reference::ClusterRef;
use crate::ports::ApiError;

/// The cluster as a state remembers it. Null values remember nothing and are compared with nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The attribute `cluster_arn`.
    pub cluster_arn: Attr<String>,
    /// The attribute `cluster_issuer`.
    pub cluster_issuer: Attr<String>,
}

impl Remembered {
    /// What is to be remembered of a cluster.
    pub fn from_cluster(cluster: &FoundCluster) -> Self {
        Self {
            cluster_arn: Attr::Known(cluster.cluster.arn.clone()),
            cluster_issuer: cluster.issuer().map(str::to_owned).into(),
        }
    }

    /// Whether this run works where the state was made: same account, same region. The state must be left alone otherwise.
    ///
    /// `account` is the cluster's if it was found, else the caller's.
    ///
    /// # Errors
    /// Another account or another region, with the way out.
    pub fn check_account_and_region(
        &self,
        reference: &ClusterRef,
        account: &str,
    ) -> Result<(), Diagnostic> {
        self.check_region(reference)?;
        match self.arn().and_then(|arn| arn.account) {
            Some(remembered) if remembered.as_str() != account => Err(diagnostics::other_account(
                reference,
                remembered.as_str(),
                account,
            )),
            _ => Ok(()),
        }
    }

    /// The region's half of [`check_account_and_region`](Self::check_account_and_region), which asks nobody.
    ///
    /// # Errors
    /// Another region, with the way out.
    pub fn check_region(&self, reference: &ClusterRef) -> Result<(), Diagnostic> {
        match self.arn() {
            Some(arn) if arn.region != reference.region => {
                Err(diagnostics::other_region(reference, &arn.region))
            }
            _ => Ok(()),
        }
    }

    fn arn(&self) -> Option<Arn> {
        self.cluster_arn
            .known()
            .and_then(|arn| Arn::parse(arn).ok())
    }

    /// True if another cluster now has the name: its issuer is another one.
    pub fn is_replaced_by(&self, cluster: &FoundCluster) -> bool {
        match (self.cluster_issuer.known(), cluster.issuer()) {
            (Some(remembered), Some(issuer)) => remembered != issuer,
            _ => false,
        }
    }

    /// For apply: an error if the cluster is another one than the plan was made for.
    ///
    /// # Errors
    /// Another account, region or issuer.
    pub fn check_same(&self, cluster: &FoundCluster) -> Result<(), Diagnostic> {
        self.check_account_and_region(&cluster.reference, &cluster.account)?;
        if self.is_replaced_by(cluster) {
            return Err(diagnostics::replaced(self, cluster));
        }
        Ok(())
    }
}

impl Clusters {
    /// [`Remembered::check_account_and_region`] for a cluster that was looked for: with its account if it was found, else with the caller's.
    ///
    /// # Errors
    /// `Ok(Err(_))` for another account or region; `Err(_)` if the caller could not be asked.
    pub async fn check_account_and_region(
        &self,
        remembered: &Remembered,
        reference: &ClusterRef,
        found: Option<&FoundCluster>,
    ) -> Result<Result<(), Diagnostic>, ApiError> {
        let account = match found {
            Some(cluster) => cluster.account.clone(),
            None if remembered.cluster_arn.is_known() => self.session.identity().await?.account,
            None => return Ok(Ok(())),
        };
        Ok(remembered.check_account_and_region(reference, &account))
    }
}
