//! Which roles a change of RBAC touches, so that only their bindings count as changed.

use std::collections::BTreeSet;

use eksauth_core::kubernetes::rbac::{Binding, RbacObjects, Role};

/// Roles that give something else after a change than before, by name: of the whole cluster and of kube-system.
pub(super) struct ChangedRoles {
    cluster_roles: BTreeSet<String>,
    roles: BTreeSet<String>,
}

impl ChangedRoles {
    /// Those that a change removes or rewrites, and those that gather their rules from such a one: both states are settled.
    pub(super) fn between(before: &RbacObjects, after: &RbacObjects) -> Self {
        let changed = |before: &[Role], after: &[Role]| {
            let is_as_before = |role: &&Role| {
                let mut after = after.iter();
                after.any(|other| other.name == role.name && other.rules == role.rules)
            };
            let changed = before.iter().filter(|role| !is_as_before(role));
            changed.map(|role| role.name.clone()).collect()
        };
        Self {
            cluster_roles: changed(&before.cluster_roles, &after.cluster_roles),
            roles: changed(&before.roles, &after.roles),
        }
    }

    /// Whether a binding refers to one.
    pub(super) fn are_those_of(&self, binding: &Binding) -> bool {
        let names = match binding.refers_to_cluster_role {
            true => &self.cluster_roles,
            false => &self.roles,
        };
        names.contains(&binding.role)
    }
}

#[cfg(test)]
mod tests {
    use eksauth_core::kubernetes::rbac::{LabelSelector, PolicyRule};

    use super::*;

    fn role(name: &str, verb: &str) -> Role {
        Role {
            name: name.to_owned(),
            rules: vec![PolicyRule {
                verbs: vec![verb.to_owned()],
                ..PolicyRule::default()
            }],
            ..Role::default()
        }
    }

    fn bound(role: &str, refers_to_cluster_role: bool) -> Binding {
        Binding {
            refers_to_cluster_role,
            role: role.to_owned(),
            subjects: Vec::new(),
        }
    }

    #[test]
    fn only_bindings_of_changed_roles_count_and_of_those_that_gather_from_them() {
        let part = Role {
            labels: [("part".to_owned(), "yes".to_owned())].into(),
            ..role("part", "get")
        };
        let whole = Role {
            aggregation: Some(vec![LabelSelector {
                labels: part.labels.clone(),
                ..LabelSelector::default()
            }]),
            ..role("whole", "")
        };
        let mut before = RbacObjects {
            cluster_roles: vec![part, whole, role("other", "list"), role("same", "list")],
            roles: vec![role("other", "list")],
            ..RbacObjects::default()
        };
        before.settle();
        let mut after = before.clone();
        after.cluster_roles.retain(|role| role.name != "other");
        if let Some(part) = after.cluster_roles.first_mut() {
            part.rules.clear();
        }
        after.settle();
        let changed = ChangedRoles::between(&before, &after);
        for (binding, is_changed) in [
            (bound("part", true), true),
            (bound("whole", true), true),
            (bound("other", true), true),
            (bound("other", false), false),
            (bound("same", true), false),
        ] {
            assert_eq!(changed.are_those_of(&binding), is_changed, "{binding:?}");
        }
    }
}
