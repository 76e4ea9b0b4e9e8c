//! Changes of roles and bindings. Two bindings that say the same are the same to whoever asks what a group may do, so one is as good as the other.

use super::{RbacChange, RbacScope};
use crate::kubernetes::rbac::{Binding, RbacObjects, Role};

pub(super) fn apply(objects: &mut RbacObjects, change: &RbacChange) {
    match change {
        RbacChange::PutBinding(scope, binding) => bindings(objects, *scope).push(binding.clone()),
        RbacChange::RemoveBinding(scope, binding) => {
            let there = bindings(objects, *scope);
            if let Some(position) = there.iter().position(|other| other == binding) {
                there.remove(position);
            }
        }
        RbacChange::PutRole(scope, role) => {
            let there = roles(objects, *scope);
            there.retain(|other| other.name != role.name);
            there.push(role.clone());
        }
        RbacChange::RemoveRole(scope, name) => {
            roles(objects, *scope).retain(|role| role.name != *name);
        }
    }
}

fn bindings(objects: &mut RbacObjects, scope: RbacScope) -> &mut Vec<Binding> {
    match scope {
        RbacScope::Cluster => &mut objects.cluster_role_bindings,
        RbacScope::KubeSystem => &mut objects.role_bindings,
    }
}

fn roles(objects: &mut RbacObjects, scope: RbacScope) -> &mut Vec<Role> {
    match scope {
        RbacScope::Cluster => &mut objects.cluster_roles,
        RbacScope::KubeSystem => &mut objects.roles,
    }
}
