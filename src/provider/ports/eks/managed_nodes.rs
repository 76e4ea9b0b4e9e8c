//! Nodes that EKS manages, as far as their roles: EKS gives these access by itself.

use async_trait::async_trait;

use crate::ports::error::ApiError;

/// Managed node groups and Fargate profiles.
#[async_trait]
pub trait ManagedNodesApi: Send + Sync {
    /// ListNodegroups, DescribeNodegroup: the ARNs of the nodes' roles.
    async fn node_group_roles(&self, cluster: &str) -> Result<Vec<String>, ApiError>;

    /// ListFargateProfiles, DescribeFargateProfile: the ARNs of the pod execution roles.
    async fn fargate_profile_roles(&self, cluster: &str) -> Result<Vec<String>, ApiError>;
}
