//! Which pods have moved, and which account is the goal of the others.

use super::*;

#[test]
fn a_pod_has_moved_when_each_of_its_containers_has_the_role_and_a_token() {
    let moved = |spec: Value| {
        let mut pod = pod("a", ("StatefulSet", "db"), "reader");
        pod["spec"] = spec;
        scan(&[permitting_all(), pod]).workloads[0].pods_with_web_identity()
    };
    let good = || container("reader");
    assert_eq!(
        moved(json!({"containers": [good()], "initContainers": [good()]})),
        1
    );
    let without_token =
        json!({"env": [{"name": "AWS_ROLE_ARN", "value": format!("{BASE}reader")}]});
    for spec in [
        json!({}),
        json!({"containers": [{}]}),
        json!({"containers": [without_token]}),
        json!({"containers": [good(), {"name": "skipped"}]}),
        json!({"containers": [good(), container("writer")]}),
        json!({"containers": [good()], "initContainers": [{}]}),
    ] {
        assert_eq!(moved(spec.clone()), 0, "{spec}");
    }
}

#[test]
fn an_account_that_gives_the_role_is_the_goal_before_and_after_it_does() {
    let both = |annotated: Option<&str>| {
        scan(&[
            permitting_all(),
            account("tagged", annotated),
            deployment("one", "tagged", Some("team/tagged")),
            deployment("two", "default", Some("team/tagged")),
        ])
    };
    let (before, after) = (both(None), both(Some("team/tagged")));
    assert_eq!(proposed(&before), [("tagged", "team/tagged")]);
    assert_eq!(proposed(&after), proposed(&before));
    // A pod that has moved and lost its old annotation turns nothing over.
    let moved = scan(&[
        permitting_all(),
        account("web", Some("reader")),
        deployment("web", "web", Some("reader")),
        deployment("moved", "web", None),
    ]);
    assert_eq!(proposed(&moved), [("web", "reader")]);
    assert_eq!(ids(&moved), []);
}

#[test]
fn nothing_is_given_to_pods_that_have_nothing_today() {
    let forbidding = namespace("apps", ("iam.amazonaws.com/allowed-roles", r#"["other"]"#));
    let forbidden = scan(&[forbidding, deployment("web", "web", Some("reader"))]);
    assert_eq!(proposed(&forbidden), []);
    assert_eq!(
        forbidden.workloads[0].withheld,
        Some(Withheld::NotPermitted)
    );

    let LegacySystem::Kube2iam(kube2iam) = kube2iam() else {
        panic!()
    };
    let with_default = LegacySystem::Kube2iam(Kube2iam {
        default_role: "reader".to_owned(),
        ..kube2iam
    });
    let mut host = deployment("host", "app", None);
    host["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
    let mut itself = deployment("itself", "itself", None);
    itself["spec"]["template"]["spec"]["containers"] = json!([{"image": "jtblin/kube2iam:0.11"}]);
    let scan = scan_with(
        &with_default,
        &[
            permitting_all(),
            host,
            itself,
            deployment("web", "app", None),
        ],
    );
    // The pods with the node's network run as `app` as well, and would get the role with it.
    assert_eq!(proposed(&scan), [("app-reader", "reader")]);
}

#[test]
fn a_list_of_accounts_of_their_own_is_only_said_where_there_is_one() {
    let scan = scan(&[
        permitting_all(),
        deployment("web", "app", Some("reader")),
        deployment("worker", "app", Some("writer")),
    ]);
    let text = &scan.findings[0].text;
    assert!(
        text.starts_with("web identity gives a role to an account, and pods using this account want 2 different roles. Give those with a role accounts of their own: Deployment"),
        "{text}"
    );
    assert!(
        scan.findings
            .iter()
            .all(|finding| !finding.text.ends_with(": "))
    );
}
