mod unread;

use std::collections::BTreeMap;

use super::*;
use crate::access::access_entry::Defaults;
use crate::access::lockout::{Circumstances, FindingId, assess};
use crate::aws_auth::read;
use crate::kubernetes::rbac::{PolicyRule, Subject};

const ADMIN: &str = "arn:aws:iam::111122223333:role/admins";
const NODES: &str = "arn:aws:iam::111122223333:role/nodes";
const POLICY: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";

fn role(arn: &str, username: &str) -> Entry {
    Entry::Role {
        rolearn: arn.to_owned(),
        username: username.to_owned(),
        groups: vec!["g".to_owned()],
    }
}

fn state(usernames: &[&str], entries: Vec<AccessEntry>) -> ClusterState {
    let items = usernames
        .iter()
        .map(|name| format!("- rolearn: {ADMIN}\n  username: {name}\n  groups: [g]\n"));
    let nodes = format!(
        "- rolearn: {NODES}\n  username: system:node:{{{{EC2PrivateDNSName}}}}\n  groups: [system:bootstrappers, system:nodes]\n"
    );
    let text = items.chain([nodes]).collect::<String>();
    ClusterState {
        view: ClusterView {
            mode: AuthenticationMode::ApiAndConfigMap,
            aws_auth: Knowledge::Known(read(&BTreeMap::from([("mapRoles".to_owned(), text)]))),
            access_entries: Knowledge::Known(entries),
        },
        rbac: None,
    }
}

fn standard(policies: &[&str]) -> AccessEntry {
    AccessEntry {
        created_at: None,
        principal_arn: ADMIN.to_owned(),
        kind: "STANDARD".to_owned(),
        username: "admin".to_owned(),
        groups: Vec::new(),
        policies: policies
            .iter()
            .map(|arn| AccessPolicy {
                policy_arn: (*arn).to_owned(),
                namespaces: Vec::new(),
            })
            .collect(),
    }
}

/// The user names of the admins' entries, in order.
fn names(state: &ClusterState) -> Vec<String> {
    let Knowledge::Known(reading) = &state.view.aws_auth else {
        panic!("aws-auth is known");
    };
    let of_admins = reading.roles.iter().filter(|entry| entry.arn == ADMIN);
    of_admins.map(|entry| entry.username.clone()).collect()
}

fn entries(state: &ClusterState) -> &[AccessEntry] {
    match &state.view.access_entries {
        Knowledge::Known(entries) => entries,
        Knowledge::Unreadable(_) => panic!("the entries are known"),
    }
}

fn put(name: &str, prior: Option<&str>, overwrites: bool) -> ClusterChange {
    ClusterChange::AwsAuth(AwsAuthChange::Put(PutEntry {
        entry: role(ADMIN, name),
        prior: prior.map(|name| role(ADMIN, name)),
        overwrites,
    }))
}

#[test]
fn of_entries_for_one_principal_the_one_that_is_meant_changes() {
    let remove = |name| ClusterChange::AwsAuth(AwsAuthChange::Remove(role(ADMIN, name)));
    for (there, change, wanted) in [
        (vec!["old", "new"], remove("old"), vec!["new"]),
        (vec!["old", "new"], remove("new"), vec!["old"]),
        (vec!["a", "b", "a"], remove("a"), vec!["b"]),
        (vec!["edited since"], remove("old"), vec![]),
        (vec![], put("a", None, false), vec!["a"]),
        (vec!["a"], put("b", None, false), vec!["a"]),
        (vec!["a", "b"], put("c", None, true), vec!["c"]),
        (vec!["a", "b"], put("b", None, true), vec!["a", "b"]),
        (vec!["a", "b"], put("c", Some("a"), false), vec!["c", "b"]),
        (vec!["a", "b"], put("b", Some("a"), false), vec!["a", "b"]),
        (vec![], put("c", Some("a"), false), vec!["c"]),
    ] {
        let after = state(&there, Vec::new()).after([&change]);
        assert_eq!(names(&after), wanted, "{there:?} {change:?}");
    }
}

#[test]
fn sections_are_replaced_and_the_object_goes_whole() {
    let before = state(&["a"], Vec::new());
    let users = BTreeMap::from([(Section::MapUsers, Some(String::new()))]);
    let others = ClusterChange::AwsAuth(AwsAuthChange::ReplaceSections(users));
    assert_eq!(names(&before.after([&others])), ["a"]);
    let none = BTreeMap::from([(Section::MapRoles, None)]);
    let roles = ClusterChange::AwsAuth(AwsAuthChange::ReplaceSections(none));
    let gone = ClusterChange::AwsAuth(AwsAuthChange::Delete);
    for change in [roles, gone] {
        assert_eq!(names(&before.after([&change])), [""; 0]);
    }
}

#[test]
fn an_entry_keeps_its_policies_until_it_goes() {
    let before = state(&[], vec![standard(&[POLICY])]);
    let renamed = AccessEntry {
        created_at: None,
        username: "other".to_owned(),
        ..standard(&[])
    };
    let updated = before.after([&ClusterChange::AccessEntry(AccessEntryChange::Put(renamed))]);
    assert_eq!(entries(&updated)[0].policies, standard(&[POLICY]).policies);
    let remove = ClusterChange::AccessEntry(AccessEntryChange::Remove {
        principal_arn: "arn:aws:iam::111122223333:role/people/admins".to_owned(),
    });
    let again = ClusterChange::AccessEntry(AccessEntryChange::Put(standard(&[])));
    assert_eq!(entries(&before.after([&remove, &again])), [standard(&[])]);
    let disassociate = ClusterChange::AccessEntry(AccessEntryChange::Disassociate {
        principal_arn: ADMIN.to_owned(),
        policy_arn: POLICY.to_owned(),
    });
    assert_eq!(entries(&before.after([&disassociate])), [standard(&[])]);
}

#[test]
fn what_eks_made_for_a_released_role_goes_from_wherever_it_counts() {
    let node = AccessEntry {
        created_at: None,
        principal_arn: "arn:aws:iam::111122223333:role/eks/nodes".to_owned(),
        kind: "EC2_LINUX".to_owned(),
        ..standard(&[])
    };
    let release = ClusterChange::ManagedRoleReleased {
        role_arn: "arn:aws:iam::111122223333:role/eks/nodes".to_owned(),
    };
    for (mode, entries_left, roles_left) in [
        (AuthenticationMode::ConfigMap, 1, 1),
        (AuthenticationMode::ApiAndConfigMap, 0, 1),
        (AuthenticationMode::Api, 0, 2),
    ] {
        let before = state(&["a"], vec![node.clone()]);
        let after = before.after([&ClusterChange::Mode(mode), &release]);
        let Knowledge::Known(reading) = &after.view.aws_auth else {
            panic!("aws-auth is known");
        };
        let left = (entries(&after).len(), reading.roles.len());
        assert_eq!(left, (entries_left, roles_left), "{mode:?}");
    }
}

#[test]
fn one_of_two_bindings_that_say_the_same_goes() {
    let binding = Binding {
        refers_to_cluster_role: true,
        role: "cluster-admin".to_owned(),
        subjects: vec![Subject::Group("platform".to_owned())],
    };
    let before = ClusterState {
        rbac: Some(RbacObjects {
            cluster_role_bindings: vec![binding.clone(), binding.clone()],
            ..RbacObjects::default()
        }),
        ..state(&[], Vec::new())
    };
    let scope = RbacScope::Cluster;
    let remove = ClusterChange::Rbac(RbacChange::RemoveBinding(scope, binding.clone()));
    let after = before.after([&remove]).rbac.unwrap();
    assert_eq!(after.cluster_role_bindings, std::slice::from_ref(&binding));
    let after = before.after([&remove, &remove]).rbac.unwrap();
    assert_eq!(after.cluster_role_bindings, []);
}

#[test]
fn a_binding_that_goes_is_found_in_whatever_order_its_subjects_stand() {
    let names = |names: &[&str]| -> Vec<Subject> {
        let subject = |name: &&str| Subject::Group((*name).to_owned());
        names.iter().map(subject).collect()
    };
    let binding = |subjects: &[&str]| Binding {
        refers_to_cluster_role: true,
        role: "cluster-admin".to_owned(),
        subjects: names(subjects),
    };
    let state = ClusterState {
        rbac: Some(RbacObjects {
            cluster_role_bindings: vec![binding(&["x", "z", "g"]), binding(&["x"])],
            ..RbacObjects::default()
        }),
        ..state(&["a"], Vec::new())
    };
    let gone = |subjects: &[&str]| {
        ClusterChange::Rbac(RbacChange::RemoveBinding(
            RbacScope::Cluster,
            binding(subjects),
        ))
    };
    let left = |change: &ClusterChange| {
        let after = state.after([change]).rbac.unwrap();
        let left = after.cluster_role_bindings.into_iter();
        left.map(|binding| binding.subjects.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(left(&gone(&["g", "z", "x"])), [1]);
    assert_eq!(left(&gone(&["x"])), [3]);
    // Somebody named a further one meanwhile.
    assert_eq!(left(&gone(&["g", "z"])), [1]);
    let nobodys = gone(&["y"]);
    assert_eq!(left(&nobodys), [3, 1]);
    assert_eq!(state.unfound([&nobodys]), [&binding(&["y"])]);
    let twice = gone(&["x"]);
    assert_eq!(state.unfound([&twice]), Vec::<&Binding>::new());
    let all = [gone(&["x"]), gone(&["x"]), gone(&["x"])];
    assert_eq!(state.unfound(&all), [&binding(&["x"])]);
}

/// A state whose admins are in group `g`, with bindings of group and user to ClusterRoles.
fn bound(bindings: &[(&str, Subject)]) -> ClusterState {
    let all = || vec!["*".to_owned()];
    let rule = |resource: &str| PolicyRule {
        verbs: all(),
        api_groups: vec![String::new()],
        resources: vec![resource.to_owned()],
        resource_names: Vec::new(),
    };
    let everything = PolicyRule {
        api_groups: all(),
        ..rule("*")
    };
    let roles = [
        ("cluster-admin", everything),
        ("writer", rule("configmaps")),
    ];
    ClusterState {
        rbac: Some(RbacObjects {
            cluster_roles: roles
                .map(|(name, rule)| Role {
                    name: name.to_owned(),
                    rules: vec![rule],
                    ..Role::default()
                })
                .to_vec(),
            cluster_role_bindings: bindings
                .iter()
                .map(|(role, subject)| Binding {
                    refers_to_cluster_role: true,
                    role: (*role).to_owned(),
                    subjects: vec![subject.clone()],
                })
                .collect(),
            ..RbacObjects::default()
        }),
        ..state(&["a"], Vec::new())
    }
}

#[test]
fn what_a_binding_gives_or_takes_is_judged_like_a_group_that_is_given_or_taken() {
    let group = || Subject::Group("g".to_owned());
    let user = || Subject::User("a".to_owned());
    let admin = |subject: Subject| vec![("cluster-admin", subject)];
    let writer = |subject: Subject| vec![("writer", subject)];
    for (before, after, wanted) in [
        (admin(group()), vec![], Some(FindingId::LastAdmin)),
        (admin(group()), writer(group()), Some(FindingId::LastAdmin)),
        (admin(user()), vec![], Some(FindingId::LastAdmin)),
        (admin(group()), admin(group()), None),
        (
            admin(group()),
            admin(user()),
            Some(FindingId::ReducedAccess),
        ),
        (writer(group()), vec![], Some(FindingId::ReducedAccess)),
        (writer(group()), admin(group()), None),
        (vec![], admin(group()), None),
    ] {
        let both = UnderOneRbac::between(&bound(&before), &bound(&after)).unwrap();
        let circumstances = Circumstances {
            rbac: both.rbac,
            ..Circumstances::default()
        };
        let assessment = assess(&both.before, &both.after, &circumstances);
        let gravest = assessment.findings.first().map(|finding| finding.id);
        assert_eq!(gravest, wanted, "{before:?} {after:?}");
    }
}

/// RBAC cannot tell whom aws-auth gives the name of a service account from the account itself.
#[test]
fn what_a_binding_of_a_service_account_gives_is_had_by_whoever_has_its_name() {
    let boss = || Subject::service_account("ops", "boss").unwrap();
    let admin = |bindings: &[(&str, Subject)], names: &[&str]| ClusterState {
        view: state(names, Vec::new()).view,
        ..bound(bindings)
    };
    let named = ["system:serviceaccount:ops:boss"];
    let gravest = |before: &ClusterState, after: &ClusterState| {
        let both = UnderOneRbac::between(before, after).unwrap();
        let circumstances = Circumstances {
            rbac: both.rbac,
            ..Circumstances::default()
        };
        let assessment = assess(&both.before, &both.after, &circumstances);
        assessment.findings.first().map(|finding| finding.id)
    };
    let before = admin(&[("cluster-admin", boss())], &named);
    let binding_goes = admin(&[], &named);
    assert_eq!(gravest(&before, &binding_goes), Some(FindingId::LastAdmin));
    let entry_goes = admin(&[("cluster-admin", boss())], &[]);
    assert_eq!(gravest(&before, &entry_goes), Some(FindingId::LastAdmin));
    let others = admin(
        &[("cluster-admin", boss())],
        &["system:serviceaccount:ops:clerk"],
    );
    let gone = admin(&[], &["system:serviceaccount:ops:clerk"]);
    assert_eq!(gravest(&others, &gone), None);
    // No session's name has a colon, so a placeholder alone never becomes one.
    let anybody = admin(&[("cluster-admin", boss())], &["'{{SessionName}}'"]);
    let gone = admin(&[], &["'{{SessionName}}'"]);
    assert_eq!(gravest(&anybody, &gone), None);
}

/// What only leads somewhere with more is no way back.
#[test]
fn a_part_of_a_way_to_all_power_is_nobody_who_is_left() {
    let rbac = "rbac.authorization.k8s.io";
    let rule = |verbs: &[&str], resource: &str| PolicyRule {
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        api_groups: vec![rbac.to_owned()],
        resources: vec![resource.to_owned()],
        resource_names: Vec::new(),
    };
    let writes = || rule(&["get", "delete", "patch", "create"], "clusterrolebindings");
    let with = |bindings: &[(&str, &str)]| {
        let bindings = bindings
            .iter()
            .map(|(role, user)| (*role, Subject::User((*user).to_owned())));
        let mut state = bound(&bindings.collect::<Vec<_>>());
        state.view = view_of(&["bob", "carl"]);
        let roles = &mut state.rbac.as_mut().unwrap().cluster_roles;
        for (name, rules) in [
            ("part", vec![writes()]),
            ("whole", vec![writes(), rule(&["bind"], "clusterroles")]),
        ] {
            roles.push(Role {
                name: name.to_owned(),
                rules,
                ..Role::default()
            });
        }
        state
    };
    for (before, after, is_refused) in [
        (
            vec![("part", "bob"), ("whole", "carl")],
            vec![("part", "bob")],
            true,
        ),
        (
            vec![("part", "bob"), ("whole", "carl")],
            vec![("whole", "carl")],
            false,
        ),
        (
            vec![("whole", "bob"), ("whole", "carl")],
            vec![("whole", "bob")],
            false,
        ),
        (
            vec![("part", "bob"), ("part", "carl")],
            vec![("part", "bob")],
            false,
        ),
        (
            vec![("writer", "bob"), ("whole", "carl")],
            vec![("writer", "bob")],
            false,
        ),
        (
            vec![("part", "bob"), ("writer", "bob"), ("whole", "carl")],
            vec![("part", "bob"), ("writer", "bob")],
            false,
        ),
        (
            vec![("part", "bob"), ("whole", "carl")],
            vec![("part", "bob"), ("part", "carl")],
            true,
        ),
    ] {
        let both = UnderOneRbac::between(&with(&before), &with(&after)).unwrap();
        let circumstances = Circumstances {
            rbac: both.rbac,
            ..Circumstances::default()
        };
        let assessment = assess(&both.before, &both.after, &circumstances);
        let found = assessment.findings.iter();
        let last = found
            .filter(|finding| finding.id == FindingId::LastAdmin)
            .count();
        assert_eq!(
            last,
            usize::from(is_refused),
            "{before:?} {after:?}: {:?}",
            assessment.findings
        );
    }
}

/// Roles that are mapped to users of their names.
fn view_of(names: &[&str]) -> ClusterView {
    let items = names.iter().map(|name| {
        format!(
            "- rolearn: arn:aws:iam::111122223333:role/{name}\n  username: {name}\n  groups: []\n"
        )
    });
    ClusterView {
        aws_auth: Knowledge::Known(read(&BTreeMap::from([(
            "mapRoles".to_owned(),
            items.collect(),
        )]))),
        ..state(&[], Vec::new()).view
    }
}

/// Everybody is in `system:authenticated`, who comes by an account has its ARN for a name, and placeholders become names and groups.
#[test]
fn what_a_binding_takes_is_found_of_those_whom_no_entry_names_as_it_does() {
    let group = |name: &str| Subject::Group(name.to_owned());
    let user = |name: &str| Subject::User(name.to_owned());
    let by_account = "arn:aws:iam::111122223333:user/alice";
    for (name, groups, subject) in [
        ("a", "g", group("system:authenticated")),
        ("ops:{{SessionName}}", "g", user("ops:alice")),
        ("a", "of-{{AccountID}}", group("of-111122223333")),
        ("a", "g", user(by_account)),
    ] {
        let with = |bindings: &[(&str, Subject)]| {
            let mut state = bound(bindings);
            if let Knowledge::Known(reading) = &mut state.view.aws_auth {
                reading.roles[0].username = name.to_owned();
                reading.roles[0].groups = vec![groups.to_owned()];
                let accounts =
                    BTreeMap::from([("mapAccounts".to_owned(), "- '111122223333'\n".to_owned())]);
                if subject == user(by_account) {
                    reading.accounts = read(&accounts).accounts;
                }
            }
            state
        };
        let all = with(&[("cluster-admin", subject.clone())]);
        for (after, wanted) in [
            (with(&[]), Some(FindingId::LastAdmin)),
            (
                with(&[("writer", subject.clone())]),
                Some(FindingId::LastAdmin),
            ),
            (all.clone(), None),
        ] {
            let both = UnderOneRbac::between(&all, &after).unwrap();
            let circumstances = Circumstances {
                rbac: both.rbac,
                ..Circumstances::default()
            };
            let assessment = assess(&both.before, &both.after, &circumstances);
            let gravest = assessment.findings.first().map(|finding| finding.id);
            assert_eq!(gravest, wanted, "{subject:?}");
        }
        let gained = UnderOneRbac::between(&with(&[]), &all).unwrap();
        let circumstances = Circumstances {
            rbac: gained.rbac,
            ..Circumstances::default()
        };
        let found = assess(&gained.before, &gained.after, &circumstances).findings;
        assert_eq!(found, [], "{subject:?}");
    }
}

#[test]
fn eks_fills_in_names_by_type() {
    let path = "arn:aws-cn:iam::111122223333:role/people/admins";
    let user = "arn:aws:iam::111122223333:user/people/alice";
    for (kind, arn, username) in [
        (
            "STANDARD",
            path,
            "arn:aws-cn:sts::111122223333:assumed-role/admins/{{SessionName}}",
        ),
        ("STANDARD", user, user),
        ("EC2_LINUX", path, "system:node:{{EC2PrivateDNSName}}"),
        ("HYBRID_LINUX", path, "system:node:{{SessionName}}"),
    ] {
        assert_eq!(Defaults::for_type(kind, arn).username, username, "{kind}");
    }
}
