//! What the flags and the version of a running system say, and what they leave in doubt.

use super::super::super::system::SystemName;
use super::*;

fn daemon(name: &str, image: &str, args: &[&str]) -> Value {
    json!({"kind": "DaemonSet", "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"template": {"spec": {"containers": [{"image": image, "args": args}]}}}})
}

fn kube2iam_with(args: &[&str]) -> Value {
    let mut all = vec!["--base-role-arn=arn:aws:iam::111122223333:role/"];
    all.extend(args);
    daemon("kube2iam", "jtblin/kube2iam:0.11.1", &all)
}

fn kiam_of(image: &str) -> Value {
    daemon(
        "kiam",
        image,
        &["server", &format!("--role-base-arn={BASE}")],
    )
}

/// What a scan comes to with the flags that the objects have.
fn as_it_runs(objects: &[Value]) -> (Scan, Vec<String>) {
    let first = inventory(objects);
    let mut read = Inventory::with_keys(first.keys_of_system(None));
    for object in objects {
        let kind = object["kind"].as_str().and_then(ObjectKind::from_name);
        let object = KubernetesObject::from_json(&object.to_string());
        read.add(kind.unwrap(), &object.unwrap(), None);
    }
    let (system, set_up) = system_of(&read, None).unwrap();
    let scan = Scan::of(&ScanRequest {
        inventory: &read,
        system: &system,
        set_up,
        account: None,
    });
    (scan, read.doubts(None))
}

fn web(scan: &Scan) -> &ScannedWorkload {
    let found = scan.workloads.iter();
    let mut found = found.filter(|one| one.workload.name == "web");
    found.next().unwrap()
}

fn running(role: &str) -> Value {
    let mut pod = pod("web-1", ("Deployment", "web"), role);
    pod["spec"]["serviceAccountName"] = json!("web");
    pod
}

#[test]
fn kube2iam_reads_the_annotations_that_its_flags_name() {
    let mut asks = deployment("web", "web", None);
    asks["spec"]["template"]["metadata"]["annotations"] =
        json!({"example.com/role": "writer", "example.com/id": "7"});
    let (scan, doubts) = as_it_runs(&[
        kube2iam_with(&[
            "--namespace-restrictions",
            "--namespace-key=example.com/allowed",
            "--iam-role-key",
            "example.com/role",
            "--iam-external-id=example.com/id",
        ]),
        namespace("apps", ("example.com/allowed", r#"["writer"]"#)),
        asks,
    ]);
    assert_eq!(doubts, [] as [&str; 0]);
    let web = web(&scan);
    assert_eq!(web.role_arn, Some(format!("{BASE}writer")));
    assert_eq!(web.is_permitted, Some(true));
    assert_eq!(web.workload.template.external_id.as_deref(), Some("7"));
}

#[test]
fn an_annotation_that_the_flags_do_not_name_counts_for_nothing() {
    let (scan, _) = as_it_runs(&[
        kube2iam_with(&["--iam-role-key=example.com/role"]),
        deployment("web", "web", Some("writer")),
    ]);
    assert_eq!(web(&scan).role, None);
}

#[test]
fn kiam_before_version_4_searches_in_what_the_pod_asks_for() {
    let permitted = namespace("apps", ("iam.amazonaws.com/permitted", "r3"));
    let objects = |image: &str| {
        [
            kiam_of(image),
            permitted.clone(),
            deployment("web", "web", Some("r3")),
        ]
    };
    for image in ["quay.io/uswitch/kiam:v3.2", "kiam:3", "kiam:v2.8@sha256:0"] {
        let (scan, _) = as_it_runs(&objects(image));
        assert_eq!(web(&scan).is_permitted, Some(true), "{image}");
        assert_eq!(proposed(&scan), [("web", "r3")], "{image}");
        assert!(ids(&scan).contains(&("privilege.regexp_unanchored", "namespace apps")));
    }
    let (scan, _) = as_it_runs(&objects("quay.io/uswitch/kiam:v4.0"));
    assert_eq!(web(&scan).withheld, Some(Withheld::NotPermitted));
    for image in ["kiam", "kiam:master", "kiam:20200101", "kiam@sha256:0"] {
        let (scan, _) = as_it_runs(&objects(image));
        let web = web(&scan);
        assert_eq!(web.withheld, Some(Withheld::PerhapsNotPermitted), "{image}");
        assert!(web.may_have_role(), "{image}");
        assert!(
            ids(&scan).contains(&("role.system_settings_unclear", "the cluster")),
            "{:?}",
            ids(&scan)
        );
    }
}

#[test]
fn what_an_older_kiam_does_not_permit_keeps_its_old_trust() {
    let (scan, _) = as_it_runs(&[
        kiam_of("quay.io/uswitch/kiam:v3.6"),
        namespace("apps", ("iam.amazonaws.com/permitted", "other")),
        deployment("web", "web", Some("r3")),
    ]);
    assert_eq!(web(&scan).withheld, Some(Withheld::PerhapsNotPermitted));
    assert!(web(&scan).may_have_role());
}

#[test]
fn pods_that_run_and_ask_keep_the_old_trust_whatever_the_rules_say() {
    let forbidding = namespace("apps", ("iam.amazonaws.com/allowed-roles", r#"["other"]"#));
    let asks = deployment("web", "web", Some("reader"));
    let without_pods = scan(&[forbidding.clone(), asks.clone()]);
    assert!(!web(&without_pods).may_have_role());
    let with_pods = scan(&[forbidding.clone(), asks.clone(), running("reader")]);
    let found = web(&with_pods);
    assert!(found.may_have_role());
    let why = found.why_withheld().unwrap();
    assert!(why.contains("1 pod asks for it all the same"), "{why}");
    let mut moved = running("reader");
    moved["spec"]["containers"] = json!([container("reader")]);
    assert!(!web(&scan(&[forbidding, asks, moved])).may_have_role());
}

#[test]
fn parts_of_a_system_that_run_with_different_settings_are_in_doubt() {
    let strict = kube2iam_with(&["--namespace-restrictions"]);
    let (_, doubts) = as_it_runs(&[strict.clone(), strict.clone()]);
    assert_eq!(doubts, [] as [&str; 0]);
    let (scan, doubts) = as_it_runs(&[strict, kube2iam_with(&["--default-role=fallback"])]);
    let expected = "kube2iam runs with different settings, and only one of them is judged: `--default-role` is not set and `fallback`, `--namespace-restrictions` is `glob` and \
                    `off`. Let all of its pods run with the same";
    assert_eq!(doubts, [expected]);
    let told = scan.findings.iter().map(|finding| finding.text.as_str());
    assert!(told.into_iter().any(|text| text == expected));

    // The pods of a DaemonSet that was changed and not restarted.
    let mut older = daemon("kube2iam-a", "jtblin/kube2iam:0.11.1", &[]);
    older = json!({"kind": "Pod", "metadata": {"name": "kube2iam-a", "namespace": "kube-system",
        "ownerReferences": [{"kind": "DaemonSet", "name": "kube2iam", "controller": true}]}, "spec": older["spec"]["template"]["spec"]});
    let (_, doubts) = as_it_runs(&[kube2iam_with(&["--namespace-restrictions"]), older]);
    assert_eq!(doubts.len(), 1, "{doubts:?}");
    let two_versions = [kiam_of("kiam:v3.2"), kiam_of("kiam:v4.2")];
    assert!(as_it_runs(&two_versions).1[0].contains("its version is `3` and `4`"));
}

#[test]
fn a_flag_whose_value_stands_elsewhere_is_in_doubt() {
    let mut by_variable = kube2iam_with(&["--namespace-restriction-format=$(FORMAT)"]);
    let spec = &mut by_variable["spec"]["template"]["spec"];
    spec["containers"][0]["env"] = json!([{"name": "FORMAT", "value": "regexp"}]);
    assert_eq!(as_it_runs(&[by_variable]).1, [] as [&str; 0]);
    let (_, doubts) = as_it_runs(&[kube2iam_with(&["--default-role=$(ROLE)"])]);
    assert!(doubts[0].contains("`$(ROLE)`"), "{doubts:?}");
    let mut shell = kube2iam_with(&[]);
    shell["spec"]["template"]["spec"]["containers"][0]["args"] =
        json!(["-c", "exec kube2iam --namespace-restrictions"]);
    assert!(as_it_runs(&[shell]).1[0].contains("stand in one text"));
}

#[test]
fn the_system_that_is_asked_for_is_judged_beside_the_other() {
    let both = inventory(&[
        kube2iam_with(&["--iam-role-key=example.com/role"]),
        kiam_of("kiam:v4.2"),
    ]);
    let (system, set_up) = system_of(&both, Some(SystemName::Kiam)).unwrap();
    assert_eq!((system.name(), set_up), (SystemName::Kiam, SetUp::Known));
    let keys = both.keys_of_system(Some(SystemName::Kiam));
    assert_eq!(keys.role, "iam.amazonaws.com/role");
    assert_eq!(both.doubts(Some(SystemName::Kiam)), [] as [&str; 0]);
}

#[test]
fn the_nodes_own_role_as_the_default_is_told() {
    let (scan, _) = as_it_runs(&[
        kube2iam_with(&["--auto-discover-default-role", "--namespace-restrictions"]),
        deployment("web", "web", Some("reader")),
    ]);
    assert!(
        ids(&scan).contains(&("privilege.default_role", "the cluster")),
        "{:?}",
        ids(&scan)
    );
    // It overwrites the base ARN by what it finds.
    assert_eq!(scan.system.base_arn(), "");
}

#[test]
fn an_annotation_that_is_no_text_is_no_annotation() {
    let object = json!({"kind": "Pod", "metadata": {"name": "a", "annotations": {"iam.amazonaws.com/role": 7}}});
    assert!(KubernetesObject::from_json(&object.to_string()).is_err());
    let other = json!({"kind": "Pod", "metadata": {"name": "a", "annotations": {"example.com/role": 7, "x": null}}});
    assert!(KubernetesObject::from_json(&other.to_string()).is_ok());
}
