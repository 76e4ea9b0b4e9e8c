//! Pods that run already from another template than today's.

use super::*;

/// A pod of a StatefulSet, as an account.
fn old_pod(name: &str, owner: &str, account: &str, role: &str) -> Value {
    let mut old = pod(name, ("StatefulSet", owner), role);
    old["spec"]["serviceAccountName"] = json!(account);
    old
}

fn stateful_set(name: &str, account: &str, role: Option<&str>) -> Value {
    let mut set = deployment(name, account, role);
    set["kind"] = json!("StatefulSet");
    set
}

fn workloads_of(scan: &Scan) -> Vec<(&str, Vec<&str>)> {
    let accounts = scan.accounts.iter();
    accounts
        .map(|one| {
            let workloads = one.workloads.iter().map(String::as_str).collect();
            (one.role_arn.trim_start_matches(BASE), workloads)
        })
        .collect()
}

#[test]
fn pods_of_an_account_that_two_roles_shared_go_where_their_controllers_go() {
    let scan = scan(&[
        permitting_all(),
        account("app", None),
        account("web-sa", None),
        account("worker-sa", None),
        stateful_set("web", "web-sa", Some("r4")),
        stateful_set("worker", "worker-sa", Some("r5")),
        old_pod("web-old", "web", "app", "r4"),
        old_pod("worker-old", "worker", "app", "r5"),
    ]);
    assert_eq!(proposed(&scan), [("web-sa", "r4"), ("worker-sa", "r5")]);
    assert_eq!(
        workloads_of(&scan),
        [
            (
                "r4",
                vec![
                    "StatefulSet apps/web",
                    "StatefulSet apps/web (pods that run already)"
                ]
            ),
            (
                "r5",
                vec![
                    "StatefulSet apps/worker",
                    "StatefulSet apps/worker (pods that run already)"
                ]
            ),
        ]
    );
    for proposal in &scan.accounts {
        let waiting = crate::legacy_pod_role::migration::waiting(&scan, proposal);
        let recreated = "(pods that run already) must be recreated";
        assert!(
            waiting.iter().any(|why| why.ends_with(recreated)),
            "{waiting:?}"
        );
    }
}

#[test]
fn no_two_roles_share_an_account_that_only_running_pods_have() {
    let scan = scan(&[
        permitting_all(),
        account("app", None),
        stateful_set("web", "web-sa", None),
        stateful_set("worker", "worker-sa", Some("other")),
        old_pod("web-old", "web", "app", "r4"),
        old_pod("worker-old", "worker", "app", "r5"),
    ]);
    assert_eq!(
        proposed(&scan),
        [("app-r4", "r4"), ("app-r5", "r5"), ("worker-sa", "other")]
    );
}

#[test]
fn an_account_that_was_made_as_proposed_keeps_its_name() {
    let objects = |made: bool| {
        let mut all = vec![
            permitting_all(),
            deployment("web", "app", Some("r4")),
            deployment("worker", "app", Some("___")),
        ];
        all.extend(made.then(|| account("app-r4", None)));
        all
    };
    let expected = [("app-r4", "r4"), ("app-role", "___")];
    assert_eq!(proposed(&scan(&objects(false))), expected);
    assert_eq!(proposed(&scan(&objects(true))), expected);
}

#[test]
fn running_pods_of_another_role_do_not_move_what_is_made_today() {
    let scan = scan(&[
        permitting_all(),
        account("app", None),
        stateful_set("web", "app", Some("r4")),
        old_pod("web-old", "web", "app", "r5"),
    ]);
    assert_eq!(proposed(&scan), [("app", "r4"), ("app-r5", "r5")]);
}
