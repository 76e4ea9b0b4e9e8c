//! What a plan does not say yet, says in words of its own, or says of a principal itself.

use serde_json::{Value, json};

use super::fixture::{Folder, VIEWERS, admins, change, of, plan, role, unknown};
use super::*;

const POWER: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

fn made(address: &str, after: Value, after_unknown: Value) -> Value {
    unknown(
        change(address, &["create"], Value::Null, after),
        after_unknown,
    )
}

#[test]
fn an_object_whose_name_is_decided_during_apply_may_be_aws_auth() {
    let names = |name: &str, namespace: &str| json!({"name": name, "namespace": namespace});
    let manifest = |kind: &str, metadata: Value| json!({"manifest": {"kind": kind, "metadata": metadata, "data": {}}});
    let body = json!({"yaml_body": true, "name": true, "kind": true, "namespace": true});
    for (change, verdict) in [
        (
            made(
                "kubernetes_manifest.x",
                json!({}),
                json!({"manifest": true}),
            ),
            Verdict::Undetermined,
        ),
        (
            made(
                "kubernetes_manifest.x",
                manifest("ConfigMap", json!({"namespace": "kube-system"})),
                json!({"manifest": {"metadata": {"name": true}}}),
            ),
            Verdict::Undetermined,
        ),
        (
            made(
                "kubernetes_manifest.x",
                manifest("ConfigMap", names("other", "kube-system")),
                json!({"manifest": {"data": true}}),
            ),
            Verdict::Yes,
        ),
        (
            made(
                "kubernetes_manifest.x",
                manifest("Secret", json!({"namespace": "kube-system"})),
                json!({"manifest": {"metadata": {"name": true}}}),
            ),
            Verdict::Yes,
        ),
        (
            made(
                "kubernetes_config_map_v1_data.x",
                json!({"data": {}, "metadata": [{"name": "aws-auth"}]}),
                json!({"metadata": [{"namespace": true}]}),
            ),
            Verdict::Undetermined,
        ),
        (
            made(
                "kubernetes_config_map.x",
                json!({"data": {}, "metadata": [{"generate_name": "app-", "namespace": "kube-system"}]}),
                json!({"metadata": [{"name": true}]}),
            ),
            Verdict::Yes,
        ),
        (
            made(
                "kubectl_manifest.x",
                json!({"force_new": false}),
                body.clone(),
            ),
            Verdict::Undetermined,
        ),
        (
            made(
                "kubectl_manifest.x",
                json!({"kind": "Deployment", "force_new": false}),
                body,
            ),
            Verdict::Yes,
        ),
    ] {
        let outcome = of(change.clone());
        assert_eq!(outcome.verdict, verdict, "{change}: {}", outcome.text);
    }
}

#[test]
fn what_is_forgotten_and_made_again_is_made() {
    let adopted = || {
        let mut adopted = role(ADMIN, "admin", &["viewers"]);
        adopted["on_conflict"] = json!("adopt");
        adopted
    };
    for actions in [["create", "forget"], ["forget", "create"]] {
        let outcome = of(change(
            "eksauth_aws_auth_role.x",
            &actions,
            admins(),
            adopted(),
        ));
        assert_eq!(outcome.verdict, Verdict::No, "{}", outcome.text);
    }
    let outcome = of(change(
        "eksauth_aws_auth_role.x",
        &["something new"],
        admins(),
        adopted(),
    ));
    assert_eq!(outcome.verdict, Verdict::Undetermined, "{}", outcome.text);
    assert!(outcome.text.contains("`something new`"), "{}", outcome.text);
}

#[test]
fn a_mode_that_is_decided_during_apply_decides() {
    let cluster = |access: Value| json!({"name": "prod", "access_config": access});
    let before = json!([{"authentication_mode": "API_AND_CONFIG_MAP"}]);
    for after_unknown in [
        json!({"access_config": true}),
        json!({"access_config": [true]}),
        json!({"access_config": [{"authentication_mode": true}]}),
    ] {
        let outcome = of(unknown(
            change(
                "aws_eks_cluster.x",
                &["update"],
                cluster(before.clone()),
                cluster(json!([])),
            ),
            after_unknown,
        ));
        assert_eq!(outcome.verdict, Verdict::Undetermined, "{}", outcome.text);
    }
}

#[test]
fn without_a_list_a_plan_still_shows_that_access_entries_count() {
    let who = "arn:aws:iam::111122223333:role/eadm";
    let entry = |arn: &str| json!({"cluster_name": "prod", "principal_arn": arn, "type": "STANDARD", "user_name": "u", "kubernetes_groups": []});
    let policy = json!({"cluster_name": "prod", "principal_arn": who, "policy_arn": POWER, "access_scope": [{"type": "cluster"}]});
    for (change, verdict) in [
        (
            change(
                "aws_eks_access_entry.x",
                &["delete"],
                entry(who),
                Value::Null,
            ),
            Verdict::Undetermined,
        ),
        (
            change(
                "aws_eks_access_policy_association.x",
                &["delete"],
                policy,
                Value::Null,
            ),
            Verdict::Undetermined,
        ),
        (
            change(
                "aws_eks_access_entry.x",
                &["create"],
                Value::Null,
                entry(who),
            ),
            Verdict::Yes,
        ),
        // It takes the place of what aws-auth gives the admins.
        (
            change(
                "aws_eks_access_entry.x",
                &["create"],
                Value::Null,
                entry(ADMIN),
            ),
            Verdict::No,
        ),
    ] {
        let outcome = of(change.clone());
        assert_eq!(outcome.verdict, verdict, "{change}: {}", outcome.text);
    }
}

#[test]
fn with_a_role_that_is_deleted_its_access_goes() {
    let of_iam =
        |name: &str| json!({"arn": format!("arn:aws:iam::111122223333:role/{name}"), "name": name});
    let deleted = |name: &str| change("aws_iam_role.a", &["delete"], of_iam(name), Value::Null);
    let outcome = of(deleted("admins"));
    assert_eq!(outcome.verdict, Verdict::No, "{}", outcome.text);
    let who = ["--apply-principal", "arn:aws:iam::111122223333:user/other"];
    let by_another = Folder::new(&plan(&[deleted("admins")])).check(&who);
    assert!(
        by_another.text.contains("lockout.last-admin"),
        "{}",
        by_another.text
    );
    assert_ne!(by_another.verdict, Verdict::Yes, "{}", by_another.text);
    for name in ["nodes", "whom-nobody-names"] {
        let outcome = of(deleted(name));
        assert_eq!(outcome.verdict, Verdict::Yes, "{name}: {}", outcome.text);
    }
    let renamed = plan(&[
        deleted("admins"),
        change(
            "aws_iam_role.b",
            &["create"],
            Value::Null,
            json!({"name": "admins"}),
        ),
    ]);
    let outcome = Folder::new(&renamed).check(&[]);
    assert_eq!(outcome.verdict, Verdict::Yes, "{}", outcome.text);
}

#[test]
fn what_decides_whether_an_entry_is_overwritten_decides() {
    let mut viewer = role(ADMIN, "admin", &["viewers"]);
    viewer["on_conflict"] = Value::Null;
    let outcome = of(made(
        "eksauth_aws_auth_role.x",
        viewer,
        json!({"on_conflict": true}),
    ));
    assert_eq!(outcome.verdict, Verdict::Undetermined, "{}", outcome.text);
}

#[test]
fn a_kustomization_has_its_object_as_text() {
    let object = json!({"kind": "ConfigMap", "metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {"mapRoles": "[]"}});
    let deleted = |text: String| {
        change(
            "kustomization_resource.x",
            &["delete"],
            json!({"manifest": text}),
            Value::Null,
        )
    };
    let outcome = of(deleted(object.to_string()));
    assert_eq!(outcome.verdict, Verdict::No, "{}", outcome.text);
    let other = object.to_string().replace("aws-auth", "other");
    assert_eq!(of(deleted(other)).verdict, Verdict::Yes);
}

#[test]
fn who_is_protected_by_what_only_an_apply_knows_is_not_found_out() {
    let viewer = role(VIEWERS, "viewer", &["viewers"]);
    let mut removed = plan(&[change(
        "eksauth_aws_auth_role.x",
        &["delete"],
        viewer,
        Value::Null,
    )]);
    removed["configuration"] = json!({
        "provider_config": {"eksauth": {"name": "eksauth", "expressions": {"protected_principals": {"references": ["data.aws_iam_role.v.arn"]}}}},
        "root_module": {"resources": [{"address": "eksauth_aws_auth_role.x", "provider_config_key": "eksauth"}]},
    });
    let folder = Folder::new(&removed);
    let outcome = folder.check(&[]);
    assert_eq!(outcome.verdict, Verdict::Undetermined, "{}", outcome.text);
    assert!(
        outcome.text.contains("`protected_principals`"),
        "{}",
        outcome.text
    );
    assert_eq!(folder.check(&["--protect", VIEWERS]).verdict, Verdict::No);
    assert_eq!(folder.check(&["--protect", ADMIN]).verdict, Verdict::Yes);
}

#[test]
fn a_map_that_is_changed_is_no_configuration_that_goes() {
    let map = |roles: Value| json!({"cluster_name": "prod", "map_roles": roles, "map_users": [], "map_accounts": [], "exclusive": false});
    let own = json!([{"rolearn": ADMIN, "username": "admin", "groups": ["system:masters"]}]);
    let changed = plan(&[change(
        "eksauth_aws_auth.x",
        &["update"],
        map(own),
        map(json!([])),
    )]);
    let folder = Folder::new(&changed);
    let (file, aws_auth) = (folder.path("plan.json"), folder.path("aws-auth.yaml"));
    let words = [
        file.as_str(),
        "--cluster=prod",
        "--aws-auth",
        &aws_auth,
        "--apply-principal",
        ADMIN,
    ];
    let outcome = judge_meant(&words, "prod:destroy").unwrap();
    assert_eq!(outcome.verdict, Verdict::No, "{}", outcome.text);
}
