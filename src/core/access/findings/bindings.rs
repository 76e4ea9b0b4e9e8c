//! What mapped groups and bindings say of each other: groups that nothing binds, bindings that nobody comes by, groups that may make themselves
//! administrators.
//!
//! Told once for a cluster, not once an entry. Groups of `system:` and `eks:` are bound by Kubernetes and by EKS. What could not be read is named, and
//! nothing is concluded from it: a binding may stand in a namespace that was not listed, and an access entry that was not read may map a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::cluster_access::{ClusterView, Knowledge};
use crate::access::severity::Severity;
use crate::aws_auth;
use crate::aws_auth::username_template::fits;
use crate::kubernetes::rbac::{
    AUTHENTICATED, BindingObject, BoundSubject, ClusterRbac, Evaluator, Road, roads,
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
fn are_the_same(mapped: &str, bound: &str) -> bool {
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
            "no RoleBinding and no ClusterRoleBinding names the group `{group}`, which {} gives: whoever is in it may do nothing by it{meant}",
            listed(places)
        ),
    })
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

/// Mapped groups that are bound to a way to cluster-admin, with the binding.
fn powerful(mapped: &Named, rbac: &ClusterRbac) -> Vec<GroupFinding> {
    let evaluator = Evaluator::new(rbac);
    let mut ways: BTreeMap<&str, BTreeSet<(Road, String)>> = BTreeMap::new();
    for binding in rbac.bindings().filter(|binding| decides(binding)) {
        let Some(role) = evaluator.role(binding) else {
            continue;
        };
        let roads = roads(&role.rules, binding.is_cluster_wide());
        for subject in &binding.subjects {
            let BoundSubject::Group(group) = subject else {
                continue;
            };
            let way = |road: &Road| (*road, format!("{binding} with {}", binding.role));
            ways.entry(group).or_default().extend(roads.iter().map(way));
        }
    }
    let is_mapped = |group: &str| {
        let of_everybody = group == AUTHENTICATED && !mapped.is_empty();
        let is_named = mapped.keys().any(|mapped| are_the_same(mapped, group));
        of_everybody || is_named && !is_built_in(group)
    };
    ways.into_iter()
        .filter(|(group, ways)| !ways.is_empty() && is_mapped(group))
        .map(|(group, ways)| {
            let ways: Vec<String> = ways
                .into_iter()
                .map(|(road, binding)| format!("{} ({binding})", road.text()))
                .collect();
            GroupFinding {
                id: "privilege.group_may_become_admin",
                severity: Severity::Warning,
                group: group.to_owned(),
                text: format!(
                    "whoever is in the group `{group}` can make itself cluster-admin: it {}",
                    ways.join(", ")
                ),
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
mod tests {
    use super::*;
    use crate::access::access_entry::{AccessEntry, AuthenticationMode};
    use crate::aws_auth::read;
    use crate::kubernetes::rbac::{PolicyRule, RoleObject, RoleRef};

    fn view(map_roles: &str) -> ClusterView {
        ClusterView {
            mode: AuthenticationMode::ApiAndConfigMap,
            aws_auth: Knowledge::Known(read(
                &[("mapRoles".to_owned(), map_roles.to_owned())].into(),
            )),
            access_entries: Knowledge::Known(vec![AccessEntry {
                principal_arn: "arn:aws:iam::111122223333:role/eks".to_owned(),
                kind: "STANDARD".to_owned(),
                username: "eks".to_owned(),
                groups: vec!["of-entry".to_owned()],
                policies: Vec::new(),
                created_at: None,
            }]),
        }
    }

    fn entry(role: &str, groups: &str) -> String {
        format!(
            "- {{rolearn: 'arn:aws:iam::111122223333:role/{role}', username: {role}, groups: [{groups}]}}\n"
        )
    }

    fn rule(verb: &str, group: &str, resource: &str) -> PolicyRule {
        PolicyRule {
            verbs: vec![verb.to_owned()],
            api_groups: vec![group.to_owned()],
            resources: vec![resource.to_owned()],
            resource_names: Vec::new(),
        }
    }

    /// Bindings `NAMESPACE ROLE GROUP`, `-` for none, of roles that allow what their names say.
    fn rbac(bindings: &[&str]) -> ClusterRbac {
        let rbac_group = "rbac.authorization.k8s.io";
        let role = |name: &str, rules: Vec<PolicyRule>| RoleObject {
            name: name.to_owned(),
            rules,
            ..RoleObject::default()
        };
        let binding = |text: &&str| {
            let words: Vec<&str> = text.split(' ').collect();
            BindingObject {
                namespace: words[0].replace('-', ""),
                name: format!("b-{}", words[1]),
                role: RoleRef {
                    is_cluster_role: true,
                    name: words[1].to_owned(),
                },
                subjects: vec![BoundSubject::Group(words[2].to_owned())],
            }
        };
        let (of_cluster, of_namespaces) = bindings
            .iter()
            .map(binding)
            .partition(BindingObject::is_cluster_wide);
        ClusterRbac {
            cluster_roles: Ok(vec![
                role("all", vec![rule("*", "*", "*")]),
                role("view", vec![rule("get", "", "pods")]),
                role(
                    "escalate",
                    vec![rule("escalate", rbac_group, "clusterroles")],
                ),
                role("write", vec![rule("create", rbac_group, "rolebindings")]),
                role("impersonate", vec![rule("impersonate", "", "groups")]),
                role(
                    "maps",
                    vec![
                        rule("get", "", "configmaps"),
                        rule("patch", "", "configmaps"),
                    ],
                ),
            ]),
            cluster_role_bindings: Ok(of_cluster),
            role_bindings: Ok(of_namespaces),
            ..ClusterRbac::default()
        }
    }

    fn found(view: &ClusterView, rbac: &ClusterRbac) -> Vec<String> {
        group_findings(view, rbac)
            .into_iter()
            .map(|finding| format!("{} {}", finding.id, finding.group))
            .collect()
    }

    #[test]
    fn groups_and_bindings_that_do_not_meet_are_found_once() {
        let map = [
            entry("a", "devs, 'system:masters'"),
            entry("b", "devs"),
            entry("c", "'team-{{AccountID}}'"),
        ]
        .concat();
        let rbac = rbac(&[
            "apps view developers",
            "- view team-111122223333",
            "- view of-entry",
            "- all system:masters",
        ]);
        let all = group_findings(&view(&map), &rbac);
        let texts: Vec<String> = all
            .iter()
            .map(|finding| format!("{}: {}", finding.id, finding.text))
            .collect();
        assert_eq!(
            texts,
            [
                "group.unbound: no RoleBinding and no ClusterRoleBinding names the group `devs`, which aws-auth mapRoles[0], line 1 and aws-auth \
                 mapRoles[1], line 2 gives: whoever is in it may do nothing by it",
                "group.nobody_mapped: RoleBinding `apps/b-view` names the group `developers`, which neither aws-auth nor an access entry gives to anybody: \
                 only another identity provider could",
            ]
        );
    }

    #[test]
    fn each_road_to_cluster_admin_is_found_where_it_leads_there() {
        let map = entry("a", "g");
        for (binding, is_found) in [
            ("- view g", false),
            // Whoever was bound to everything was meant to be.
            ("- all g", false),
            ("- escalate g", true),
            ("- write g", true),
            ("- impersonate g", true),
            ("- maps g", true),
            ("kube-system maps g", true),
            ("kube-system escalate g", false),
            ("apps maps g", false),
            ("- maps others", false),
            ("- maps system:authenticated", true),
            ("- maps system:nodes", false),
        ] {
            let found = found(&view(&map), &rbac(&[binding]));
            let has = found
                .iter()
                .any(|one| one.starts_with("privilege.group_may_become_admin "));
            assert_eq!(has, is_found, "{binding}: {found:?}");
        }
        let all = group_findings(&view(&map), &rbac(&["- maps g"]));
        assert!(
            all.iter().any(|finding| finding.text
                == "whoever is in the group `g` can make itself cluster-admin: it may write aws-auth (ClusterRoleBinding `b-maps` with ClusterRole `maps`)"),
            "{all:?}"
        );
    }

    #[test]
    fn nothing_is_concluded_from_what_was_not_read() {
        let map = entry("a", "devs");
        let mut unread = rbac(&["- view others", "- view of-entry"]);
        unread.role_bindings = Err("RoleBindings could not be read".to_owned());
        assert_eq!(
            found(&view(&map), &unread),
            ["group.nobody_mapped others", "group.not_judged "]
        );
        let mut unread = view(&map);
        unread.access_entries =
            Knowledge::Unreadable("the access entries could not be read".to_owned());
        assert_eq!(
            found(&unread, &rbac(&["- view others"])),
            ["group.unbound devs", "group.not_judged "]
        );
        let of_one = ClusterRbac {
            namespace: "apps".to_owned(),
            ..rbac(&["- view of-entry"])
        };
        assert!(
            found(&view(&map), &of_one).is_empty(),
            "a binding may be in another namespace"
        );
    }
}
