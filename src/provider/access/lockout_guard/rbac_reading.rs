//! Roles and bindings as far as whoever runs Terraform may read them.
//!
//! What may not be listed is not given up as a whole: a role that somebody is bound to is asked for by its name, `cluster-admin` is known without being read,
//! and a binding that a change takes counts by its own words, so that what goes is known even where nobody can say what is left.

use std::collections::{BTreeSet, VecDeque};

use eksauth_core::access::change::{ClusterChange, RbacChange, RbacScope};
use eksauth_core::aws_auth;
use eksauth_core::kubernetes::rbac::{CLUSTER_ADMIN, MASTERS};

use crate::access::cluster_access::unreadable;
use crate::ports::rbac::{Binding, PolicyRule, RbacObjects, Role, Subject, UnreadParts};
use crate::ports::rbac_objects::{RbacKey, RbacKind};
use crate::ports::{ApiError, ErrorKind, KubeApi};

/// So many roles are asked for one by one.
const MOST_ROLES: usize = 100;

/// What was read.
#[derive(Clone, Debug, Default)]
pub(super) struct RbacReading {
    pub(super) objects: RbacObjects,
    /// Why something was not read, a sentence for each list.
    pub(super) unread: Vec<String>,
}

impl RbacReading {
    /// Four calls, and one for each bound role where roles may not be listed. Bindings that `changes` take count where bindings may not be listed.
    pub(super) async fn now(kube: &dyn KubeApi, changes: &[ClusterChange]) -> Self {
        let (of_cluster, of_kube_system) =
            tokio::join!(Lists::of_cluster(kube), Lists::of_kube_system(kube));
        let lists = of_cluster.with_kube_system(of_kube_system);
        lists.judged(kube, changes).await
    }
}

/// What was found of one kind.
#[derive(Clone, Debug)]
struct List<T> {
    found: Vec<T>,
    /// Why these are not all.
    unread: Option<String>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            unread: None,
        }
    }
}

impl<T> From<Result<Vec<T>, ApiError>> for List<T> {
    fn from(listed: Result<Vec<T>, ApiError>) -> Self {
        match listed {
            Ok(found) => Self {
                found,
                unread: None,
            },
            Err(error) => Self {
                found: Vec::new(),
                unread: Some(unreadable("RBAC", &error)),
            },
        }
    }
}

/// The four kinds, as the API server lists them.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    cluster_roles: List<Role>,
    cluster_role_bindings: List<Binding>,
    roles: List<Role>,
    role_bindings: List<Binding>,
}

impl Lists {
    /// What counts in the whole cluster: two calls.
    pub(super) async fn of_cluster(kube: &dyn KubeApi) -> Self {
        let (roles, bindings) = tokio::join!(kube.cluster_roles(), kube.cluster_role_bindings());
        Self {
            cluster_roles: roles.into(),
            cluster_role_bindings: bindings.into(),
            ..Self::default()
        }
    }

    /// What counts in kube-system: two calls.
    pub(super) async fn of_kube_system(kube: &dyn KubeApi) -> Self {
        let (roles, bindings) =
            tokio::join!(kube.kube_system_roles(), kube.kube_system_role_bindings());
        Self {
            roles: roles.into(),
            role_bindings: bindings.into(),
            ..Self::default()
        }
    }

    pub(super) fn with_kube_system(self, other: Self) -> Self {
        Self {
            roles: other.roles,
            role_bindings: other.role_bindings,
            ..self
        }
    }

    /// As changes are judged by it: what they take counts by its own words where it may not be listed.
    pub(super) async fn judged(
        mut self,
        kube: &dyn KubeApi,
        changes: &[ClusterChange],
    ) -> RbacReading {
        self.add_bindings_that_go(changes);
        self.completed(kube, changes).await
    }

    /// With the roles that may not be listed and are asked for by name.
    pub(super) async fn completed(
        mut self,
        kube: &dyn KubeApi,
        changes: &[ClusterChange],
    ) -> RbacReading {
        self.read_bound_cluster_roles(kube, changes).await;
        self.read_bound_roles(kube, changes).await;
        self.into_reading()
    }

    /// Where bindings may not be listed: those that go, and the one of `cluster-admin` that every API server makes.
    fn add_bindings_that_go(&mut self, changes: &[ClusterChange]) {
        if self.cluster_role_bindings.unread.is_some() {
            self.cluster_role_bindings.found.push(Binding {
                refers_to_cluster_role: true,
                role: CLUSTER_ADMIN.to_owned(),
                subjects: vec![Subject::Group(MASTERS.to_owned())],
            });
        }
        for change in changes {
            let ClusterChange::Rbac(RbacChange::RemoveBinding(scope, binding)) = change else {
                continue;
            };
            let list = match scope {
                RbacScope::Cluster => &mut self.cluster_role_bindings,
                RbacScope::KubeSystem => &mut self.role_bindings,
            };
            if list.unread.is_some() {
                list.found.push(binding.clone());
            }
        }
    }

    /// Cluster roles that may not be listed, by name, as far as somebody is bound to them.
    async fn read_bound_cluster_roles(&mut self, kube: &dyn KubeApi, changes: &[ClusterChange]) {
        if self.cluster_roles.unread.is_none() {
            return;
        }
        let of_kube_system = self.role_bindings.found.iter();
        let of_kube_system = of_kube_system.filter(|binding| binding.refers_to_cluster_role);
        let bound = self
            .cluster_role_bindings
            .found
            .iter()
            .chain(of_kube_system);
        let names = bound.map(|binding| binding.role.clone()).collect();
        let mut found = BoundRoles::new(RbacKind::ClusterRole);
        found.ask(kube, names).await;
        let is_bound_known = self.cluster_role_bindings.unread.is_none()
            && self.role_bindings.unread.is_none()
            && !changes_roles(changes, RbacScope::Cluster);
        found.put_into(&mut self.cluster_roles, is_bound_known);
    }

    /// The same of the roles of kube-system.
    async fn read_bound_roles(&mut self, kube: &dyn KubeApi, changes: &[ClusterChange]) {
        if self.roles.unread.is_none() {
            return;
        }
        let bound = self.role_bindings.found.iter();
        let bound = bound.filter(|binding| !binding.refers_to_cluster_role);
        let names = bound.map(|binding| binding.role.clone()).collect();
        let mut found = BoundRoles::new(RbacKind::Role);
        found.ask(kube, names).await;
        let is_bound_known =
            self.role_bindings.unread.is_none() && !changes_roles(changes, RbacScope::KubeSystem);
        found.put_into(&mut self.roles, is_bound_known);
    }

    fn into_reading(self) -> RbacReading {
        RbacReading {
            objects: RbacObjects {
                unread: UnreadParts {
                    cluster_roles: self.cluster_roles.unread.is_some(),
                    cluster_role_bindings: self.cluster_role_bindings.unread.is_some(),
                    roles: self.roles.unread.is_some(),
                    role_bindings: self.role_bindings.unread.is_some(),
                },
                cluster_roles: self.cluster_roles.found,
                cluster_role_bindings: self.cluster_role_bindings.found,
                roles: self.roles.found,
                role_bindings: self.role_bindings.found,
            },
            unread: [
                self.cluster_roles.unread,
                self.cluster_role_bindings.unread,
                self.roles.unread,
                self.role_bindings.unread,
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}

/// Roles that are asked for one by one.
struct BoundRoles {
    kind: RbacKind,
    roles: Vec<Role>,
    /// Whether all were read that somebody is bound to, or may bind by name.
    are_all: bool,
    /// The API server refuses the first, and so the others.
    is_refused: bool,
}

impl BoundRoles {
    fn new(kind: RbacKind) -> Self {
        Self {
            kind,
            roles: Vec::new(),
            are_all: true,
            is_refused: false,
        }
    }

    /// They are all that counts where it is known who is bound; what a change of roles does to others is not.
    fn put_into(self, list: &mut List<Role>, is_bound_known: bool) {
        list.found = self.roles;
        list.unread = list
            .unread
            .take()
            .filter(|_| !is_bound_known || !self.are_all);
    }

    async fn ask(&mut self, kube: &dyn KubeApi, bound: BTreeSet<String>) {
        let mut wanted: VecDeque<String> = bound.iter().cloned().collect();
        let mut asked = bound;
        if self.kind == RbacKind::ClusterRole && asked.insert(CLUSTER_ADMIN.to_owned()) {
            wanted.push_front(CLUSTER_ADMIN.to_owned());
        }
        let mut count = 0;
        while let Some(name) = wanted.pop_front() {
            count += 1;
            if count > MOST_ROLES {
                self.are_all = false;
                self.add_unread(&name);
                continue;
            }
            let Some(role) = self.read(kube, &name).await else {
                continue;
            };
            for named in bindable(&role.rules) {
                if asked.insert(named.clone()) {
                    wanted.push_back(named);
                }
            }
            self.roles.push(role);
        }
    }

    async fn read(&mut self, kube: &dyn KubeApi, name: &str) -> Option<Role> {
        if self.is_refused {
            self.add_unread(name);
            return None;
        }
        let key = RbacKey {
            kind: self.kind,
            namespace: match self.kind.is_namespaced() {
                true => aws_auth::NAMESPACE.to_owned(),
                false => String::new(),
            },
            name: name.to_owned(),
        };
        match kube.rbac_object(&key).await {
            Ok(None) => {
                // Nothing is bound to a role that is not there.
                (key.name == CLUSTER_ADMIN).then(Role::cluster_admin)
            }
            Ok(Some(found)) => Some(Role {
                name: name.to_owned(),
                rules: found.fields.policy_rules(),
                labels: found.fields.labels,
                // Its rules stand in it, whatever they are gathered from.
                aggregation: None,
            }),
            Err(error) => {
                self.is_refused = error.kind == ErrorKind::AccessDenied;
                self.add_unread(name);
                None
            }
        }
    }

    /// What every cluster has is known without being read.
    fn add_unread(&mut self, name: &str) {
        match (self.kind, name) {
            (RbacKind::ClusterRole, CLUSTER_ADMIN) => self.roles.push(Role::cluster_admin()),
            _ => self.are_all = false,
        }
    }
}

/// The roles that rules name to be bound.
fn bindable(rules: &[PolicyRule]) -> Vec<String> {
    let may_bind = |rule: &&PolicyRule| {
        let mut verbs = rule.verbs.iter();
        verbs.any(|verb| ["bind", "*"].contains(&verb.as_str()))
    };
    let binding = rules.iter().filter(may_bind);
    binding
        .flat_map(|rule| rule.resource_names.iter().cloned())
        .collect()
}

fn changes_roles(changes: &[ClusterChange], wanted: RbacScope) -> bool {
    changes.iter().any(|change| {
        matches!(
            change,
            ClusterChange::Rbac(RbacChange::PutRole(scope, _) | RbacChange::RemoveRole(scope, _)) if *scope == wanted
        )
    })
}
