//! All RBAC objects of a cluster, with the names and namespaces that an answer has to name.

use std::fmt;

use super::{Binding, PolicyRule, RbacObjects, Role, Subject};
use crate::aws_auth;

/// A rule on paths that are no objects of the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlRule {
    /// `get`, `*`.
    pub verbs: Vec<String>,
    /// `/healthz`, `/healthz/*`, `*`.
    pub paths: Vec<String>,
}

/// A Role or ClusterRole. What a ClusterRole aggregates stands in its rules: the controller writes it there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleObject {
    /// Empty for a ClusterRole.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its rules on objects.
    pub rules: Vec<PolicyRule>,
    /// Its rules on paths, which ClusterRoles alone have.
    pub url_rules: Vec<UrlRule>,
    /// Whether its rules are those of other ClusterRoles.
    pub is_aggregated: bool,
}

/// Which role a binding gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleRef {
    /// Whether it is a ClusterRole; else a Role of the binding's namespace.
    pub is_cluster_role: bool,
    /// Its name.
    pub name: String,
}

/// Whom a binding names, service accounts among them: a user may have the name of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoundSubject {
    /// A group.
    Group(String),
    /// A user.
    User(String),
    /// A service account.
    ServiceAccount {
        /// The empty text: the binding's own.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BindingObject {
    /// Empty for a ClusterRoleBinding.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it gives.
    pub role: RoleRef,
    /// To whom.
    pub subjects: Vec<BoundSubject>,
}

/// Objects of a kind, or why they could not be read.
pub type Listed<T> = Result<Vec<T>, String>;

/// The RBAC objects of a cluster, as far as they could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterRbac {
    /// The ClusterRoles.
    pub cluster_roles: Listed<RoleObject>,
    /// The ClusterRoleBindings.
    pub cluster_role_bindings: Listed<BindingObject>,
    /// The Roles.
    pub roles: Listed<RoleObject>,
    /// The RoleBindings.
    pub role_bindings: Listed<BindingObject>,
    /// The namespace whose Roles and RoleBindings alone were read; empty: all of them.
    pub namespace: String,
}

/// A cluster without any.
impl Default for ClusterRbac {
    fn default() -> Self {
        Self {
            cluster_roles: Ok(Vec::new()),
            cluster_role_bindings: Ok(Vec::new()),
            roles: Ok(Vec::new()),
            role_bindings: Ok(Vec::new()),
            namespace: String::new(),
        }
    }
}

impl ClusterRbac {
    /// None of them could be read.
    pub fn unreadable(reason: &str) -> Self {
        Self {
            cluster_roles: Err(reason.to_owned()),
            cluster_role_bindings: Err(reason.to_owned()),
            roles: Err(reason.to_owned()),
            role_bindings: Err(reason.to_owned()),
            namespace: String::new(),
        }
    }

    /// What could not be read, in words.
    pub fn unread(&self) -> Vec<&str> {
        let reasons = [
            self.cluster_roles.as_ref().err(),
            self.cluster_role_bindings.as_ref().err(),
            self.roles.as_ref().err(),
            self.role_bindings.as_ref().err(),
        ];
        let mut reasons: Vec<&str> = reasons.into_iter().flatten().map(String::as_str).collect();
        reasons.dedup();
        reasons
    }

    /// Every binding that could be read.
    pub fn bindings(&self) -> impl Iterator<Item = &BindingObject> {
        [&self.cluster_role_bindings, &self.role_bindings]
            .into_iter()
            .flatten()
            .flatten()
    }

    /// What decides who does everything or writes aws-auth, as the lock-out guard sees it. What could not be read gives nothing in it.
    pub fn deciding_objects(&self) -> RbacObjects {
        let of_kube_system = |namespace: &str| namespace == aws_auth::NAMESPACE;
        RbacObjects {
            cluster_roles: flattened(&self.cluster_roles, RoleObject::flatten),
            cluster_role_bindings: flattened(&self.cluster_role_bindings, BindingObject::flatten),
            roles: flattened(&self.roles, |role| {
                role.flatten().filter(|_| of_kube_system(&role.namespace))
            }),
            role_bindings: flattened(&self.role_bindings, |binding| {
                binding
                    .flatten()
                    .filter(|_| of_kube_system(&binding.namespace))
            }),
            ..RbacObjects::default()
        }
    }
}

fn flattened<From, Into>(
    listed: &Listed<From>,
    flatten: impl Fn(&From) -> Option<Into>,
) -> Vec<Into> {
    listed.iter().flatten().filter_map(flatten).collect()
}

impl RoleObject {
    fn flatten(&self) -> Option<Role> {
        Some(Role {
            name: self.name.clone(),
            rules: self.rules.clone(),
            ..Role::default()
        })
    }
}

impl BindingObject {
    /// The binding as the lock-out guard sees it.
    pub(super) fn flatten(&self) -> Option<Binding> {
        let subject = |subject: &BoundSubject| match subject {
            BoundSubject::Group(name) => Some(Subject::Group(name.clone())),
            BoundSubject::User(name) => Some(Subject::User(name.clone())),
            BoundSubject::ServiceAccount { namespace, name } => {
                let place = match namespace.is_empty() {
                    true => &self.namespace,
                    false => namespace,
                };
                Subject::service_account(place, name)
            }
        };
        Some(Binding {
            refers_to_cluster_role: self.role.is_cluster_role,
            role: self.role.name.clone(),
            subjects: self.subjects.iter().filter_map(subject).collect(),
        })
    }

    /// Whether it counts in every namespace.
    pub fn is_cluster_wide(&self) -> bool {
        self.namespace.is_empty()
    }

    /// `ClusterRoleBinding` or `RoleBinding`.
    pub fn kind(&self) -> &'static str {
        match self.is_cluster_wide() {
            true => "ClusterRoleBinding",
            false => "RoleBinding",
        }
    }
}

impl RoleRef {
    /// `ClusterRole` or `Role`.
    pub fn kind(&self) -> &'static str {
        match self.is_cluster_role {
            true => "ClusterRole",
            false => "Role",
        }
    }
}

/// RoleBinding `prod/deployers`
impl fmt::Display for BindingObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_cluster_wide() {
            true => write!(f, "{} `{}`", self.kind(), self.name),
            false => write!(f, "{} `{}/{}`", self.kind(), self.namespace, self.name),
        }
    }
}

/// ClusterRole `edit`
impl fmt::Display for RoleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind(), self.name)
    }
}

/// group `developers`
impl fmt::Display for BoundSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(f, "group `{name}`"),
            Self::User(name) => write!(f, "user `{name}`"),
            Self::ServiceAccount { namespace, name } => {
                write!(f, "service account `{namespace}/{name}`")
            }
        }
    }
}
