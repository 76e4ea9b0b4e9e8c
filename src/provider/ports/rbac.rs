//! Kubernetes RBAC and nodes, as far as the lock-out guard must know them. Read-only.

use async_trait::async_trait;
pub use eksauth_core::kubernetes::rbac::{Binding, PolicyRule, RbacObjects, Role, Subject};

use super::error::ApiError;

/// What a cluster says of itself beside aws-auth.
#[async_trait]
pub trait RbacApi: Send + Sync {
    /// GET of ClusterRoles, ClusterRoleBindings and those of kube-system: four calls.
    async fn rbac_objects(&self) -> Result<RbacObjects, ApiError>;

    /// Whether there is any Node (GET with limit 1).
    async fn has_nodes(&self) -> Result<bool, ApiError>;
}
