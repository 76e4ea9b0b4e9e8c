use serde_json::{Value, json};

use super::super::inventory::{Inventory, NamespacedName};
use super::super::kube2iam::{Kube2iam, NamespaceRestriction};
use super::super::objects::{KubernetesObject, ObjectKind};
use super::super::system::system_of;
use super::*;

mod goal;
mod running_pods;
mod settings;

const BASE: &str = "arn:aws:iam::111122223333:role/";

fn inventory(objects: &[Value]) -> Inventory {
    let mut inventory = Inventory::default();
    for object in objects {
        let kind = object["kind"].as_str().and_then(ObjectKind::from_name);
        let read = KubernetesObject::from_json(&object.to_string());
        inventory.add(kind.unwrap(), &read.unwrap(), None);
    }
    inventory
}

fn kube2iam() -> LegacySystem {
    LegacySystem::Kube2iam(Kube2iam {
        base_arn: BASE.to_owned(),
        default_role: String::new(),
        restriction: NamespaceRestriction::Glob,
    })
}

fn scan(objects: &[Value]) -> Scan {
    scan_with(&kube2iam(), objects)
}

fn scan_with(system: &LegacySystem, objects: &[Value]) -> Scan {
    Scan::of(&ScanRequest {
        inventory: &inventory(objects),
        system,
        set_up: SetUp::Known,
        account: None,
    })
}

fn namespace(name: &str, annotation: (&str, &str)) -> Value {
    json!({"kind": "Namespace", "metadata": {"name": name, "annotations": {annotation.0: annotation.1}}})
}

fn permitting_all() -> Value {
    namespace("apps", ("iam.amazonaws.com/allowed-roles", r#"["*"]"#))
}

/// A Deployment of `apps` that runs as an account.
fn deployment(name: &str, account: &str, role: Option<&str>) -> Value {
    let annotations = role.map(|role| json!({"iam.amazonaws.com/role": role}));
    json!({"kind": "Deployment", "metadata": {"name": name, "namespace": "apps"}, "spec": {"template": {
        "metadata": {"annotations": annotations}, "spec": {"serviceAccountName": account}}}})
}

fn with_external_id(mut deployment: Value, id: &str) -> Value {
    deployment["spec"]["template"]["metadata"]["annotations"]["iam.amazonaws.com/external-id"] =
        json!(id);
    deployment
}

fn pod(name: &str, owner: (&str, &str), role: &str) -> Value {
    json!({"kind": "Pod", "metadata": {"name": name, "namespace": "apps", "annotations": {"iam.amazonaws.com/role": role},
        "ownerReferences": [{"kind": owner.0, "name": owner.1, "controller": true}]}, "spec": {"serviceAccountName": "web"}})
}

/// A container as the webhook of EKS leaves it.
fn container(role: &str) -> Value {
    json!({"env": [{"name": "AWS_ROLE_ARN", "value": format!("{BASE}{role}")}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}]})
}

fn account(name: &str, role: Option<&str>) -> Value {
    let annotations = role.map(|role| json!({WEB_IDENTITY_ANNOTATION: format!("{BASE}{role}")}));
    json!({"kind": "ServiceAccount", "metadata": {"name": name, "namespace": "apps", "annotations": annotations}})
}

/// The accounts that are to have a role, and those that they have.
fn proposed(scan: &Scan) -> Vec<(&str, &str)> {
    let accounts = scan.accounts.iter();
    accounts
        .map(|one| (&*one.account.name, one.role_arn.trim_start_matches(BASE)))
        .collect()
}

fn ids(scan: &Scan) -> Vec<(&str, &str)> {
    let pairs = scan.findings.iter();
    pairs
        .map(|finding| (finding.id, finding.object.as_str()))
        .collect()
}

fn targets(scan: &Scan) -> Vec<(&str, &str)> {
    let workloads = scan.with_roles();
    workloads
        .map(|one| (one.workload.name.as_str(), one.target_account.as_str()))
        .collect()
}

#[test]
fn a_workload_with_an_account_of_its_own_keeps_it() {
    let scan = scan(&[permitting_all(), deployment("web", "web", Some("reader"))]);
    assert_eq!(ids(&scan), []);
    let [web] = scan.workloads.as_slice() else {
        panic!("{scan:?}")
    };
    assert_eq!(web.role_arn, Some(format!("{BASE}reader")));
    assert_eq!(web.is_permitted, Some(true));
    assert_eq!(targets(&scan), [("web", "web")]);
    let [account] = scan.accounts.as_slice() else {
        panic!("{scan:?}")
    };
    assert_eq!((account.instead_of.clone(), account.exists), (None, false));
    assert_eq!(account.workloads, ["Deployment apps/web"]);
}

#[test]
fn workloads_of_one_account_that_want_different_roles_get_accounts_of_their_own() {
    let objects = [
        permitting_all(),
        deployment("web", "app", Some("reader")),
        deployment("worker", "app", Some("Team/Writer_1")),
        deployment("idle", "lone", None),
        deployment("busy", "lone", Some("reader")),
        deployment("any", "default", Some("reader")),
    ];
    let scan = scan(&objects);
    assert_eq!(
        targets(&scan),
        [
            ("any", "reader"),
            ("busy", "lone-reader"),
            ("web", "app-reader"),
            ("worker", "app-writer-1")
        ]
    );
    assert_eq!(
        ids(&scan),
        [
            (
                "privilege.default_service_account",
                "service account apps/default"
            ),
            (
                "privilege.service_account_shared",
                "service account apps/lone"
            ),
            ("role.service_account_shared", "service account apps/app"),
        ]
    );
    let shared = &scan.findings[2].text;
    assert!(
        shared.contains(
            "Deployment apps/web as `app-reader`, Deployment apps/worker as `app-writer-1`"
        ),
        "{shared}"
    );
}

#[test]
fn a_split_that_has_begun_goes_on_as_it_was_proposed() {
    let account = |name: &str, role: &str| {
        json!({"kind": "ServiceAccount", "metadata": {"name": name, "namespace": "apps",
            "annotations": {WEB_IDENTITY_ANNOTATION: format!("{BASE}{role}")}}})
    };
    let moved = scan(&[
        permitting_all(),
        account("app-reader", "reader"),
        account("app-writer", "writer"),
        deployment("web", "app-reader", Some("reader")),
        deployment("worker", "app", Some("writer")),
    ]);
    assert_eq!(
        targets(&moved),
        [("web", "app-reader"), ("worker", "app-writer")]
    );
    // A name that somebody else has is not taken.
    let taken = scan(&[
        permitting_all(),
        account("app-reader", "other"),
        deployment("web", "app", Some("reader")),
        deployment("worker", "app", Some("writer")),
    ]);
    assert_eq!(
        targets(&taken),
        [("web", "app-reader-2"), ("worker", "app-writer")]
    );
}

#[test]
fn pods_are_counted_with_what_makes_them_and_older_ones_stand_alone() {
    let mut injected = pod("web-1-a", ("ReplicaSet", "web-1"), "reader");
    injected["spec"]["containers"] = json!([container("reader")]);
    let scan = scan(&[
        permitting_all(),
        deployment("web", "web", Some("reader")),
        json!({"kind": "ReplicaSet", "metadata": {"name": "web-1", "namespace": "apps",
            "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]}}),
        injected,
        pod("web-1-b", ("ReplicaSet", "web-1"), "reader"),
        pod("web-0-a", ("ReplicaSet", "web-1"), "older"),
        pod("step-1", ("Workflow", "build"), "reader"),
        pod("step-2", ("Workflow", "build"), "reader"),
    ]);
    let told: Vec<_> = scan
        .workloads
        .iter()
        .map(|one| {
            (
                one.describe(),
                one.workload.pods,
                one.pods_with_web_identity(),
            )
        })
        .collect();
    let told: Vec<_> = told
        .iter()
        .map(|(name, pods, injected)| (name.as_str(), *pods, *injected))
        .collect();
    assert_eq!(
        told,
        [
            ("Deployment apps/web", 2, 1),
            ("Deployment apps/web (pods that run already)", 1, 0),
            ("Workflow apps/build", 2, 0),
        ]
    );
}

#[test]
fn whoever_gets_nothing_today_is_told_so() {
    let objects = [
        namespace("apps", ("iam.amazonaws.com/allowed-roles", r#"["reader"]"#)),
        deployment("web", "web", Some("writer")),
        deployment("empty", "empty", Some("")),
        deployment("bare", "bare", Some("/reader")),
    ];
    assert_eq!(
        ids(&scan(&objects)),
        [
            ("lockout.role_not_permitted", "Deployment apps/web"),
            ("lockout.role_unresolved", "Deployment apps/bare"),
            ("lockout.role_unresolved", "Deployment apps/empty"),
        ]
    );
    let kiam = LegacySystem::Kiam(super::super::system::Kiam {
        prefix: BASE.to_owned(),
        mode: super::super::kiam::ExpressionMode::Strict,
    });
    let scan = scan_with(&kiam, &objects);
    let refused = scan
        .findings
        .iter()
        .filter(|finding| finding.id == "lockout.role_not_permitted");
    assert_eq!(refused.count(), 2, "{:?}", scan.findings);
}

#[test]
fn an_external_id_is_ignored_and_kube2iam_hands_on_what_it_remembers() {
    let objects = [
        permitting_all(),
        with_external_id(deployment("known", "known", Some("partner")), "7"),
        deployment("stranger", "stranger", Some("partner")),
    ];
    assert_eq!(
        ids(&scan(&objects)),
        [
            ("privilege.external_id_cached", "Deployment apps/stranger"),
            ("role.external_id_ignored", "Deployment apps/known"),
        ]
    );
}

#[test]
fn other_accounts_the_nodes_network_and_the_default_role_are_told() {
    let foreign = "arn:aws:iam::999988887777:role/partner";
    let mut on_host = deployment("host", "host", Some(foreign));
    on_host["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
    let LegacySystem::Kube2iam(system) = kube2iam() else {
        panic!()
    };
    let system = LegacySystem::Kube2iam(Kube2iam {
        default_role: "fallback".to_owned(),
        restriction: NamespaceRestriction::Off,
        ..system
    });
    let scan = scan_with(&system, &[on_host, deployment("plain", "plain", None)]);
    assert_eq!(
        ids(&scan),
        [
            ("privilege.namespace_restriction_off", "the cluster"),
            ("privilege.default_role", "the cluster"),
            ("role.cross_account", "Deployment apps/host"),
            ("role.host_network", "Deployment apps/host"),
        ]
    );
    let plain = &scan.workloads[1];
    assert_eq!(plain.role_arn, Some(format!("{BASE}fallback")));
}

#[test]
fn the_rules_of_namespaces_are_judged_once_each() {
    let kiam = LegacySystem::Kiam(super::super::system::Kiam {
        prefix: BASE.to_owned(),
        mode: super::super::kiam::ExpressionMode::Search,
    });
    let rule = ("iam.amazonaws.com/permitted", ".*");
    let scan = scan_with(&kiam, &[namespace("a", rule), namespace("b", rule)]);
    assert_eq!(
        ids(&scan),
        [
            ("privilege.regex_any_account", "namespace a"),
            ("privilege.regex_any_account", "namespace b"),
            ("privilege.regexp_unanchored", "namespace a"),
            ("privilege.regexp_unanchored", "namespace b"),
        ]
    );
}

#[test]
fn the_system_is_the_one_that_runs_else_the_one_that_is_annotated_for() {
    let daemon = |image: &str, args: &[&str]| {
        json!({"kind": "DaemonSet", "metadata": {"name": "a", "namespace": "kube-system"},
            "spec": {"template": {"spec": {"containers": [{"image": image, "args": args}]}}}})
    };
    let found = |objects: &[Value]| system_of(&inventory(objects), None);
    let running = daemon(
        "docker.io/jtblin/kube2iam:0.11.1",
        &[
            "--base-role-arn=arn:aws:iam::111122223333:role",
            "--default-role",
            "none",
            "--namespace-restrictions=true",
            "--namespace-restriction-format=regexp",
        ],
    );
    assert_eq!(
        found(&[running]),
        Some((
            LegacySystem::Kube2iam(Kube2iam {
                base_arn: BASE.to_owned(),
                default_role: "none".to_owned(),
                restriction: NamespaceRestriction::Regexp,
            }),
            SetUp::Known
        ))
    );
    let kiam = daemon(
        "quay.io/uswitch/kiam:v4.2",
        &["server", "--disable-strict-namespace-regexp"],
    );
    let Some((LegacySystem::Kiam(kiam), SetUp::Known)) = found(&[kiam]) else {
        panic!()
    };
    assert_eq!(kiam.mode, super::super::kiam::ExpressionMode::Search);
    assert_eq!(
        found(&[daemon("quay.io/uswitch/kiam:v4.2", &["agent"])]),
        None
    );
    assert_eq!(found(&[daemon("example/not-kube2iam", &[])]), None);
    let permitted = namespace("apps", ("iam.amazonaws.com/permitted", "x"));
    let annotated = found(&[permitted]).unwrap();
    assert_eq!(
        (annotated.0.name().word(), annotated.1),
        ("kiam", SetUp::Inferred)
    );
}

#[test]
fn what_is_only_inferred_is_not_held_against_anybody() {
    let objects = [deployment("web", "web", Some("reader"))];
    let inventory = inventory(&objects);
    let (system, set_up) = system_of(&inventory, None).unwrap();
    let scan = Scan::of(&ScanRequest {
        inventory: &inventory,
        system: &system,
        set_up,
        account: None,
    });
    assert_eq!(ids(&scan), []);
    assert_eq!(scan.workloads[0].role.as_deref(), Some("reader"));
    assert_eq!(scan.workloads[0].role_arn, None);
}

#[test]
fn the_accounts_of_a_cron_job_and_of_an_older_spelling_are_read() {
    let cron = json!({"kind": "CronJob", "metadata": {"name": "nightly", "namespace": "apps"}, "spec": {"jobTemplate": {"spec": {"template": {
        "metadata": {"annotations": {"iam.amazonaws.com/role": "reader"}}, "spec": {"serviceAccount": "night"}}}}}});
    let scan = scan(&[permitting_all(), cron]);
    let account = NamespacedName {
        namespace: "apps".to_owned(),
        name: "night".to_owned(),
    };
    assert_eq!(scan.accounts[0].account, account);
}
