//! A cluster as the identities of what is in it name it: the account and region of its ARN, and its name.

use eksauth_core::principal::arn::Arn;
use tf_provider::{Attr, Diagnostic, IdentitySchema, Type};

use super::placement::Placement;
use super::{Clusters, FoundCluster, diagnostics};
use crate::attributes::import_id::ImportId;

/// The attributes that every identity of a cluster-scoped object has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ClusterIdentity {
    pub(crate) cluster_name: Attr<String>,
    pub(crate) account_id: Attr<String>,
    pub(crate) region: Attr<String>,
}

impl ClusterIdentity {
    /// A schema with these attributes; an import may leave out account and region.
    pub(crate) fn schema() -> IdentitySchema {
        IdentitySchema::new()
            .required("cluster_name", Type::String, "Name of the cluster.")
            .optional(
                "account_id",
                Type::String,
                "Account of the cluster. An import finds the cluster with the credentials that it has, and compares.",
            )
            .optional(
                "region",
                Type::String,
                "Region of the cluster; in an import that of the provider's `clusters` for it, or the provider's `region` unless set.",
            )
    }

    /// The cluster that an import id names. An ARN says its region in any case, so that is left out of the attributes where the name alone leads there: most
    /// configurations do not say it. What follows an `@` is said on purpose.
    pub(crate) fn of_import_id(cluster: &ImportId<'_>, clusters: &Clusters) -> Self {
        let cluster_name = Attr::Known(cluster.object.to_owned());
        let region: Attr<String> = cluster.region.map(str::to_owned).into();
        let resolved = |region| clusters.resolve(&cluster_name, region).ok();
        let is_of_arn = cluster.account.is_some();
        let is_needed = !is_of_arn || resolved(&Attr::Null) != resolved(&region);
        Self {
            region: if is_needed { region } else { Attr::Null },
            account_id: cluster.account.map(str::to_owned).into(),
            cluster_name,
        }
    }

    /// The cluster that a state remembers; `None` while it was not found yet.
    pub(crate) fn from_placement(placement: &Placement) -> Option<Self> {
        let arn = Arn::parse(placement.cluster_arn.known()?).ok()?;
        let cluster_name = arn.resource.strip_prefix("cluster/")?.to_owned();
        Some(Self {
            cluster_name: Attr::Known(cluster_name),
            account_id: Attr::Known(arn.account?.to_string()),
            region: Attr::Known(arn.region),
        })
    }

    /// Where an import looks, as an import id would say it.
    pub(crate) fn to_placement(&self) -> Placement {
        Placement {
            cluster_name: self.cluster_name.clone(),
            region: self.region.clone(),
            ..Placement::default()
        }
    }

    /// Whether the cluster that an import has found is in the account that is meant.
    ///
    /// # Errors
    /// Another account, with the way out.
    pub(crate) fn check_account(&self, found: &FoundCluster) -> Result<(), Diagnostic> {
        match self.account_id.known() {
            Some(account) if *account != found.account => {
                Err(diagnostics::in_another_account(account, found))
            }
            _ => Ok(()),
        }
    }
}
