//! Roles and bindings of a cluster as objects that this provider holds: their names, labels, contents, and who holds which of their fields.
//!
//! What they mean for access is judged elsewhere ([`rbac`](super::rbac) has them as the lock-out guard reads them).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use async_trait::async_trait;

use super::error::ApiError;
use super::rbac::PolicyRule;
use super::service_account::FIELD_MANAGER;

mod discovery;
mod rule;

pub use discovery::{Discovery, ServedResource};
pub use rule::{RbacRule, are_same_rules};

/// The API group of RBAC objects.
pub const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// A label of the roles and bindings that the API server makes itself, and reconciles.
const BOOTSTRAPPING: &str = "kubernetes.io/bootstrapping";

/// What kind of object it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RbacKind {
    /// A role of the whole cluster.
    ClusterRole,
    /// A role of a namespace.
    Role,
    /// A binding in the whole cluster.
    ClusterRoleBinding,
    /// A binding in a namespace.
    RoleBinding,
}

impl RbacKind {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self::ClusterRole,
        Self::Role,
        Self::ClusterRoleBinding,
        Self::RoleBinding,
    ];

    /// As manifests write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::ClusterRole => "ClusterRole",
            Self::Role => "Role",
            Self::ClusterRoleBinding => "ClusterRoleBinding",
            Self::RoleBinding => "RoleBinding",
        }
    }

    /// As rules and paths write it.
    pub fn plural(self) -> &'static str {
        match self {
            Self::ClusterRole => "clusterroles",
            Self::Role => "roles",
            Self::ClusterRoleBinding => "clusterrolebindings",
            Self::RoleBinding => "rolebindings",
        }
    }

    /// True for a role, false for a binding.
    pub fn is_role(self) -> bool {
        matches!(self, Self::ClusterRole | Self::Role)
    }

    /// Whether it is in a namespace.
    pub fn is_namespaced(self) -> bool {
        matches!(self, Self::Role | Self::RoleBinding)
    }
}

/// Which object it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RbacKey {
    /// Its kind.
    pub kind: RbacKind,
    /// Its namespace; empty where it is of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for RbacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.word(), self.name)?;
        match self.namespace.as_str() {
            "" => Ok(()),
            namespace => write!(f, " in namespace `{namespace}`"),
        }
    }
}

/// What a binding refers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleRef {
    /// [`RbacKind::ClusterRole`] or [`RbacKind::Role`].
    pub kind: RbacKind,
    /// Its name.
    pub name: String,
}

impl RoleRef {
    /// The object that a binding refers to by it.
    pub fn key_for(&self, binding: &RbacKey) -> RbacKey {
        RbacKey {
            kind: self.kind,
            namespace: match self.kind.is_namespaced() {
                true => binding.namespace.clone(),
                false => String::new(),
            },
            name: self.name.clone(),
        }
    }
}

impl fmt::Display for RoleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.word(), self.name)
    }
}

/// Whom a binding names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BoundSubject {
    /// A group.
    Group(String),
    /// A user.
    User(String),
    /// A service account of a namespace.
    ServiceAccount {
        /// The namespace.
        namespace: String,
        /// The name.
        name: String,
    },
}

impl fmt::Display for BoundSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(f, "group {name}"),
            Self::User(name) => write!(f, "user {name}"),
            Self::ServiceAccount { namespace, name } => {
                write!(f, "service account {namespace}:{name}")
            }
        }
    }
}

/// A field that this provider may hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RbacField {
    /// A label, by its key.
    Label(String),
    /// `rules`, which are held as a whole.
    Rules,
    /// `roleRef`.
    RoleRef,
    /// `subjects`, which are held as a whole.
    Subjects,
}

impl fmt::Display for RbacField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(key) => write!(f, "the label `{key}`"),
            Self::Rules => f.write_str("`rules`"),
            Self::RoleRef => f.write_str("`roleRef`"),
            Self::Subjects => f.write_str("`subjects`"),
        }
    }
}

/// The fields that are set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RbacFields {
    /// Labels by key.
    pub labels: BTreeMap<String, String>,
    /// The rules of a role; `None` in a binding.
    pub rules: Option<Vec<RbacRule>>,
    /// What a binding refers to; `None` in a role.
    pub role_ref: Option<RoleRef>,
    /// Whom a binding names; `None` in a role.
    pub subjects: Option<Vec<BoundSubject>>,
}

impl RbacFields {
    /// The rules, as a judgement takes them.
    pub fn policy_rules(&self) -> Vec<PolicyRule> {
        let rules = self.rules.iter().flatten();
        let rules = rules.map(|rule| PolicyRule {
            verbs: rule.verbs.clone(),
            api_groups: rule.api_groups.clone(),
            resources: rule.resources.clone(),
            resource_names: rule.resource_names.clone(),
        });
        rules.collect()
    }

    /// Each field that is set, with its value as text, in which order means nothing.
    pub fn values(&self) -> BTreeMap<RbacField, String> {
        let sorted = |texts: BTreeSet<String>| texts.into_iter().collect::<Vec<_>>().join("; ");
        let canonical = |rule: &RbacRule| {
            let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect();
            let [
                api_groups,
                resources,
                verbs,
                resource_names,
                non_resource_urls,
            ] = rule.canonical().map(owned);
            let rule = RbacRule {
                api_groups,
                resources,
                verbs,
                resource_names,
                non_resource_urls,
            };
            rule.to_string()
        };
        let labels = self
            .labels
            .iter()
            .map(|(key, value)| (RbacField::Label(key.clone()), value.clone()));
        let rules = self.rules.iter().map(|rules| {
            (
                RbacField::Rules,
                sorted(rules.iter().map(canonical).collect()),
            )
        });
        let role_ref = self
            .role_ref
            .iter()
            .map(|role| (RbacField::RoleRef, role.to_string()));
        let subjects = self.subjects.iter().map(|subjects| {
            let texts = subjects.iter().map(ToString::to_string).collect();
            (RbacField::Subjects, sorted(texts))
        });
        labels
            .chain(rules)
            .chain(role_ref)
            .chain(subjects)
            .collect()
    }
}

/// Who holds fields: one entry of `metadata.managedFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RbacFieldOwner {
    /// Its name, `kubectl-create`.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// Those of its fields that this provider may hold too.
    pub fields: BTreeSet<RbacField>,
}

impl RbacFieldOwner {
    /// True for what this provider has applied.
    pub fn is_own(&self) -> bool {
        self.manager == FIELD_MANAGER && self.operation == "Apply"
    }
}

/// A role or binding as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RbacObject {
    /// Which it is.
    pub key: RbacKey,
    /// `metadata.uid`: another one means another object of the same name.
    pub uid: String,
    /// What it has.
    pub fields: RbacFields,
    /// Whether its rules are gathered from other roles (`aggregationRule`), so that nobody sets them.
    pub is_aggregated: bool,
    /// Who holds what of it.
    pub owners: Vec<RbacFieldOwner>,
}

impl RbacObject {
    /// The fields that this provider has applied.
    pub fn own_fields(&self) -> BTreeSet<RbacField> {
        let own = self.owners.iter().filter(|owner| owner.is_own());
        own.flat_map(|owner| owner.fields.iter().cloned()).collect()
    }

    /// True if nobody but this provider holds anything of it: it was made here.
    pub fn is_own_alone(&self) -> bool {
        !self.owners.is_empty() && self.owners.iter().all(RbacFieldOwner::is_own)
    }

    /// Everybody else who holds a field, by name.
    pub fn other_owners(&self, field: &RbacField) -> BTreeSet<&str> {
        let others = self.owners.iter().filter(|owner| !owner.is_own());
        let holding = others.filter(|owner| owner.fields.contains(field));
        holding.map(|owner| owner.manager.as_str()).collect()
    }

    /// The role to which a binding refers.
    pub fn role_key(&self) -> Option<RbacKey> {
        let role = self.fields.role_ref.as_ref()?;
        Some(role.key_for(&self.key))
    }

    /// True for what the API server or EKS makes and reconciles itself.
    pub fn is_built_in(&self) -> bool {
        self.fields.labels.contains_key(BOOTSTRAPPING) || is_built_in_name(&self.key.name)
    }
}

/// True for the names that Kubernetes and EKS keep for their own roles and bindings.
pub fn is_built_in_name(name: &str) -> bool {
    matches!(name, "cluster-admin" | "admin" | "edit" | "view")
        || name.starts_with("system:")
        || name.starts_with("eks:")
}

/// What is applied: the fields that this provider holds from then on, and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRbacObject {
    /// Which object.
    pub key: RbacKey,
    /// The object that is meant, if it is there; another one, or none, is then a conflict.
    pub uid: Option<String>,
    /// The fields.
    pub fields: RbacFields,
    /// Whether fields that others hold with another value are taken from them.
    pub is_forced: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRbac {
    /// The object as it is now.
    pub object: RbacObject,
    /// Whether it was made by this.
    pub is_new: bool,
}

/// The roles and bindings of one cluster.
#[async_trait]
pub trait RbacObjectApi: Send + Sync {
    /// GET; `None` where there is none.
    async fn rbac_object(&self, key: &RbacKey) -> Result<Option<RbacObject>, ApiError>;

    /// GET of all of a kind, of every namespace.
    async fn rbac_objects(&self, kind: RbacKind) -> Result<Vec<RbacObject>, ApiError>;

    /// PATCH (server-side apply), which makes the object where there is none and no `uid` is given. [`ErrorKind::Conflict`](super::ErrorKind) where somebody
    /// else holds a field with another value, [`ErrorKind::NotFound`](super::ErrorKind) where there is no such namespace,
    /// [`ErrorKind::AccessDenied`](super::ErrorKind) too where it would grant what the caller has not.
    async fn apply_rbac_object(&self, applied: &AppliedRbacObject)
    -> Result<AppliedRbac, ApiError>;

    /// DELETE of the very object; gone already is success, another one of its name is a conflict.
    async fn delete_rbac_object(&self, key: &RbacKey, uid: &str) -> Result<(), ApiError>;

    /// GET of what is served: two calls where the server aggregates its discovery (Kubernetes 1.27 and newer), one for each group version elsewhere.
    async fn discovery(&self) -> Result<Discovery, ApiError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_and_eks_keep_for_themselves() {
        for name in ["view", "cluster-admin", "system:node", "eks:addon-manager"] {
            assert!(is_built_in_name(name), "{name}");
        }
        assert!(!is_built_in_name("viewers"));
    }
}
