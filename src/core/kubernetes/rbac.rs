//! RBAC: which users and groups hold all power, may come to hold it, or may at least mend aws-auth.
//!
//! A `User` and a `Group` of one name are two subjects. A service account is the user of its name, and an entry of aws-auth may give that name to
//! somebody of AWS, whom RBAC cannot tell from it. A rule limited to other names, another API group or another namespace gives nothing. Source: Kubernetes documentation, "Using RBAC Authorization" (bind, escalate and
//! impersonate under "Privilege escalation prevention and bootstrapping").

mod aggregation;
mod evaluation;
mod named_user;
mod nearest;
mod objects;
mod question;
mod roads;
mod together;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

pub use aggregation::{LabelRequirement, LabelSelector};
pub use evaluation::{
    AUTHENTICATED, BoundName, Certainty, Evaluator, GrantingRule, RbacGrant, RbacUser,
};
pub use named_user::NamedUser;
pub use nearest::{MostAlike, NearRule};
pub use objects::{BindingObject, BoundSubject, ClusterRbac, Listed, RoleObject, RoleRef, UrlRule};
pub use question::{Question, ResourceError, ResourceQuestion, WrittenQuestion};
pub use roads::{Road, give_a_part, roads};
pub use together::{Joined, Part, Parts};

use roads::{changes_aws_auth, reads_aws_auth, road_of};

/// The API group of RBAC objects.
const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// The group that may do everything, whatever RBAC says.
pub const MASTERS: &str = "system:masters";

/// The name of the ClusterRole that allows everything.
pub const CLUSTER_ADMIN: &str = "cluster-admin";

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
    /// Its labels, by which ClusterRoles are gathered.
    pub labels: BTreeMap<String, String>,
    /// Which ClusterRoles its rules are gathered from; `None` where it has rules of its own.
    pub aggregation: Option<Vec<LabelSelector>>,
}

impl Role {
    /// The ClusterRole that every API server makes and reconciles at each start: it allows everything.
    pub fn cluster_admin() -> Self {
        let everything = || vec!["*".to_owned()];
        Self {
            name: CLUSTER_ADMIN.to_owned(),
            rules: vec![PolicyRule {
                verbs: everything(),
                api_groups: everything(),
                resources: everything(),
                resource_names: Vec::new(),
            }],
            ..Self::default()
        }
    }
}

/// Whom a binding names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A group.
    Group(String),
    /// A user.
    User(String),
}

impl Subject {
    /// The user that RBAC takes a service account for; `None` where no namespace is known, as in a ClusterRoleBinding that names none. Whoever comes
    /// under that name by aws-auth is bound too, without the groups that a real service account is in.
    pub fn service_account(namespace: &str, name: &str) -> Option<Self> {
        (!namespace.is_empty()).then(|| Self::User(service_account_username(namespace, name)))
    }
}

/// The user name of a service account.
pub fn service_account_username(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Whether it refers to a ClusterRole (else to a Role of its namespace).
    pub refers_to_cluster_role: bool,
    /// The role's name.
    pub role: String,
    /// Its subjects.
    pub subjects: Vec<Subject>,
}

impl Binding {
    /// Whether it gives the same to the same subjects, in whatever order somebody wrote them.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let subjects = |binding: &Self| binding.subjects.iter().cloned().collect();
        let (own, others): (BTreeSet<Subject>, BTreeSet<Subject>) =
            (subjects(self), subjects(other));
        self.is_of_the_same_role(other) && own == others
    }

    /// Whether it gives the same.
    pub fn is_of_the_same_role(&self, other: &Self) -> bool {
        self.role == other.role && self.refers_to_cluster_role == other.refers_to_cluster_role
    }
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
    /// Which of them could not be read.
    pub unread: UnreadParts,
}

/// Parts of RBAC that could not be read, of which nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnreadParts {
    /// ClusterRoles, or some that somebody is bound to.
    pub cluster_roles: bool,
    /// ClusterRoleBindings.
    pub cluster_role_bindings: bool,
    /// Roles in kube-system, or some that somebody is bound to.
    pub roles: bool,
    /// RoleBindings in kube-system.
    pub role_bindings: bool,
}

impl UnreadParts {
    /// Whether something is not known that counts in the whole cluster.
    pub fn is_any_of_cluster(self) -> bool {
        self.cluster_roles || self.cluster_role_bindings
    }

    /// The same of kube-system.
    pub fn is_any_of_kube_system(self) -> bool {
        self.roles || self.role_bindings
    }
}

impl RbacObjects {
    /// The same without what was not read of another moment, so that the two can be compared.
    pub fn as_far_as_read_in(mut self, other: &Self) -> Self {
        if other.unread.cluster_roles {
            self.unread.cluster_roles = true;
            keep_named(&mut self.cluster_roles, &other.cluster_roles);
        }
        if other.unread.cluster_role_bindings {
            self.unread.cluster_role_bindings = true;
            self.cluster_role_bindings.clear();
        }
        if other.unread.roles {
            self.unread.roles = true;
            keep_named(&mut self.roles, &other.roles);
        }
        if other.unread.role_bindings {
            self.unread.role_bindings = true;
            self.role_bindings.clear();
        }
        self
    }
}

/// Keeps the roles that were read at another moment too.
fn keep_named(roles: &mut Vec<Role>, others: &[Role]) {
    roles.retain(|role| others.iter().any(|other| other.name == role.name));
}

/// Users and groups, kept apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subjects {
    /// By user name.
    pub users: BTreeSet<String>,
    /// By group name.
    pub groups: BTreeSet<String>,
}

impl Subjects {
    fn add(&mut self, binding: &Binding) {
        for subject in &binding.subjects {
            self.insert(subject);
        }
    }

    fn extend(&mut self, others: &Self) {
        self.users.extend(others.users.iter().cloned());
        self.groups.extend(others.groups.iter().cloned());
    }

    fn has(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Group(name) => self.groups.contains(name),
            Subject::User(name) => self.users.contains(name),
        }
    }

    fn remove(&mut self, subject: &Subject) {
        match subject {
            Subject::Group(name) => self.groups.remove(name),
            Subject::User(name) => self.users.remove(name),
        };
    }

    fn insert(&mut self, subject: &Subject) {
        match subject {
            Subject::Group(name) => self.groups.insert(name.clone()),
            Subject::User(name) => self.users.insert(name.clone()),
        };
    }
}

/// What groups and users may do, read from bindings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rbac {
    /// Bound to everything, beside `system:masters`.
    pub admins: Subjects,
    /// Bound to at least a part of a way to everything: bind, escalate, impersonate, writing RBAC objects of the cluster. What may be lost, and
    /// nothing that is surely left.
    pub may_become_admins: Subjects,
    /// Bound to a whole way to everything.
    pub can_become_admins: Subjects,
    /// May get and change aws-auth.
    pub aws_auth_writers: Subjects,
    /// What names and groups have of these rights without having them: whoever comes by several has what they are together.
    pub parts: Parts,
    /// Whether the bindings could be read. If not, a group other than `system:masters` is unknown.
    pub is_readable: bool,
}

impl Rbac {
    /// Who holds which power by these objects.
    pub fn from_objects(objects: &RbacObjects) -> Self {
        let mut rbac = Self {
            is_readable: objects.unread == UnreadParts::default(),
            can_become_admins: ways::whole_ways(objects),
            ..Self::default()
        };
        for binding in &objects.cluster_role_bindings {
            let rules = rules_of(&objects.cluster_roles, &binding.role);
            if rules.iter().any(allows_everything) {
                rbac.admins.add(binding);
            }
            if rules.iter().any(|rule| road_of(rule).is_some()) {
                rbac.may_become_admins.add(binding);
            }
        }
        // Whatever is a whole way is one that may be lost, however few rules show it.
        rbac.may_become_admins.extend(&rbac.can_become_admins);
        for (subject, rules) in together::rules_on_aws_auth(objects) {
            if reads_aws_auth(&rules) && changes_aws_auth(&rules) {
                rbac.aws_auth_writers.insert(subject);
            }
        }
        rbac.parts = together::parts(objects, &rbac);
        rbac
    }

    /// Every user name that some power is bound to.
    pub fn users(&self) -> impl Iterator<Item = &String> {
        [
            &self.admins,
            &self.may_become_admins,
            &self.aws_auth_writers,
        ]
        .into_iter()
        .chain(self.parts.holders())
        .flat_map(|subjects| &subjects.users)
    }
}

fn rules_of<'a>(roles: &'a [Role], name: &str) -> &'a [PolicyRule] {
    roles
        .iter()
        .find(|role| role.name == name)
        .map(|role| role.rules.as_slice())
        .unwrap_or_default()
}

fn lists(values: &[String], wanted: &str) -> bool {
    values.iter().any(|value| value == wanted || value == "*")
}

fn allows_everything(rule: &PolicyRule) -> bool {
    let is_all = |values: &[String]| values.iter().any(|value| value == "*");
    is_all(&rule.verbs)
        && is_all(&rule.api_groups)
        && is_all(&rule.resources)
        && rule.resource_names.is_empty()
}

/// Whether one of the rules allows every verb on everything.
pub fn allow_everything(rules: &[PolicyRule]) -> bool {
    rules.iter().any(allows_everything)
}

#[cfg(test)]
mod evaluation_tests;
#[cfg(test)]
mod tests;
