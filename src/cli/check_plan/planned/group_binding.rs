//! `eksauth_group_binding`: a role of its own or one that is there, with its bindings. What replaces something is made before that goes.

use eksauth_core::access::change::{ClusterChange, RbacChange, RbacScope};
use eksauth_core::aws_auth::NAMESPACE;
use eksauth_core::kubernetes::rbac::{Binding, PolicyRule, Role, Subject};
use serde_json::Value;

use super::super::plan_file::{Deed, ResourceChange, texts};
use super::rbac_object::labels;
use super::{Collector, Occurrence, Order};

/// What decides who may do what.
const DECIDING: [&str; 8] = [
    "name",
    "rules",
    "cluster_role",
    "role",
    "groups",
    "users",
    "namespaces",
    "labels",
];

/// One side of a change: the role, where it is its own, and the binding, where it decides anything.
#[derive(Debug, PartialEq)]
struct Side {
    scope: RbacScope,
    role: Option<Role>,
    binding: Binding,
}

/// What attributes stand for; `None` in namespaces without aws-auth, where nothing of it decides.
fn side(values: &Value) -> Option<Side> {
    let text = |name: &str| values.get(name).and_then(Value::as_str);
    let list = |name: &str| texts(values.get(name).unwrap_or(&Value::Null));
    let is_cluster_wide = values.get("namespaces").is_none_or(Value::is_null);
    let scope = match is_cluster_wide {
        true => RbacScope::Cluster,
        false if list("namespaces").iter().any(|name| name == NAMESPACE) => RbacScope::KubeSystem,
        false => return None,
    };
    let own = text("name")?.to_owned();
    let role = values
        .get("rules")
        .and_then(Value::as_array)
        .map(|rules| Role {
            name: own.clone(),
            rules: rules.iter().map(rule).collect(),
            labels: labels(values.get("labels")),
            ..Role::default()
        });
    let (is_cluster_role, name) = match (text("cluster_role"), text("role")) {
        (Some(name), _) => (true, name.to_owned()),
        (None, Some(name)) => (false, name.to_owned()),
        (None, None) => (is_cluster_wide, own),
    };
    let groups = list("groups").into_iter().map(Subject::Group);
    let users = list("users").into_iter();
    Some(Side {
        scope,
        role,
        binding: Binding {
            refers_to_cluster_role: is_cluster_role,
            role: name,
            subjects: groups.chain(users.map(Subject::User)).collect(),
        },
    })
}

/// A rule that names no API group is one of the core group.
fn rule(values: &Value) -> PolicyRule {
    let list = |name: &str| texts(values.get(name).unwrap_or(&Value::Null));
    let api_groups = match values.get("api_groups") {
        Some(Value::Array(_)) => list("api_groups"),
        _ => vec![String::new()],
    };
    PolicyRule {
        verbs: list("verbs"),
        api_groups,
        resources: list("resources"),
        resource_names: list("resource_names"),
    }
}

impl<'p> Collector<'p> {
    pub(super) fn collect_group_binding(&mut self, occurrence: Occurrence<'p>) {
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        if occurrence.is_after {
            let unknown = DECIDING
                .into_iter()
                .filter(|name| change.after(name).is_unknown());
            let unknown: Vec<&str> = unknown.collect();
            for name in &unknown {
                self.unknown(resource, name, occurrence.is_before);
            }
            if !unknown.is_empty() {
                return;
            }
        }
        let before = side(&change.before).filter(|_| occurrence.is_before);
        let after = side(&change.after).filter(|_| occurrence.is_after);
        let is_remade = occurrence.is_remade();
        // What is made again under the same name is not there meanwhile.
        if before == after && !is_remade {
            return;
        }
        let is_late = matches!(occurrence.deed, Deed::Update | Deed::CreateThenDelete);
        let order = match is_late {
            true => Order::LateRemoval,
            false => Order::Removal,
        };
        if let Some(before) = &before {
            self.remove_side(resource, order, (before, after.as_ref()));
            if is_remade {
                self.mark_remade();
            }
        }
        if let Some(after) = after {
            let scope = after.scope;
            if let Some(role) = after.role {
                let change = RbacChange::PutRole(scope, role);
                self.step(resource, Order::Addition, ClusterChange::Rbac(change));
            }
            let change = RbacChange::PutBinding(scope, after.binding);
            self.step(resource, Order::Addition, ClusterChange::Rbac(change));
        }
    }

    /// A role that both sides have stays and says something else.
    fn remove_side(
        &mut self,
        resource: &'p ResourceChange,
        order: Order,
        (before, after): (&Side, Option<&Side>),
    ) {
        let name = |side: &Side| side.role.as_ref().map(|role| role.name.clone());
        let stays =
            after.is_some_and(|after| after.scope == before.scope && name(after) == name(before));
        // One that was there before stays when it goes here, without what nobody else holds of it: who does, a plan does not say.
        let was_adopted = resource.change.was_adopted();
        if let Some(role) = name(before).filter(|_| !stays) {
            let change = RbacChange::RemoveRole(before.scope, role);
            self.step(resource, order, ClusterChange::Rbac(change));
            if was_adopted {
                self.mark_may_stay();
            }
        }
        let change = RbacChange::RemoveBinding(before.scope, before.binding.clone());
        self.step(resource, order, ClusterChange::Rbac(change));
        // What stays under its name is changed in place, whoever held it.
        let is_in_place = order == Order::LateRemoval
            && after.is_some_and(|after| {
                after.scope == before.scope && after.binding.is_of_the_same_role(&before.binding)
            })
            && resource.change.before("name") == resource.change.after.get("name");
        if was_adopted && !is_in_place {
            self.mark_may_stay();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_stand_for_a_role_and_its_binding() {
        let whole = json!({"name": "dev", "rules": [{"api_groups": null, "resources": ["pods"], "verbs": ["get"], "resource_names": null}],
            "groups": ["developers"], "users": ["ann", "system:serviceaccount:a:b"], "namespaces": null});
        let found = side(&whole).unwrap();
        assert_eq!(found.scope, RbacScope::Cluster);
        let role = found.role.unwrap();
        assert_eq!(
            (role.name.as_str(), role.rules[0].api_groups.as_slice()),
            ("dev", &[String::new()][..])
        );
        assert!(found.binding.refers_to_cluster_role);
        assert_eq!(
            found.binding.subjects,
            [
                Subject::Group("developers".to_owned()),
                Subject::User("ann".to_owned()),
                Subject::User("system:serviceaccount:a:b".to_owned())
            ]
        );
        let mut placed = whole.clone();
        placed["namespaces"] = json!(["team-a"]);
        assert_eq!(side(&placed), None);
        placed["namespaces"] = json!(["team-a", "kube-system"]);
        let found = side(&placed).unwrap();
        assert_eq!(found.scope, RbacScope::KubeSystem);
        assert!(!found.binding.refers_to_cluster_role);
        placed["rules"] = json!(null);
        placed["cluster_role"] = json!("edit");
        let found = side(&placed).unwrap();
        assert_eq!(
            (found.role, found.binding.refers_to_cluster_role),
            (None, true)
        );
    }
}
