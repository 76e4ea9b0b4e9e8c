//! Changes of roles and bindings. Two bindings that say the same are the same to whoever asks what a group may do, so one is as good as the other.

use super::{RbacChange, RbacScope};
use crate::kubernetes::rbac::{Binding, RbacObjects, Role};

pub(super) fn apply(objects: &mut RbacObjects, change: &RbacChange) {
    match change {
        RbacChange::PutBinding(scope, binding) => bindings(objects, *scope).push(binding.clone()),
        RbacChange::RemoveBinding(scope, binding) => {
            let there = bindings(objects, *scope);
            if let Some(position) = position_of(there, binding) {
                there.remove(position);
            }
        }
        RbacChange::PutRole(scope, role) => {
            let there = roles(objects, *scope);
            there.retain(|other| other.name != role.name);
            there.push(role.clone());
            objects.settle();
        }
        RbacChange::RemoveRole(scope, name) => {
            roles(objects, *scope).retain(|role| role.name != *name);
            objects.settle();
        }
    }
}

/// The binding that is meant: one that says the same; else one of the same role that names more, since whoever planned the removal knew of fewer.
fn position_of(there: &[Binding], meant: &Binding) -> Option<usize> {
    let same = there.iter().position(|other| other.says_the_same(meant));
    let has_all = |other: &Binding| {
        let mut subjects = meant.subjects.iter();
        other.is_of_the_same_role(meant) && subjects.all(|one| other.subjects.contains(one))
    };
    same.or_else(|| there.iter().position(has_all))
}

/// Whether a removal of a binding finds one, as far as the bindings were read.
pub(super) fn finds(objects: &RbacObjects, change: &RbacChange) -> bool {
    let RbacChange::RemoveBinding(scope, binding) = change else {
        return true;
    };
    let (there, is_unread) = match scope {
        RbacScope::Cluster => (
            &objects.cluster_role_bindings,
            objects.unread.cluster_role_bindings,
        ),
        RbacScope::KubeSystem => (&objects.role_bindings, objects.unread.role_bindings),
    };
    is_unread || position_of(there, binding).is_some()
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
