//! The identity of an access entry, as hashicorp/aws names its own: cluster and principal.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Identity, IdentitySchema, Type};

use super::schema::AccessEntryModel;
use crate::clusters::ClusterIdentity;

/// The identity of `eksauth_access_entry`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessEntryIdentity {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// The cluster's account.
    pub account_id: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
    /// The principal.
    pub principal_arn: Attr<String>,
}

impl AccessEntryIdentity {
    /// The cluster that it names.
    pub(super) fn cluster(&self) -> ClusterIdentity {
        ClusterIdentity {
            cluster_name: self.cluster_name.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }
}

impl Identity<AccessEntryModel> for AccessEntryIdentity {
    fn schema() -> Option<IdentitySchema> {
        Some(ClusterIdentity::schema().required(
            "principal_arn",
            Type::String,
            "ARN of the role or user.",
        ))
    }

    fn from_model(model: &AccessEntryModel) -> Option<Self> {
        let cluster = ClusterIdentity::from_placement(&model.placement())?;
        Some(Self {
            cluster_name: cluster.cluster_name,
            account_id: cluster.account_id,
            region: cluster.region,
            principal_arn: Attr::Known(model.principal_arn.known()?.clone()),
        })
    }
}
