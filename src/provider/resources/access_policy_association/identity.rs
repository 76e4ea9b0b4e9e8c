//! The identity of an association, as hashicorp/aws names its own: cluster, principal and policy.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Identity, IdentitySchema, Type};

use super::schema::AccessPolicyAssociationModel;
use crate::clusters::ClusterIdentity;

/// The identity of `eksauth_access_policy_association`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessPolicyAssociationIdentity {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// The cluster's account.
    pub account_id: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
    /// The principal.
    pub principal_arn: Attr<String>,
    /// The policy.
    pub policy_arn: Attr<String>,
}

impl AccessPolicyAssociationIdentity {
    /// The cluster that it names.
    pub(super) fn cluster(&self) -> ClusterIdentity {
        ClusterIdentity {
            cluster_name: self.cluster_name.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }
}

impl Identity<AccessPolicyAssociationModel> for AccessPolicyAssociationIdentity {
    fn schema() -> Option<IdentitySchema> {
        let schema = ClusterIdentity::schema()
            .required("principal_arn", Type::String, "ARN of the role or user.")
            .required("policy_arn", Type::String, "The policy, by name or ARN.");
        Some(schema)
    }

    fn from_model(model: &AccessPolicyAssociationModel) -> Option<Self> {
        let cluster = ClusterIdentity::from_placement(&model.placement())?;
        let partition = model.cluster_arn.known()?.split(':').nth(1)?.to_owned();
        Some(Self {
            cluster_name: cluster.cluster_name,
            account_id: cluster.account_id,
            region: cluster.region,
            principal_arn: Attr::Known(model.principal_arn.known()?.clone()),
            // One policy is one identity, however it is written.
            policy_arn: Attr::Known(format!(
                "arn:{partition}:eks::aws:cluster-access-policy/{}",
                model.policy()?
            )),
        })
    }
}
