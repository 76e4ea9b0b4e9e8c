use super::*;

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str]) -> PolicyRule {
    PolicyRule {
        verbs: texts(verbs),
        api_groups: texts(groups),
        resources: texts(resources),
        resource_names: texts(names),
    }
}

fn role(name: &str, rules: &[PolicyRule]) -> Role {
    Role {
        name: name.to_owned(),
        rules: rules.to_vec(),
        ..Role::default()
    }
}

fn binding(role: &str, refers_to_cluster_role: bool, subject: Subject) -> Binding {
    Binding {
        refers_to_cluster_role,
        role: role.to_owned(),
        subjects: vec![subject],
    }
}

fn group(name: &str) -> Subject {
    Subject::Group(name.to_owned())
}

fn groups(names: &[&str]) -> Subjects {
    Subjects {
        groups: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Subjects::default()
    }
}

#[test]
fn cluster_admins_and_writers_of_aws_auth_are_told_from_everybody_else() {
    let objects = RbacObjects {
        cluster_roles: vec![
            role("cluster-admin", &[rule(&["*"], &["*"], &["*"], &[])]),
            role(
                "mender",
                &[
                    rule(&["get"], &[""], &["configmaps"], &[]),
                    rule(&["patch"], &[""], &["configmaps"], &["aws-auth"]),
                ],
            ),
            role(
                "reader",
                &[rule(&["get", "list"], &[""], &["configmaps"], &[])],
            ),
            role(
                "other-maps",
                &[rule(&["*"], &[""], &["configmaps"], &["coredns"])],
            ),
        ],
        cluster_role_bindings: vec![
            binding("cluster-admin", true, group("platform")),
            binding("cluster-admin", true, Subject::User("dev".to_owned())),
            binding("reader", true, group("viewers")),
            binding("other-maps", true, group("dns")),
            binding("gone", true, group("nobody")),
        ],
        roles: vec![role("editor", &[rule(&["*"], &[""], &["*"], &[])])],
        role_bindings: vec![
            binding("editor", false, group("ops")),
            binding("mender", true, group("menders")),
        ],
        ..RbacObjects::default()
    };
    let dev = BTreeSet::from(["dev".to_owned()]);
    let admins = Subjects {
        users: dev.clone(),
        ..groups(&["platform"])
    };
    assert_eq!(
        Rbac::from_objects(&objects),
        Rbac {
            admins: admins.clone(),
            may_become_admins: admins.clone(),
            can_become_admins: admins,
            aws_auth_writers: Subjects {
                users: dev,
                ..groups(&["menders", "ops", "platform"])
            },
            is_readable: true,
            ..Rbac::default()
        }
    );
}

#[test]
fn binding_escalating_impersonating_and_writing_bindings_lead_to_everything() {
    let rbac = "rbac.authorization.k8s.io";
    let leads = [
        rule(&["bind"], &[rbac], &["clusterroles"], &[]),
        rule(&["escalate"], &[rbac], &["roles"], &[]),
        rule(&["create"], &[rbac], &["clusterrolebindings"], &[]),
        rule(&["patch"], &[rbac], &["rolebindings"], &[]),
        rule(&["impersonate"], &[""], &["groups"], &[]),
        rule(&["impersonate"], &[""], &["groups"], &["system:masters"]),
    ];
    let does_not = [
        rule(&["get", "list"], &[rbac], &["*"], &[]),
        rule(&["bind"], &[""], &["clusterroles"], &[]),
        rule(&["impersonate"], &[""], &["users"], &["alice"]),
        rule(&["impersonate"], &[""], &["serviceaccounts"], &[]),
    ];
    for rule in leads {
        assert!(road_of(&rule).is_some(), "{rule:?}");
    }
    for rule in does_not {
        assert!(road_of(&rule).is_none(), "{rule:?}");
    }
    let objects = RbacObjects {
        cluster_roles: vec![role("binder", &[rule(&["bind"], &[rbac], &["*"], &[])])],
        cluster_role_bindings: vec![binding("binder", true, group("binders"))],
        ..RbacObjects::default()
    };
    let found = Rbac::from_objects(&objects);
    assert_eq!(
        (found.may_become_admins, found.admins),
        (groups(&["binders"]), Subjects::default())
    );
}

#[test]
fn parts_of_a_way_lead_to_everything_only_together() {
    let rbac = "rbac.authorization.k8s.io";
    let names: &[&str] = &[];
    let of_rbac =
        |verbs: &[&str], resource: &str, names: &[&str]| rule(verbs, &[rbac], &[resource], names);
    let of_core =
        |resource: &str, names: &[&str]| rule(&["impersonate"], &[""], &[resource], names);
    let writes = || of_rbac(&["create", "patch"], "clusterrolebindings", names);
    for (rules, is_whole) in [
        (vec![writes()], false),
        (vec![of_rbac(&["bind"], "clusterroles", names)], false),
        (
            vec![writes(), of_rbac(&["bind"], "clusterroles", names)],
            true,
        ),
        (vec![writes(), of_rbac(&["bind"], "roles", names)], false),
        (
            vec![writes(), of_rbac(&["bind"], "clusterroles", &["view"])],
            false,
        ),
        (
            vec![
                writes(),
                of_rbac(&["bind"], "clusterroles", &["view", "cluster-admin"]),
            ],
            true,
        ),
        (
            vec![
                of_rbac(&["create"], "clusterrolebindings", &["one"]),
                of_rbac(&["bind"], "clusterroles", names),
            ],
            false,
        ),
        (
            vec![
                of_rbac(&["create"], "rolebindings", names),
                of_rbac(&["bind"], "clusterroles", names),
            ],
            true,
        ),
        (
            vec![
                writes(),
                of_rbac(&["escalate", "create"], "clusterroles", names),
            ],
            false,
        ),
        (
            vec![of_rbac(&["escalate", "patch"], "clusterroles", names)],
            true,
        ),
        (
            vec![of_rbac(&["escalate", "patch"], "clusterroles", &["held"])],
            true,
        ),
        (
            vec![of_rbac(&["escalate", "patch"], "clusterroles", &["view"])],
            false,
        ),
        (vec![of_core("groups", names)], false),
        (vec![of_core("users", names)], true),
        (vec![of_core("users", &["ann"])], false),
        (vec![of_core("users", &["root"])], true),
        (
            vec![
                of_core("groups", &["system:masters"]),
                of_core("users", &["ann"]),
            ],
            true,
        ),
        (
            vec![of_core("groups", &["viewers"]), of_core("users", &["ann"])],
            false,
        ),
        (vec![of_core("serviceaccounts", &["boss"])], true),
        (vec![rule(&["*"], &["*"], &["*"], names)], true),
    ] {
        let root = binding("cluster-admin", true, Subject::User("root".to_owned()));
        let boss = Subject::service_account("ops", "boss").unwrap();
        let objects = RbacObjects {
            cluster_roles: vec![
                role("cluster-admin", &[rule(&["*"], &["*"], &["*"], &[])]),
                role("held", &rules),
            ],
            cluster_role_bindings: vec![
                root,
                binding("cluster-admin", true, boss),
                binding("held", true, group("g")),
            ],
            ..RbacObjects::default()
        };
        let found = Rbac::from_objects(&objects).can_become_admins.groups;
        assert_eq!(!found.is_empty(), is_whole, "{rules:?}");
    }
    // The parts of two bindings of one group count together.
    let objects = RbacObjects {
        cluster_roles: vec![
            role("cluster-admin", &[rule(&["*"], &["*"], &["*"], &[])]),
            role("writes", &[writes()]),
            role("binds", &[of_rbac(&["bind"], "clusterroles", names)]),
        ],
        cluster_role_bindings: vec![
            binding("writes", true, group("g")),
            binding("binds", true, group("g")),
            binding("binds", true, group("other")),
        ],
        ..RbacObjects::default()
    };
    assert_eq!(
        Rbac::from_objects(&objects).can_become_admins,
        groups(&["g"])
    );
}

#[test]
fn a_service_account_is_the_user_of_its_name() {
    let subject = |namespace: &str| BoundSubject::ServiceAccount {
        namespace: namespace.to_owned(),
        name: "boss".to_owned(),
    };
    let bound = |place: &str, subject: BoundSubject| BindingObject {
        namespace: place.to_owned(),
        subjects: vec![subject],
        ..BindingObject::default()
    };
    for (binding, wanted) in [
        (
            bound("", subject("ops")),
            Some("system:serviceaccount:ops:boss"),
        ),
        (
            bound("apps", subject("ops")),
            Some("system:serviceaccount:ops:boss"),
        ),
        (
            bound("apps", subject("")),
            Some("system:serviceaccount:apps:boss"),
        ),
        (bound("", subject("")), None),
    ] {
        let wanted: Vec<Subject> = wanted
            .map(|name| Subject::User(name.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(binding.flatten().unwrap().subjects, wanted);
    }
}

#[test]
fn whoever_has_a_whole_way_to_everything_may_become_an_administrator() {
    let account = "system:serviceaccount:tools:deployer";
    let impersonates = |resource: &str, names: &[&str]| {
        role(
            "steps",
            &[rule(&["impersonate"], &[""], &[resource], names)],
        )
    };
    for steps in [
        impersonates("serviceaccounts", &[]),
        impersonates("serviceaccounts", &["deployer"]),
        impersonates("users", &["root-user"]),
        impersonates("users", &[]),
    ] {
        let objects = RbacObjects {
            cluster_roles: vec![
                role("cluster-admin", &[rule(&["*"], &["*"], &["*"], &[])]),
                steps.clone(),
            ],
            cluster_role_bindings: vec![
                binding("cluster-admin", true, Subject::User(account.to_owned())),
                binding("cluster-admin", true, Subject::User("root-user".to_owned())),
                binding("steps", true, group("ops")),
            ],
            ..RbacObjects::default()
        };
        let rbac = Rbac::from_objects(&objects);
        assert!(rbac.can_become_admins.groups.contains("ops"), "{steps:?}");
        assert!(rbac.may_become_admins.groups.contains("ops"), "{steps:?}");
    }
}
