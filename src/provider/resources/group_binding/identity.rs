//! The identity of a group binding: its cluster and its name.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Identity, IdentitySchema, Type};

use super::schema::GroupBindingModel;
use crate::clusters::ClusterIdentity;

/// The identity of `eksauth_group_binding`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupBindingIdentity {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// The cluster's account.
    pub account_id: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
    /// The name.
    pub name: Attr<String>,
}

impl GroupBindingIdentity {
    /// The cluster that it names.
    pub(super) fn cluster(&self) -> ClusterIdentity {
        ClusterIdentity {
            cluster_name: self.cluster_name.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }
}

impl Identity<GroupBindingModel> for GroupBindingIdentity {
    // Another name is made beside the old one, which goes then.
    const IS_MUTABLE: bool = true;

    fn schema() -> Option<IdentitySchema> {
        let schema = ClusterIdentity::schema().required(
            "name",
            Type::String,
            "Name of the group binding: of its role, and what the name of its bindings begins with. An import finds all bindings of that name.",
        );
        Some(schema)
    }

    fn from_model(model: &GroupBindingModel) -> Option<Self> {
        let cluster = ClusterIdentity::from_placement(&model.placement())?;
        Some(Self {
            cluster_name: cluster.cluster_name,
            account_id: cluster.account_id,
            region: cluster.region,
            name: Attr::Known(model.name.known()?.clone()),
        })
    }
}
