//! The identity of an association: its cluster and service account, which has one at most.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Identity, IdentitySchema, Type};

use super::schema::PodIdentityAssociationModel;
use crate::clusters::ClusterIdentity;

/// The identity of `eksauth_pod_identity_association`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PodIdentityAssociationIdentity {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// The cluster's account.
    pub account_id: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
    /// Namespace of the service account.
    pub namespace: Attr<String>,
    /// Its name.
    pub service_account: Attr<String>,
}

impl PodIdentityAssociationIdentity {
    /// The cluster that it names.
    pub(super) fn cluster(&self) -> ClusterIdentity {
        ClusterIdentity {
            cluster_name: self.cluster_name.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }
}

impl Identity<PodIdentityAssociationModel> for PodIdentityAssociationIdentity {
    fn schema() -> Option<IdentitySchema> {
        let schema = ClusterIdentity::schema()
            .required(
                "namespace",
                Type::String,
                "Namespace of the service account.",
            )
            .required(
                "service_account",
                Type::String,
                "Name of the service account.",
            );
        Some(schema)
    }

    fn from_model(model: &PodIdentityAssociationModel) -> Option<Self> {
        let cluster = ClusterIdentity::from_placement(&model.placement())?;
        Some(Self {
            cluster_name: cluster.cluster_name,
            account_id: cluster.account_id,
            region: cluster.region,
            namespace: Attr::Known(model.namespace.known()?.clone()),
            service_account: Attr::Known(model.service_account.known()?.clone()),
        })
    }
}
