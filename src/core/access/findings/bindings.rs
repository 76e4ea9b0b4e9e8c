//! What mapped groups and bindings say of each other: groups that nothing binds, bindings that nobody comes by, groups that may make themselves
//! administrators.
//!
//! Told once for a cluster, not once an entry. Groups of `system:` and `eks:` are bound by Kubernetes and by EKS. What could not be read is named, and
//! nothing is concluded from it: a binding may stand in a namespace that was not listed, and an access entry that was not read may map a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::cluster_access::{ClusterView, Knowledge};
use crate::access::severity::Severity;
use crate::aws_auth::username_template::fits;
use crate::aws_auth::{self, Reading};
use crate::kubernetes::rbac::{
    AUTHENTICATED, BindingObject, BoundSubject, ClusterRbac, Evaluator, Rbac, Road,
    allow_everything, roads,
};
use crate::nearness::nearest;

/// More places of one thing than this are counted.
const MOST_NAMED: usize = 3;

/// A finding about a group of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFinding {
    /// The stable id.
    pub id: &'static str,
    /// How grave.
    pub severity: Severity,
    /// The group; empty where it is about none.
    pub group: String,
    /// What is wrong and what would be right.
    pub text: String,
}

/// Groups by name, each with where it is named.
type Named = BTreeMap<String, Vec<String>>;

/// Everything worth saying about the groups of a cluster, once.
pub fn group_findings(view: &ClusterView, rbac: &ClusterRbac) -> Vec<GroupFinding> {
    let mapped = mapped_groups(view);
    let bound = bound_groups(rbac);
    let bindings_are_read = rbac.cluster_role_bindings.is_ok()
        && rbac.role_bindings.is_ok()
        && rbac.namespace.is_empty();
    let mut found = Vec::new();
    if bindings_are_read {
        found.extend(mapped.iter().filter_map(|group| unbound(group, &bound)));
        found.extend(bound_to_nothing(&mapped, rbac));
    }
    let unmapped_reasons = unread_mappings(view);
    if unmapped_reasons.is_empty() {
        found.extend(bound.iter().filter_map(|group| nobodys(group, &mapped)));
    }
    found.extend(powerful(&mapped, rbac));
    let mut reasons: Vec<&str> = rbac.unread();
    reasons.extend(unmapped_reasons);
    if !reasons.is_empty() {
        found.push(not_judged(&reasons));
    }
    found
}

/// Groups that are bound by others, and whose names say so.
fn is_built_in(group: &str) -> bool {
    group.starts_with("system:") || group.starts_with("eks:")
}

/// Whether aws-auth gives anybody a group that others than Kubernetes and EKS have to bind.
pub fn maps_own_groups(reading: &Reading) -> bool {
    let entries = reading.roles.iter().chain(&reading.users);
    entries
        .flat_map(|entry| &entry.groups)
        .any(|group| !group.is_empty() && !is_built_in(group))
}

fn is_template(group: &str) -> bool {
    group.contains("{{")
}

fn mapped_groups(view: &ClusterView) -> Named {
    let mut named = Named::new();
    if let (true, Knowledge::Known(reading)) = (view.mode.reads_config_map(), &view.aws_auth) {
        for entry in reading.roles.iter().chain(&reading.users) {
            let place = format!(
                "aws-auth {}[{}], line {}",
                entry.section, entry.index, entry.line
            );
            note(&mut named, &entry.groups, &place);
        }
    }
    if let (true, Knowledge::Known(entries)) =
        (view.mode.reads_access_entries(), &view.access_entries)
    {
        for entry in entries {
            let place = format!("the access entry of {}", entry.principal_arn);
            note(&mut named, &entry.groups, &place);
        }
    }
    named
}

fn note(named: &mut Named, groups: &[String], place: &str) {
    for group in groups.iter().filter(|group| !group.is_empty()) {
        let places = named.entry(group.clone()).or_default();
        if places.last().is_none_or(|last| last != place) {
            places.push(place.to_owned());
        }
    }
}

fn bound_groups(rbac: &ClusterRbac) -> Named {
    let mut named = Named::new();
    for binding in rbac.bindings() {
        for subject in &binding.subjects {
            if let BoundSubject::Group(group) = subject {
                note(
                    &mut named,
                    std::slice::from_ref(group),
                    &binding.to_string(),
                );
            }
        }
    }
    named
}

/// Whether a mapped group is, or may become, a bound one.
pub fn are_the_same(mapped: &str, bound: &str) -> bool {
    mapped == bound || is_template(mapped) && fits(bound, mapped)
}

fn unbound((group, places): (&String, &Vec<String>), bound: &Named) -> Option<GroupFinding> {
    if is_built_in(group) || bound.keys().any(|bound| are_the_same(group, bound)) {
        return None;
    }
    let names: Vec<String> = bound
        .keys()
        .filter(|name| !is_built_in(name))
        .cloned()
        .collect();
    let meant = nearest(group, &names)
        .map(|name| format!("; `{name}` is bound"))
        .unwrap_or_default();
    Some(GroupFinding {
        id: "group.unbound",
        severity: Severity::Warning,
        group: group.clone(),
        text: format!(
            "no RoleBinding and no ClusterRoleBinding names the group `{group}`, which {} gives: it gives its members nothing{meant}",
            listed(places)
        ),
    })
}

/// Mapped groups whose bindings all refer to roles that are not there.
fn bound_to_nothing(mapped: &Named, rbac: &ClusterRbac) -> Vec<GroupFinding> {
    if rbac.cluster_roles.is_err() || rbac.roles.is_err() {
        return Vec::new();
    }
    let evaluator = Evaluator::new(rbac);
    let finding = |(group, places): (&String, &Vec<String>)| {
        let binds = |binding: &&BindingObject| {
            binding.subjects.iter().any(|subject| match subject {
                BoundSubject::Group(bound) => are_the_same(group, bound),
                _ => false,
            })
        };
        let bindings: Vec<&BindingObject> = rbac.bindings().filter(binds).collect();
        let is_any_whole = bindings.iter().any(|one| evaluator.role(one).is_some());
        let is_nothing = !bindings.is_empty() && !is_any_whole && !is_built_in(group);
        is_nothing.then(|| {
            let bindings: Vec<String> = bindings
                .iter()
                .map(|binding| format!("{binding} to {}", binding.role))
                .collect();
            GroupFinding {
                id: "group.role_missing",
                severity: Severity::Warning,
                group: group.clone(),
                text: format!(
                    "the group `{group}`, which {} gives, is bound to roles that are not there, by {}: it gives its members nothing",
                    listed(places),
                    listed(&bindings)
                ),
            }
        })
    };
    mapped.iter().filter_map(finding).collect()
}

fn nobodys((group, places): (&String, &Vec<String>), mapped: &Named) -> Option<GroupFinding> {
    if is_built_in(group) || mapped.keys().any(|mapped| are_the_same(mapped, group)) {
        return None;
    }
    Some(GroupFinding {
        id: "group.nobody_mapped",
        severity: Severity::Note,
        group: group.clone(),
        text: format!(
            "{} names the group `{group}`, which neither aws-auth nor an access entry gives to anybody: only another identity provider could",
            listed(places)
        ),
    })
}

/// Mapped groups that are bound to a way to cluster-admin or to a part of one, with the binding; not those that are bound to everything as well.
fn powerful(mapped: &Named, rbac: &ClusterRbac) -> Vec<GroupFinding> {
    let evaluator = Evaluator::new(rbac);
    let mut ways: BTreeMap<&str, BTreeSet<(Road, String)>> = BTreeMap::new();
    let mut admins: BTreeSet<&str> = BTreeSet::new();
    for binding in rbac.bindings().filter(|binding| decides(binding)) {
        let Some(role) = evaluator.role(binding) else {
            continue;
        };
        let roads = roads(&role.rules, binding.is_cluster_wide());
        let is_everything = binding.is_cluster_wide() && allow_everything(&role.rules);
        for subject in &binding.subjects {
            let BoundSubject::Group(group) = subject else {
                continue;
            };
            if is_everything {
                admins.insert(group);
            }
            let way = |road: &Road| (*road, format!("{binding} with {}", binding.role));
            ways.entry(group).or_default().extend(roads.iter().map(way));
        }
    }
    let whole = Rbac::from_objects(&rbac.deciding_objects()).can_become_admins;
    let is_mapped = |group: &str| {
        let of_everybody = group == AUTHENTICATED && !mapped.is_empty();
        let is_named = mapped.keys().any(|mapped| are_the_same(mapped, group));
        of_everybody || is_named && !is_built_in(group)
    };
    ways.into_iter()
        .filter(|(group, ways)| !ways.is_empty() && is_mapped(group) && !admins.contains(group))
        .map(|(group, ways)| {
            let maps = ways.iter().any(|(road, _)| *road == Road::WriteAwsAuth);
            let is_whole = maps || whole.groups.contains(group);
            let ways: Vec<String> = ways
                .into_iter()
                .map(|(road, binding)| format!("{} ({binding})", road.text()))
                .collect();
            GroupFinding {
                id: "privilege.group_may_become_admin",
                severity: match is_whole {
                    true => Severity::Warning,
                    false => Severity::Note,
                },
                group: group.to_owned(),
                text: match is_whole {
                    true => format!(
                        "whoever is in the group `{group}` can make itself cluster-admin: it {}",
                        ways.join(", ")
                    ),
                    false => format!(
                        "whoever is in the group `{group}` has a part of a way to cluster-admin, which leads there only with more: it {}",
                        ways.join(", ")
                    ),
                },
            }
        })
        .collect()
}

/// Bindings of the whole cluster, and those of the namespace in which aws-auth is.
fn decides(binding: &BindingObject) -> bool {
    binding.is_cluster_wide() || binding.namespace == aws_auth::NAMESPACE
}

fn unread_mappings(view: &ClusterView) -> Vec<&str> {
    let mut reasons = Vec::new();
    if let (true, Knowledge::Unreadable(reason)) = (view.mode.reads_config_map(), &view.aws_auth) {
        reasons.push(reason.as_str());
    }
    if let (true, Knowledge::Unreadable(reason)) =
        (view.mode.reads_access_entries(), &view.access_entries)
    {
        reasons.push(reason);
    }
    reasons
}

fn not_judged(reasons: &[&str]) -> GroupFinding {
    GroupFinding {
        id: "group.not_judged",
        severity: Severity::Note,
        group: String::new(),
        text: format!(
            "mapped groups and bindings were not compared as a whole: {}",
            reasons.join("; ")
        ),
    }
}

/// The first places, and how many more there are.
fn listed(places: &[String]) -> String {
    let named: Vec<&str> = places.iter().take(MOST_NAMED).map(String::as_str).collect();
    match places.len().saturating_sub(MOST_NAMED) {
        0 => named.join(" and "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests;
