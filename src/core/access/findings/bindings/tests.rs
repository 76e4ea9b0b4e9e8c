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
            namespace: words[0].trim_start_matches('-').to_owned(),
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
             mapRoles[1], line 2 gives: it gives its members nothing",
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
    // Who may do everything has no need of a way there.
    let of_admins = found(&view(&map), &rbac(&["- all g", "- maps g"]));
    let has_road = |one: &String| one.starts_with("privilege.");
    assert!(!of_admins.iter().any(has_road), "{of_admins:?}");
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

#[test]
fn a_group_that_is_bound_only_to_roles_that_are_not_there_is_found() {
    let map = entry("a", "devs, ops");
    let all = rbac(&[
        "apps gone devs",
        "- lost devs",
        "- lost ops",
        "- view ops",
        "- view of-entry",
    ]);
    let texts: Vec<String> = group_findings(&view(&map), &all)
        .into_iter()
        .map(|finding| format!("{}: {}", finding.id, finding.text))
        .collect();
    assert_eq!(
        texts,
        [
            "group.role_missing: the group `devs`, which aws-auth mapRoles[0], line 1 gives, is bound to roles that are not there, by ClusterRoleBinding `b-lost` to \
             ClusterRole `lost` and RoleBinding `apps/b-gone` to ClusterRole `gone`: it gives its members nothing",
        ]
    );
    // Where roles could not be listed nothing is said of what they lack.
    let unread = ClusterRbac {
        cluster_roles: Err("forbidden".to_owned()),
        ..all
    };
    assert_eq!(found(&view(&map), &unread), ["group.not_judged "]);
}
