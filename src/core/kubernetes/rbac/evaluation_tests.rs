//! The rules of the RBAC authorizer, one question each.

use super::*;

fn texts(words: &str) -> Vec<String> {
    words
        .split(',')
        .map(|word| word.replace("core", ""))
        .collect()
}

/// `get,list core pods` and, behind it, names.
fn rule(text: &str) -> PolicyRule {
    let words: Vec<&str> = text.split(' ').collect();
    PolicyRule {
        verbs: texts(words[0]),
        api_groups: texts(words[1]),
        resources: texts(words[2]),
        resource_names: words.get(3).map(|names| texts(names)).unwrap_or_default(),
    }
}

fn role(namespace: &str, name: &str, rules: &[&str]) -> RoleObject {
    RoleObject {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        rules: rules.iter().map(|text| rule(text)).collect(),
        ..RoleObject::default()
    }
}

fn group(name: &str) -> BoundSubject {
    BoundSubject::Group(name.to_owned())
}

fn binding(namespace: &str, name: &str, role: &str, subjects: &[BoundSubject]) -> BindingObject {
    let (kind, role) = role.split_once('/').unwrap();
    BindingObject {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        role: RoleRef {
            is_cluster_role: kind == "ClusterRole",
            name: role.to_owned(),
        },
        subjects: subjects.to_vec(),
    }
}

fn cluster() -> ClusterRbac {
    let urls = RoleObject {
        name: "urls".to_owned(),
        url_rules: vec![UrlRule {
            verbs: texts("get"),
            paths: texts("/healthz,/version/*"),
        }],
        ..RoleObject::default()
    };
    ClusterRbac {
        cluster_roles: Ok(vec![
            role(
                "",
                "reader",
                &["get,list core pods,pods/log", "get apps deployments"],
            ),
            role("", "scaler", &["* * */scale"]),
            role("", "one", &["get,patch core configmaps aws-auth"]),
            urls,
        ]),
        cluster_role_bindings: Ok(vec![
            binding("", "readers", "ClusterRole/reader", &[group("readers")]),
            binding("", "scalers", "ClusterRole/scaler", &[group("scalers")]),
            binding("", "urls", "ClusterRole/urls", &[group("readers")]),
            binding("", "gone", "ClusterRole/gone", &[group("lost")]),
            binding(
                "",
                "robot",
                "ClusterRole/reader",
                &[BoundSubject::ServiceAccount {
                    namespace: "ci".to_owned(),
                    name: "robot".to_owned(),
                }],
            ),
        ]),
        roles: Ok(vec![role("prod", "deployer", &["* apps deployments"])]),
        role_bindings: Ok(vec![
            binding("prod", "deployers", "Role/deployer", &[group("devs")]),
            binding("prod", "urls", "ClusterRole/urls", &[group("devs")]),
            binding("dev", "deployers", "Role/deployer", &[group("devs")]),
            binding(
                "kube-system",
                "menders",
                "ClusterRole/one",
                &[BoundSubject::User("ann".to_owned())],
            ),
            binding(
                "prod",
                "persons",
                "ClusterRole/reader",
                &[BoundSubject::User("dev:alice".to_owned())],
            ),
        ]),
        namespace: String::new(),
    }
}

fn user(name: &str, groups: &str) -> RbacUser {
    let named = |text: &str| match text.contains("{{") {
        true => BoundName::Template(text.to_owned()),
        false => BoundName::Known(text.to_owned()),
    };
    let groups = groups.split(',').filter(|group| !group.is_empty());
    RbacUser {
        name: named(name),
        groups: groups.map(named).collect(),
    }
}

/// `get pods/log prod` and, behind it, a name; `-` is no namespace.
fn question(text: &str) -> Question {
    let words: Vec<&str> = text.split(' ').collect();
    let word = |index: usize| match words.get(index).copied().unwrap_or_default() {
        "-" => "",
        word => word,
    };
    Question::parse(WrittenQuestion {
        verb: word(0),
        resource: word(1),
        namespace: word(2),
        name: word(3),
    })
    .unwrap()
}

fn by(name: &str, groups: &str, asked: &str) -> Vec<String> {
    let rbac = cluster();
    Evaluator::new(&rbac)
        .grants(&user(name, groups), &question(asked))
        .into_iter()
        .map(|grant| format!("{} {:?}", grant.binding, grant.certainty))
        .collect()
}

fn near(name: &str, groups: &str, asked: &str) -> Vec<String> {
    let rbac = cluster();
    let found = Evaluator::new(&rbac).nearest(&user(name, groups), &question(asked));
    found
        .into_iter()
        .map(|near| format!("{}: {near}", near.lacks.id()))
        .collect()
}

#[test]
fn each_rule_of_the_authorizer_holds() {
    let none: [&str; 0] = [];
    for (name, groups, asked, expected) in [
        (
            "a",
            "readers",
            "get pods",
            &["ClusterRoleBinding `readers` Surely"][..],
        ),
        (
            "a",
            "readers",
            "get pods prod x",
            &["ClusterRoleBinding `readers` Surely"],
        ),
        (
            "a",
            "readers",
            "get pods/log prod",
            &["ClusterRoleBinding `readers` Surely"],
        ),
        ("a", "readers", "get pods/exec prod", &none),
        ("a", "readers", "get pods.apps prod", &none),
        ("a", "readers", "get deployments prod", &none),
        ("a", "readers", "* pods prod", &none),
        // A user of a group's name is not in it, and letters differ by case.
        ("readers", "", "get pods", &none),
        ("a", "Readers", "get pods", &none),
        (
            "a",
            "scalers",
            "patch deployments.apps/scale prod",
            &["ClusterRoleBinding `scalers` Surely"],
        ),
        ("a", "scalers", "patch deployments.apps prod", &none),
        (
            "a",
            "devs",
            "delete deployments.apps prod",
            &["RoleBinding `prod/deployers` Surely"],
        ),
        ("a", "devs", "delete deployments.apps", &none),
        // The Role of that name is in another namespace.
        ("a", "devs", "delete deployments.apps dev", &none),
        (
            "ann",
            "",
            "patch configmaps kube-system aws-auth",
            &["RoleBinding `kube-system/menders` Surely"],
        ),
        ("ann", "", "patch configmaps kube-system", &none),
        ("ann", "", "patch configmaps kube-system coredns", &none),
        (
            "a",
            "readers",
            "get /healthz",
            &["ClusterRoleBinding `urls` Surely"],
        ),
        (
            "a",
            "readers",
            "get /version/v1",
            &["ClusterRoleBinding `urls` Surely"],
        ),
        ("a", "readers", "get /version", &none),
        ("a", "readers", "post /healthz", &none),
        // A path is in no namespace.
        ("a", "devs", "get /healthz", &none),
        ("a", "lost", "get pods", &none),
        (
            "system:serviceaccount:ci:robot",
            "",
            "get pods",
            &["ClusterRoleBinding `robot` Surely"],
        ),
        (
            "dev:{{SessionName}}",
            "",
            "get pods prod",
            &["RoleBinding `prod/persons` Perhaps"],
        ),
        ("ops:{{SessionName}}", "", "get pods prod", &none),
        (
            "a",
            "read{{SessionName}}",
            "get pods",
            &["ClusterRoleBinding `readers` Perhaps"],
        ),
    ] {
        assert_eq!(
            by(name, groups, asked),
            expected,
            "{name} {groups}: {asked}"
        );
    }
}

#[test]
fn what_comes_nearest_is_told_with_what_it_lacks() {
    for (name, groups, asked, expected) in [
        (
            "a",
            "readers",
            "delete pods prod",
            "other_verb: ClusterRoleBinding `readers` of group `readers` with ClusterRole `reader` allows get, list on pods, and not delete",
        ),
        (
            "a",
            "devs",
            "delete deployments.apps staging",
            "other_namespace: RoleBinding `prod/deployers` of group `devs` with Role `deployer` allows it in namespace `prod`",
        ),
        (
            "a",
            "readers",
            "get pods/exec prod",
            "other_subresource: ClusterRoleBinding `readers` of group `readers` with ClusterRole `reader` allows it on pods, and pods/exec needs a rule of its own",
        ),
        (
            "a",
            "readers",
            "get deployments prod",
            "usual_spelling: `deployments` are in API group `apps`: `deployments.apps`",
        ),
        (
            "ann",
            "",
            "patch configmaps kube-system coredns",
            "other_name: RoleBinding `kube-system/menders` of user `ann` with ClusterRole `one` allows it on objects of the names `aws-auth` alone",
        ),
        (
            "a",
            "lost",
            "get pods",
            "role_missing: ClusterRoleBinding `gone` of group `lost` gives ClusterRole `gone`, which does not exist",
        ),
        (
            "readers",
            "",
            "get pods",
            "other_kind_of_subject: ClusterRoleBinding `readers` with ClusterRole `reader` allows it to group `readers`, and this is the user `readers`",
        ),
        (
            "a",
            "Readers",
            "get pods",
            "similar_subject: ClusterRoleBinding `readers` with ClusterRole `reader` allows it to group `readers`, and this is the group `Readers`",
        ),
    ] {
        let found = near(name, groups, asked);
        assert_eq!(
            found.first().map(String::as_str),
            Some(expected),
            "{found:#?}"
        );
    }
    assert_eq!(
        near("a", "readers", "get deployments prod")[1],
        "other_api_group: ClusterRoleBinding `readers` of group `readers` with ClusterRole `reader` allows it on deployments.apps, and deployments \
         is in another API group"
    );
    assert!(near("a", "nobody", "delete pods prod").is_empty());
}

#[test]
fn what_was_not_read_and_could_decide_is_named() {
    let unread = |rbac: &ClusterRbac, groups: &str, asked: &str| {
        Evaluator::new(rbac).unread(&user("a", groups), &question(asked))
    };
    let no = |what: &str| Err(format!("{what} could not be read"));
    let mut rbac = cluster();
    rbac.role_bindings = no("rolebindings");
    assert_eq!(
        unread(&rbac, "devs", "get pods prod"),
        ["rolebindings could not be read"]
    );
    // A question about the whole cluster is decided without them.
    assert!(unread(&rbac, "devs", "get pods").is_empty());
    assert!(unread(&rbac, "system:masters", "get pods prod").is_empty());
    let mut rbac = cluster();
    rbac.roles = Err("roles could not be read".to_owned());
    assert_eq!(
        unread(&rbac, "devs", "get pods prod"),
        ["roles could not be read"]
    );
    assert!(unread(&rbac, "readers", "get pods prod").is_empty());
    let mut rbac = cluster();
    rbac.cluster_roles = Err("clusterroles could not be read".to_owned());
    assert_eq!(
        unread(&rbac, "readers", "get pods"),
        ["clusterroles could not be read"]
    );
    assert!(
        near_in(&rbac, "lost").is_empty(),
        "a role that was not read is not missing"
    );
}

fn near_in(rbac: &ClusterRbac, groups: &str) -> Vec<NearRule> {
    Evaluator::new(rbac).nearest(&user("a", groups), &question("get pods"))
}

#[test]
fn a_question_is_read_as_it_is_written() {
    let parsed = |resource| {
        Question::parse(WrittenQuestion {
            verb: "get",
            resource,
            ..WrittenQuestion::default()
        })
    };
    for (written, shown) in [
        ("pods", "get pods in the whole cluster"),
        ("pods/log", "get pods/log in the whole cluster"),
        (
            "deployments.apps/scale",
            "get deployments.apps/scale in the whole cluster",
        ),
        (
            "roles.rbac.authorization.k8s.io",
            "get roles.rbac.authorization.k8s.io in the whole cluster",
        ),
        ("*", "get *.* in the whole cluster"),
        ("*.apps", "get *.apps in the whole cluster"),
        ("/healthz/etcd", "get /healthz/etcd"),
    ] {
        assert_eq!(parsed(written).unwrap().to_string(), shown);
    }
    for written in ["", ".apps", "pods/", "pods/a/b", "a b"] {
        assert!(parsed(written).is_err(), "{written}");
    }
    let path = WrittenQuestion {
        verb: "get",
        resource: "/healthz",
        namespace: "a",
        name: "",
    };
    assert!(Question::parse(path).is_err());
}

#[test]
fn the_guards_view_is_the_same_objects() {
    let rbac = cluster();
    let objects = rbac.deciding_objects();
    let counts = [
        objects.cluster_roles.len(),
        objects.cluster_role_bindings.len(),
        objects.roles.len(),
        objects.role_bindings.len(),
    ];
    assert_eq!(counts, [4, 5, 0, 1]);
    let writers = Rbac::from_objects(&objects).aws_auth_writers;
    assert_eq!(writers.users.into_iter().collect::<Vec<_>>(), ["ann"]);
}
