//! Kubernetes RBAC and nodes, as far as the lock-out guard must know them. Read-only.

use async_trait::async_trait;
pub use eksauth_core::kubernetes::rbac::{
    Binding, PolicyRule, RbacObjects, Role, Subject, UnreadParts,
};

use super::error::ApiError;

/// What a cluster says of itself beside aws-auth.
#[async_trait]
pub trait RbacApi: Send + Sync {
    /// LIST of ClusterRoles, which with their bindings alone make administrators.
    async fn cluster_roles(&self) -> Result<Vec<Role>, ApiError>;

    /// LIST of ClusterRoleBindings.
    async fn cluster_role_bindings(&self) -> Result<Vec<Binding>, ApiError>;

    /// LIST of the Roles of kube-system.
    async fn kube_system_roles(&self) -> Result<Vec<Role>, ApiError>;

    /// LIST of the RoleBindings of kube-system.
    async fn kube_system_role_bindings(&self) -> Result<Vec<Binding>, ApiError>;

    /// Whether there is any Node (GET with limit 1).
    async fn has_nodes(&self) -> Result<bool, ApiError>;
}
