//! All RBAC objects of a cluster or of one namespace, with their names, for who may do what. Read-only.

use async_trait::async_trait;
use eksauth_core::kubernetes::rbac::{BindingObject, RoleObject};

use super::error::ApiError;

/// Which objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RbacScope<'a> {
    /// ClusterRoles and ClusterRoleBindings.
    Cluster,
    /// Roles and RoleBindings of every namespace.
    AllNamespaces,
    /// Roles and RoleBindings of one.
    Namespace(&'a str),
}

/// The objects, one call each.
#[async_trait]
pub trait RbacListingApi: Send + Sync {
    /// GET of the ClusterRoles or Roles.
    async fn role_objects(&self, scope: RbacScope<'_>) -> Result<Vec<RoleObject>, ApiError>;

    /// GET of the ClusterRoleBindings or RoleBindings.
    async fn binding_objects(&self, scope: RbacScope<'_>) -> Result<Vec<BindingObject>, ApiError>;
}
