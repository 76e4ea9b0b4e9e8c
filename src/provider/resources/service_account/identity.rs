//! The identity of a service account: its cluster, namespace and name.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Identity, IdentitySchema, Type};

use super::schema::ServiceAccountModel;
use crate::clusters::ClusterIdentity;

/// The identity of `eksauth_service_account`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceAccountIdentity {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// The cluster's account.
    pub account_id: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
    /// The namespace.
    pub namespace: Attr<String>,
    /// The name.
    pub name: Attr<String>,
}

impl ServiceAccountIdentity {
    /// The cluster that it names.
    pub(super) fn cluster(&self) -> ClusterIdentity {
        ClusterIdentity {
            cluster_name: self.cluster_name.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }
}

impl Identity<ServiceAccountModel> for ServiceAccountIdentity {
    fn schema() -> Option<IdentitySchema> {
        let schema = ClusterIdentity::schema()
            .required(
                "namespace",
                Type::String,
                "Namespace of the service account.",
            )
            .required("name", Type::String, "Name of the service account.");
        Some(schema)
    }

    fn from_model(model: &ServiceAccountModel) -> Option<Self> {
        let cluster = ClusterIdentity::from_placement(&model.placement())?;
        Some(Self {
            cluster_name: cluster.cluster_name,
            account_id: cluster.account_id,
            region: cluster.region,
            namespace: Attr::Known(model.namespace.known()?.clone()),
            name: Attr::Known(model.name.known()?.clone()),
        })
    }
}
