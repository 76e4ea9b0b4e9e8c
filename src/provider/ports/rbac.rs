//! Kubernetes RBAC and nodes, as far as the lock-out guard must know them. Read-only.

use async_trait::async_trait;

use super::error::ApiError;

/// One rule of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRule {
    /// `get`, `update`, `*`.
    pub verbs: Vec<String>,
    /// The empty text is the core group; `*` is all.
    pub api_groups: Vec<String>,
    /// `configmaps`, `*`.
    pub resources: Vec<String>,
    /// Empty: all of them.
    pub resource_names: Vec<String>,
}

/// A Role or ClusterRole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its rules.
    pub rules: Vec<PolicyRule>,
}

/// Whom a binding names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A group.
    Group(String),
    /// A user.
    User(String),
}

/// A RoleBinding or ClusterRoleBinding. Service accounts among its subjects are left out: they do not come through AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Whether it refers to a ClusterRole (else to a Role of its namespace).
    pub refers_to_cluster_role: bool,
    /// The role's name.
    pub role: String,
    /// Its subjects.
    pub subjects: Vec<Subject>,
}

/// Everything that decides what a user or group may do with aws-auth or with everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RbacObjects {
    /// All ClusterRoles.
    pub cluster_roles: Vec<Role>,
    /// All ClusterRoleBindings.
    pub cluster_role_bindings: Vec<Binding>,
    /// The Roles in kube-system.
    pub roles: Vec<Role>,
    /// The RoleBindings in kube-system.
    pub role_bindings: Vec<Binding>,
}

/// What a cluster says of itself beside aws-auth.
#[async_trait]
pub trait RbacApi: Send + Sync {
    /// GET of ClusterRoles, ClusterRoleBindings and those of kube-system: four calls.
    async fn rbac_objects(&self) -> Result<RbacObjects, ApiError>;

    /// Whether there is any Node (GET with limit 1).
    async fn has_nodes(&self) -> Result<bool, ApiError>;
}
