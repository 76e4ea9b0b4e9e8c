//! The identity of the map: its cluster. There is one map in a cluster.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Identity, IdentitySchema};

use super::AwsAuthModel;
use crate::clusters::ClusterIdentity;

/// The identity of `eksauth_aws_auth`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AwsAuthIdentity {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its account.
    pub account_id: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
}

impl AwsAuthIdentity {
    /// The cluster that is meant.
    pub(super) fn into_cluster(self) -> ClusterIdentity {
        ClusterIdentity {
            cluster_name: self.cluster_name,
            account_id: self.account_id,
            region: self.region,
        }
    }
}

impl Identity<AwsAuthModel> for AwsAuthIdentity {
    fn schema() -> Option<IdentitySchema> {
        Some(ClusterIdentity::schema())
    }

    fn from_model(model: &AwsAuthModel) -> Option<Self> {
        let cluster = ClusterIdentity::from_placement(&model.placement())?;
        Some(Self {
            cluster_name: cluster.cluster_name,
            account_id: cluster.account_id,
            region: cluster.region,
        })
    }
}
