//! The identity of a cluster's authentication mode: the cluster.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Identity, IdentitySchema};

use super::schema::AuthenticationModeModel;
use crate::clusters::ClusterIdentity;

/// The identity of `eksauth_authentication_mode`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthenticationModeIdentity {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// The cluster's account.
    pub account_id: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
}

impl AuthenticationModeIdentity {
    /// The cluster that it names.
    pub(super) fn cluster(&self) -> ClusterIdentity {
        ClusterIdentity {
            cluster_name: self.cluster_name.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }
}

impl Identity<AuthenticationModeModel> for AuthenticationModeIdentity {
    fn schema() -> Option<IdentitySchema> {
        Some(ClusterIdentity::schema())
    }

    fn from_model(model: &AuthenticationModeModel) -> Option<Self> {
        let cluster = ClusterIdentity::from_placement(&model.placement())?;
        Some(Self {
            cluster_name: cluster.cluster_name,
            account_id: cluster.account_id,
            region: cluster.region,
        })
    }
}
