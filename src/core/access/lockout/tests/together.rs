//! Rights that one user holds by several names and groups together: who loses them, and who is left.

use super::*;
use crate::access::change::{ClusterState, UnderOneRbac};
use crate::kubernetes::rbac::{Binding, PolicyRule, RbacObjects, Role, Subject};

const RBAC: &str = "rbac.authorization.k8s.io";

/// What a binding gives: verbs, API group, resources; and whom.
type Bound<'a> = (&'a str, &'a str, &'a str, Subject);

fn group(name: &str) -> Subject {
    Subject::Group(name.to_owned())
}

fn user(name: &str) -> Subject {
    Subject::User(name.to_owned())
}

/// Each binding with a role of its own, beside `cluster-admin` that somebody else's service account has.
fn objects(bound: &[Bound<'_>]) -> RbacObjects {
    let list = |text: &str| text.split(',').map(ToOwned::to_owned).collect();
    let role = |name: &str, (verbs, api_group, resources): (&str, &str, &str)| Role {
        name: name.to_owned(),
        rules: vec![PolicyRule {
            verbs: list(verbs),
            api_groups: list(api_group),
            resources: list(resources),
            resource_names: Vec::new(),
        }],
        ..Role::default()
    };
    let binding = |role: &str, subject: Subject| Binding {
        refers_to_cluster_role: true,
        role: role.to_owned(),
        subjects: vec![subject],
    };
    let mut objects = RbacObjects {
        cluster_roles: vec![role("cluster-admin", ("*", "*", "*"))],
        cluster_role_bindings: vec![binding(
            "cluster-admin",
            user("system:serviceaccount:kube-system:controller"),
        )],
        ..RbacObjects::default()
    };
    for (verbs, api_group, resources, subject) in bound {
        let name = format!("{verbs} {resources}");
        objects
            .cluster_roles
            .push(role(&name, (verbs, api_group, resources)));
        objects
            .cluster_role_bindings
            .push(binding(&name, subject.clone()));
    }
    objects
}

fn assessed(view: &ClusterView, before: &[Bound<'_>], after: &[Bound<'_>]) -> Assessment {
    let state = |bound: &[Bound<'_>]| ClusterState {
        view: view.clone(),
        rbac: Some(objects(bound)),
    };
    let both = UnderOneRbac::between(&state(before), &state(after)).unwrap();
    let circumstances = Circumstances {
        nodes: Nodes::None,
        partition: Some(Partition::Aws),
        rbac: both.rbac.clone(),
        less_bound: both.less.clone(),
        ..circumstances()
    };
    assess(&both.before, &both.after, &circumstances)
}

fn error_ids(found: &Assessment) -> Vec<FindingId> {
    let errors = found.of_severity(Severity::Error);
    errors.iter().map(|finding| finding.id).collect()
}

/// The two parts of a right, and to whom they are bound.
fn parts() -> Vec<(&'static str, [Bound<'static>; 2])> {
    let reads = |subject| ("get", "", "configmaps", subject);
    let changes = |subject| ("update,patch", "", "configmaps", subject);
    let makes = |subject| ("create", RBAC, "clusterrolebindings", subject);
    let binds = |subject| ("bind", RBAC, "clusterroles", subject);
    vec![
        ("two groups", [reads(group("ops")), changes(group("hands"))]),
        (
            "a name and a group",
            [reads(user("bob")), changes(group("hands"))],
        ),
        (
            "everybody and a group",
            [
                reads(group("system:authenticated")),
                changes(group("hands")),
            ],
        ),
        (
            "one group twice",
            [reads(group("ops")), changes(group("ops"))],
        ),
        (
            "a way of two groups",
            [makes(group("ops")), binds(group("hands"))],
        ),
        (
            "a way of everybody",
            [makes(group("system:authenticated")), binds(group("hands"))],
        ),
        (
            "impersonation",
            [
                ("impersonate", "", "users", group("ops")),
                ("impersonate", "", "groups", group("hands")),
            ],
        ),
        (
            "escalation",
            [
                ("escalate", RBAC, "clusterroles", group("ops")),
                ("update", RBAC, "clusterroles", group("hands")),
            ],
        ),
    ]
}

#[test]
fn each_part_of_what_the_last_user_has_together_is_not_let_go() {
    let view = view(&item(ADMIN, "bob", &["ops", "hands"]));
    for (name, both) in parts() {
        let is_way = name.contains("way") || name.starts_with(['i']) || name == "escalation";
        for kept in [&both[..1], &both[1..]] {
            let ids = error_ids(&assessed(&view, &both, kept));
            let expected = match is_way {
                true => FindingId::LastAdmin,
                false => FindingId::RunningIdentity,
            };
            assert!(ids.contains(&expected), "{name}: {ids:?}");
        }
        assert_eq!(error_ids(&assessed(&view, &both, &both)), [], "{name}");
    }
}

#[test]
fn a_part_of_the_writing_that_somebody_has_by_another_binding_too_may_go() {
    let view = view(&item(ADMIN, "bob", &["ops", "hands"]));
    // A part of a way to everything counts alone where its group has it no more.
    let of_writing = parts().into_iter().take(4);
    for (name, both) in of_writing {
        let again = |index: usize| {
            let (verbs, api_group, resources, _) = both[index].clone();
            (verbs, api_group, resources, user("bob"))
        };
        for index in [0, 1] {
            let mut before = both.to_vec();
            before.push(again(index));
            let mut after = before.clone();
            after.remove(index);
            let found = assessed(&view, &before, &after);
            assert_eq!(error_ids(&found), [], "{name} {index}: {found:#?}");
        }
    }
}

#[test]
fn parts_of_two_users_make_nothing() {
    let ops = item(ADMIN, "bob", &["ops"]);
    let hands = item(GLASS, "eve", &["hands"]);
    let view = view(&(ops + &hands));
    let [reads, changes] = parts()[0].1.clone();
    let found = assessed(&view, &[reads.clone(), changes], &[reads]);
    assert_eq!(found.findings, []);
}

#[test]
fn who_is_left_with_a_whole_way_together_is_left() {
    let goes = item(GLASS, "eve", &["sole"]);
    let view = view(&(goes + &item(ADMIN, "bob", &["ops", "hands"])));
    let sole: Bound<'_> = ("*", RBAC, "*", group("sole"));
    let [makes, binds] = parts()[4].1.clone();
    let both = [makes.clone(), binds.clone()];
    let with_sole = [makes.clone(), binds, sole.clone()];
    let found = assessed(&view, &with_sole, &both);
    assert_eq!(error_ids(&found), [], "{found:#?}");
    let found = assessed(&view, &[makes.clone(), sole], &[makes]);
    assert_eq!(error_ids(&found), [FindingId::LastAdmin]);
}
