//! Kubernetes RBAC and nodes, as far as the lock-out guard must know them. Read-only.

use async_trait::async_trait;
pub use eksauth_core::kubernetes::rbac::{
    Binding, PolicyRule, RbacObjects, Role, Subject, UnreadParts,
};

use super::error::ApiError;

/// What a cluster says of itself beside aws-auth.
#[async_trait]
pub trait RbacApi: Send + Sync {
    /// GET of ClusterRoles and ClusterRoleBindings, which alone make administrators: two calls.
    async fn cluster_rbac(&self) -> Result<RbacObjects, ApiError>;

    /// GET of the Roles and RoleBindings of kube-system: two calls.
    async fn kube_system_rbac(&self) -> Result<RbacObjects, ApiError>;

    /// Whether there is any Node (GET with limit 1).
    async fn has_nodes(&self) -> Result<bool, ApiError>;
}
