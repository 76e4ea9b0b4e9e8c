//! Random roles and bindings, and random changes of them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use crate::access::change::{ClusterChange, RbacChange, RbacScope};
use crate::kubernetes::rbac::{Binding, LabelSelector, PolicyRule, RbacObjects, Role, Subject};

/// The rules that a role may have: verbs, API group, resource, name.
const RULES: [(&str, &str, &str, &str); 12] = [
    ("*", "*", "*", ""),
    ("*", "*", "*", ""),
    ("get,patch", "", "configmaps", "aws-auth"),
    ("get,update", "", "configmaps", ""),
    ("bind", "rbac.authorization.k8s.io", "clusterroles", ""),
    (
        "create",
        "rbac.authorization.k8s.io",
        "clusterrolebindings",
        "",
    ),
    ("impersonate", "", "groups", ""),
    ("get", "", "pods", ""),
    ("get,patch", "", "configmaps", "other"),
    ("get,list", "", "configmaps", ""),
    ("patch", "", "configmaps", "aws-auth"),
    ("update", "", "configmaps", ""),
];
const ROLES: [&str; 4] = ["r0", "r1", "r2", "sum"];
const GROUPS: [&str; 6] = [
    "platform",
    "menders",
    "dev",
    "binders",
    "platform",
    "system:authenticated",
];
const USERS: [&str; 5] = [
    "dev",
    "dev:alice",
    "mender",
    "other",
    "arn:aws:iam::444455556666:user/carol",
];

fn rule(index: usize) -> PolicyRule {
    let (verbs, group, resource, name) = RULES[index % RULES.len()];
    let list = |text: &str| text.split(',').map(ToOwned::to_owned).collect();
    PolicyRule {
        verbs: list(verbs),
        api_groups: vec![group.to_owned()],
        resources: vec![resource.to_owned()],
        resource_names: match name {
            "" => Vec::new(),
            name => vec![name.to_owned()],
        },
    }
}

fn role(name: &str, rules: &[usize], is_part: bool) -> Role {
    let part = is_part.then(|| ("to-sum".to_owned(), "true".to_owned()));
    Role {
        name: name.to_owned(),
        rules: rules.iter().map(|index| rule(*index)).collect(),
        labels: part.into_iter().collect(),
        aggregation: None,
    }
}

fn sum() -> Role {
    Role {
        name: "sum".to_owned(),
        aggregation: Some(vec![LabelSelector {
            labels: BTreeMap::from([("to-sum".to_owned(), "true".to_owned())]),
            ..LabelSelector::default()
        }]),
        ..Role::default()
    }
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        3 => select(&GROUPS[..]).prop_map(|name| Subject::Group(name.to_owned())),
        1 => select(&USERS[..]).prop_map(|name| Subject::User(name.to_owned())),
    ]
}

fn binding(is_of_cluster: bool) -> impl Strategy<Value = Binding> {
    (select(&ROLES[..]), any::<bool>(), vec(subject(), 1..3)).prop_map(
        move |(role, refers, subjects)| Binding {
            refers_to_cluster_role: is_of_cluster || refers,
            role: role.to_owned(),
            subjects,
        },
    )
}

fn roles() -> impl Strategy<Value = Vec<Role>> {
    vec((vec(0..RULES.len(), 0..3), any::<bool>()), 3).prop_map(|drawn| {
        let names = ["r0", "r1", "r2"].into_iter();
        names
            .zip(drawn)
            .map(|(name, (rules, is_part))| role(name, &rules, is_part))
            .collect()
    })
}

/// Roles and bindings of a cluster.
pub(super) fn objects() -> impl Strategy<Value = RbacObjects> {
    (
        roles(),
        vec(binding(true), 0..5),
        vec(0..RULES.len(), 0..3),
        vec(binding(false), 0..2),
    )
        .prop_map(
            |(mut cluster_roles, cluster_role_bindings, local, role_bindings)| {
                cluster_roles.push(sum());
                let mut objects = RbacObjects {
                    cluster_roles,
                    cluster_role_bindings,
                    roles: vec![role("r0", &local, false)],
                    role_bindings,
                    ..RbacObjects::default()
                };
                objects.settle();
                objects
            },
        )
}

/// A change of roles and bindings: how the guard is told of it, and what there is after it.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub(super) changes: Vec<ClusterChange>,
    pub(super) after: RbacObjects,
}

/// Which bindings go, a binding that comes, and the role that gets other rules or goes.
pub(super) fn change() -> impl Strategy<Value = (u8, Option<Binding>, u8, Role)> {
    let changed_role = (
        select(&["r0", "r1", "r2"][..]),
        vec(0..RULES.len(), 0..3),
        any::<bool>(),
    )
        .prop_map(|(name, rules, is_part)| role(name, &rules, is_part));
    (
        any::<u8>(),
        proptest::option::of(binding(true)),
        0_u8..4,
        changed_role,
    )
}

pub(super) fn changed(
    before: &RbacObjects,
    (gone, added, of_role, role): (u8, Option<Binding>, u8, Role),
) -> Changed {
    let mut after = before.clone();
    let mut changes = Vec::new();
    if let Some(added) = added {
        changes.push(RbacChange::PutBinding(RbacScope::Cluster, added.clone()));
        after.cluster_role_bindings.push(added);
    }
    for (place, binding) in before.cluster_role_bindings.iter().enumerate() {
        if gone >> place & 1 == 1 {
            changes.push(RbacChange::RemoveBinding(
                RbacScope::Cluster,
                binding.clone(),
            ));
        }
    }
    for (place, binding) in before.role_bindings.iter().enumerate() {
        if gone >> (place + 5) & 1 == 1 {
            changes.push(RbacChange::RemoveBinding(
                RbacScope::KubeSystem,
                binding.clone(),
            ));
        }
    }
    let stays = |place: usize| gone >> place & 1 == 0;
    let mut place = 0;
    let count = before.cluster_role_bindings.len();
    after.cluster_role_bindings.retain(|_| {
        place += 1;
        place > count || stays(place - 1)
    });
    let mut place = 5;
    after.role_bindings.retain(|_| {
        place += 1;
        stays(place - 1)
    });
    match of_role {
        0 => {
            after.cluster_roles.retain(|other| other.name != role.name);
            changes.push(RbacChange::RemoveRole(RbacScope::Cluster, role.name));
        }
        1 => {
            after.cluster_roles.retain(|other| other.name != role.name);
            after.cluster_roles.push(role.clone());
            changes.push(RbacChange::PutRole(RbacScope::Cluster, role));
        }
        _ => {}
    }
    Changed {
        changes: changes.into_iter().map(ClusterChange::Rbac).collect(),
        after,
    }
}

/// Roles and bindings of the worlds in which only aws-auth changes.
pub(super) fn fixed() -> RbacObjects {
    let bound = |role: &str, groups: &[&str], users: &[&str]| {
        let groups = groups.iter().map(|name| Subject::Group((*name).to_owned()));
        let users = users.iter().map(|name| Subject::User((*name).to_owned()));
        Binding {
            refers_to_cluster_role: true,
            role: role.to_owned(),
            subjects: groups.chain(users).collect(),
        }
    };
    RbacObjects {
        cluster_roles: vec![
            role("all", &[0], false),
            role("mends", &[2], false),
            role("binds", &[4], false),
        ],
        cluster_role_bindings: vec![
            bound(
                "all",
                &["platform"],
                &["dev", "dev:alice", "arn:aws:iam::444455556666:user/carol"],
            ),
            bound("mends", &["menders"], &["mender"]),
            bound("binds", &["binders"], &[]),
        ],
        ..RbacObjects::default()
    }
}
