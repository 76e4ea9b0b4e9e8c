//! What somebody may do by roles and bindings as the guard reads them, in the whole cluster and in kube-system.

use std::collections::BTreeSet;

use super::{
    AUTHENTICATED, Binding, MASTERS, RbacObjects, ResourceQuestion, Role, Subject, rules_of,
};
use crate::aws_auth;

/// A user as RBAC sees it, with nothing to be filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedUser {
    /// Its name.
    pub name: String,
    /// Its groups; that of everybody is meant too.
    pub groups: BTreeSet<String>,
}

impl NamedUser {
    /// Whether it may do everything, whatever RBAC says.
    pub fn is_master(&self) -> bool {
        self.groups.contains(MASTERS)
    }

    fn is(&self, subject: &Subject) -> bool {
        match subject {
            Subject::User(name) => *name == self.name,
            Subject::Group(name) => name == AUTHENTICATED || self.groups.contains(name),
        }
    }
}

impl RbacObjects {
    /// Whether a user may do it, as far as was read: a question about no namespace is one about the whole cluster.
    pub fn allow(&self, user: &NamedUser, question: &ResourceQuestion) -> bool {
        let names = |binding: &&Binding| binding.subjects.iter().any(|subject| user.is(subject));
        user.is_master() || self.bindings_that_allow(question).iter().any(names)
    }

    /// The names and groups that are bound to it.
    pub fn subjects_allowed(&self, question: &ResourceQuestion) -> BTreeSet<&Subject> {
        let bindings = self.bindings_that_allow(question).into_iter();
        bindings.flat_map(|binding| &binding.subjects).collect()
    }

    fn bindings_that_allow(&self, question: &ResourceQuestion) -> Vec<&Binding> {
        let allows = |roles: &[Role], binding: &Binding| {
            let rules = rules_of(roles, &binding.role);
            rules.iter().any(|rule| rule.allows(question))
        };
        let counts_there = question.namespace == aws_auth::NAMESPACE;
        let of_namespace = self.role_bindings.iter().filter(|binding| {
            let roles = match binding.refers_to_cluster_role {
                true => &self.cluster_roles,
                false => &self.roles,
            };
            counts_there && allows(roles, binding)
        });
        let of_cluster = self.cluster_role_bindings.iter();
        let of_cluster = of_cluster.filter(|binding| allows(&self.cluster_roles, binding));
        of_cluster.chain(of_namespace).collect()
    }
}
