use std::collections::BTreeMap;

use serde_json::{Value, json};

use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::findings::Roles;
use eksauth_core::access::lockout::{Circumstances, IamPrincipals, Nodes, Rbac, assess};
use eksauth_core::aws_auth::read;

use super::cluster_access::{After, after};
use super::plan_file::PlanFile;
use super::report::{self, ClusterReport};

const ADMIN: &str = "arn:aws:iam::111122223333:role/admins";

fn before(mode: AuthenticationMode) -> ClusterView {
    let data = BTreeMap::from([(
        "mapRoles".to_owned(),
        format!(
            "- rolearn: {ADMIN}\n  username: admin\n  groups: [system:masters]\n- rolearn: arn:aws:iam::111122223333:role/ops\n  username: ops\n  groups: [system:masters]\n"
        ),
    )]);
    ClusterView {
        mode,
        aws_auth: Knowledge::Known(read(&data)),
        access_entries: Knowledge::Known(Vec::new()),
    }
}

fn plan(changes: &[Value]) -> PlanFile {
    PlanFile::parse(&json!({"format_version": "1.2", "resource_changes": changes}).to_string())
        .unwrap()
}

fn role(address: &str, actions: &[&str], before: Value, after: Value) -> Value {
    json!({"address": address, "mode": "managed", "type": "eksauth_aws_auth_role", "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}}})
}

fn admin_entry(groups: &[&str]) -> Value {
    json!({"cluster_name": "prod", "rolearn": ADMIN, "canonical_arn": ADMIN, "username": "admin", "groups": groups})
}

fn report(view: &ClusterView, cluster_access: After) -> ClusterReport {
    let circumstances = Circumstances {
        cluster: "prod".to_owned(),
        running: vec![Principal::from_arn(ADMIN)],
        protected: Vec::new(),
        rbac: Rbac {
            is_readable: true,
            ..Rbac::default()
        },
        nodes: Nodes::None,
        iam: IamPrincipals {
            roles: Knowledge::Known(Roles::new(
                "111122223333",
                ["admins", "ops"].map(|name| (name.to_owned(), 0)),
            )),
            ..IamPrincipals::default()
        },
        ..Circumstances::default()
    };
    let assessment = assess(view, &cluster_access.view, &circumstances);
    ClusterReport {
        cluster: "prod".to_owned(),
        running: vec![ADMIN.to_owned()],
        assessment,
        unknown: cluster_access.unknown,
        unread: Vec::new(),
        is_known: true,
    }
}

fn judged(view: &ClusterView, changes: &[Value]) -> ClusterReport {
    report(view, after(&plan(changes), view, "prod", true))
}

#[test]
fn the_removed_entry_of_who_applies_is_an_error_in_every_form() {
    let view = before(AuthenticationMode::ConfigMap);
    let reports = [judged(
        &view,
        &[role(
            "eksauth_aws_auth_role.admins",
            &["delete"],
            admin_entry(&["system:masters"]),
            Value::Null,
        )],
    )];
    assert_eq!(
        report::markdown(&reports),
        "### Access to cluster `prod`\n\n| principal | before | after | |\n|---|---|---|---|\n\
         | arn:aws:iam::111122223333:role/admins (applies this plan) | admin · system:masters | – | **loses everything** |\n\n\
         - **error** `lockout.running-identity`: `arn:aws:iam::111122223333:role/admins`, which makes this change, has admin · system:masters before it and no access after it\n\n\
         1 error, 0 warnings\n"
    );
    let json = report::json(&reports);
    assert_eq!(
        json["clusters"][0]["findings"][0]["acknowledgement"],
        format!("prod:lockout.running-identity:{ADMIN}")
    );
    assert_eq!(
        report::sarif(&reports)["runs"][0]["results"][0]["ruleId"],
        "lockout.running-identity"
    );
    assert!(report::table(&reports).contains(&format!(
        "to mean it: EKSAUTH_LOCKOUT_ACK=prod:lockout.running-identity:{ADMIN}"
    )));
}

#[test]
fn a_renamed_key_is_a_delete_and_a_create_that_change_nothing() {
    let view = before(AuthenticationMode::ConfigMap);
    let entry = admin_entry(&["system:masters"]);
    let changes = [
        role(
            "eksauth_aws_auth_role.this[\"new\"]",
            &["create"],
            Value::Null,
            entry.clone(),
        ),
        role(
            "eksauth_aws_auth_role.this[\"old\"]",
            &["delete"],
            entry,
            Value::Null,
        ),
    ];
    let report = judged(&view, &changes);
    assert_eq!(report.assessment.findings, []);
    assert_eq!(report::summary(&[report]), "0 errors, 0 warnings");
}

#[test]
fn an_access_entry_with_its_policy_makes_up_for_the_removed_one() {
    let view = before(AuthenticationMode::ApiAndConfigMap);
    let changes = [
        role(
            "eksauth_aws_auth_role.admins",
            &["delete"],
            admin_entry(&["system:masters"]),
            Value::Null,
        ),
        json!({"address": "aws_eks_access_entry.a", "mode": "managed", "type": "aws_eks_access_entry", "change": {"actions": ["create"], "before": null,
            "after": {"cluster_name": "prod", "principal_arn": "arn:aws:iam::111122223333:role/people/admins", "type": "STANDARD", "user_name": "admin"}, "after_unknown": {"access_entry_arn": true}}}),
        json!({"address": "aws_eks_access_policy_association.a", "mode": "managed", "type": "aws_eks_access_policy_association", "change": {"actions": ["create"], "before": null,
            "after": {"cluster_name": "prod", "principal_arn": "arn:aws:iam::111122223333:role/people/admins", "policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", "access_scope": [{"type": "cluster"}]}, "after_unknown": {}}}),
    ];
    let cluster_access = after(&plan(&changes), &view, "prod", true);
    let Knowledge::Known(entries) = &cluster_access.view.access_entries else {
        panic!("the entries are known")
    };
    let policy = AccessPolicy {
        policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy".to_owned(),
        namespaces: Vec::new(),
    };
    assert_eq!(
        entries,
        &[AccessEntry {
            principal_arn: "arn:aws:iam::111122223333:role/people/admins".to_owned(),
            kind: "STANDARD".to_owned(),
            username: "admin".to_owned(),
            groups: Vec::new(),
            policies: vec![policy],
        }]
    );
    let report = report(&view, cluster_access);
    assert_eq!(
        report.count(eksauth_core::access::lockout::Severity::Error),
        0
    );
}

#[test]
fn a_config_map_written_whole_by_another_provider_is_read_as_the_server_does() {
    let view = before(AuthenticationMode::ConfigMap);
    let metadata = json!([{"name": "aws-auth", "namespace": "kube-system"}]);
    let change = json!({"address": "kubernetes_config_map_v1_data.aws_auth", "mode": "managed", "type": "kubernetes_config_map_v1_data", "change": {
        "actions": ["create"], "before": null, "after": {"metadata": metadata, "data": {"mapRoles": "- rolearn: arn:aws:iam::111122223333:role/ops\n  username: ops\n  groups: [system:masters]\n"}}, "after_unknown": {}}});
    let report = judged(&view, std::slice::from_ref(&change));
    assert_eq!(report::summary(&[report]), "1 error, 0 warnings");
    let elsewhere = judged_elsewhere(&view, &change);
    assert_eq!(report::summary(&[elsewhere]), "0 errors, 0 warnings");
}

fn judged_elsewhere(view: &ClusterView, change: &Value) -> ClusterReport {
    report(
        view,
        after(&plan(std::slice::from_ref(change)), view, "prod", false),
    )
}

#[test]
fn unknown_values_are_shown_and_count_as_neither() {
    let view = before(AuthenticationMode::ConfigMap);
    let change = json!({"address": "eksauth_aws_auth_role.ci", "mode": "managed", "type": "eksauth_aws_auth_role", "change": {
        "actions": ["create"], "before": null, "after": {"cluster_name": "prod", "username": "ci", "groups": ["ci"]}, "after_unknown": {"rolearn": true, "canonical_arn": true}}});
    let report = judged(&view, &[change]);
    assert_eq!(
        report.unknown,
        [("eksauth_aws_auth_role.ci".to_owned(), "rolearn".to_owned())]
    );
    assert_eq!(report.assessment.findings, []);
    assert!(report::table(&[report]).contains(
        "not counted: eksauth_aws_auth_role.ci, because `rolearn` is decided during apply"
    ));
}

#[test]
fn another_clusters_entries_and_a_destroyed_cluster_are_told_apart() {
    let view = before(AuthenticationMode::ConfigMap);
    let mut other = admin_entry(&["system:masters"]);
    other["cluster_name"] = json!("stage");
    let changes = [
        role(
            "eksauth_aws_auth_role.stage",
            &["delete"],
            other,
            Value::Null,
        ),
        json!({"address": "aws_eks_cluster.prod", "mode": "managed", "type": "aws_eks_cluster", "change": {"actions": ["delete", "create"], "before": {"name": "prod"}, "after": {"name": "prod"}, "after_unknown": {"id": true}}}),
    ];
    let cluster_access = after(&plan(&changes), &view, "prod", true);
    assert_eq!(
        cluster_access.destroyed_by.as_deref(),
        Some("aws_eks_cluster.prod")
    );
    assert_eq!(cluster_access.counted, ["aws_eks_cluster.prod"]);
    assert_eq!(report(&view, cluster_access).assessment.findings, []);
}

#[test]
fn a_state_is_refused_and_an_empty_plan_is_not() {
    let error = PlanFile::parse(r#"{"format_version":"1.0","values":{}}"#)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the JSON has no `resource_changes`; it must be that of a saved plan: `terraform show -json PLANFILE`"
    );
    assert!(PlanFile::parse("not json").is_err());
    assert_eq!(
        PlanFile::parse(r#"{"planned_values":{}}"#)
            .unwrap()
            .resource_changes
            .len(),
        0
    );
}

#[test]
fn a_manifest_of_aws_auth_is_read_whole() {
    let view = before(AuthenticationMode::ConfigMap);
    let body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/ops\n      username: ops\n      groups: [system:masters]\n";
    let change = json!({"address": "kubectl_manifest.aws_auth", "mode": "managed", "type": "kubectl_manifest", "change": {
        "actions": ["update"], "before": {"name": "aws-auth", "namespace": "kube-system"}, "after": {"name": "aws-auth", "namespace": "kube-system", "yaml_body": body}, "after_unknown": {}}});
    let report = judged(&view, &[change]);
    assert_eq!(report.unknown, []);
    assert_eq!(report::summary(&[report]), "1 error, 0 warnings");
}

/// aws-auth of the Kubernetes provider as Terraform writes it into a plan.
fn config_map(kind: &str, actions: &[&str], before: Option<Value>, after: Option<Value>) -> Value {
    let object = |data: Value| {
        json!({"id": "kube-system/aws-auth", "binary_data": null, "immutable": false, "data": data, "metadata": [{
            "annotations": {}, "generate_name": "", "generation": 0, "labels": {}, "name": "aws-auth", "namespace": "kube-system",
            "resource_version": "1", "uid": "u"}]})
    };
    json!({"address": format!("{kind}.aws_auth"), "mode": "managed", "type": kind, "name": "aws_auth",
        "provider_name": "registry.terraform.io/hashicorp/kubernetes", "change": {
            "actions": actions, "before": before.map(object), "after": after.map(object), "after_unknown": {"metadata": [{}]},
            "before_sensitive": false, "after_sensitive": {}}})
}

#[test]
fn every_kind_of_config_map_is_counted_when_it_is_written_changed_or_destroyed() {
    let view = before(AuthenticationMode::ConfigMap);
    let with_admins = json!({"mapRoles": format!("- rolearn: {ADMIN}\n  username: admin\n  groups: [system:masters]\n")});
    let without = json!({"mapRoles": "- rolearn: arn:aws:iam::111122223333:role/ops\n  username: ops\n  groups: [system:masters]\n"});
    for kind in [
        "kubernetes_config_map",
        "kubernetes_config_map_v1",
        "kubernetes_config_map_v1_data",
    ] {
        let judge = |change: Value| report::summary(&[judged(&view, &[change])]);
        let changed = config_map(
            kind,
            &["update"],
            Some(with_admins.clone()),
            Some(without.clone()),
        );
        assert_eq!(judge(changed), "1 error, 0 warnings", "{kind}");
        let kept = config_map(kind, &["create"], None, Some(with_admins.clone()));
        assert_eq!(judge(kept), "0 errors, 1 warning", "{kind}");
        let destroyed = config_map(kind, &["delete"], Some(with_admins.clone()), None);
        let found = judged(&view, &[destroyed]);
        assert!(
            found.count(eksauth_core::access::lockout::Severity::Error) > 0,
            "{kind}"
        );
        let untouched = config_map(
            kind,
            &["no-op"],
            Some(with_admins.clone()),
            Some(with_admins.clone()),
        );
        assert_eq!(judge(untouched), "0 errors, 0 warnings", "{kind}");
    }
}

#[test]
fn of_several_clusters_the_one_of_a_config_map_is_not_guessed() {
    let view = before(AuthenticationMode::ConfigMap);
    let change = config_map(
        "kubernetes_config_map_v1_data",
        &["create"],
        None,
        Some(json!({"mapRoles": "[]"})),
    );
    let cluster_access = after(&plan(&[change]), &view, "prod", false);
    assert_eq!(
        (
            cluster_access.unplaced.as_slice(),
            cluster_access.counted.as_slice()
        ),
        (
            ["kubernetes_config_map_v1_data.aws_auth".to_owned()].as_slice(),
            [].as_slice()
        )
    );
    let other = json!({"address": "kubernetes_config_map_v1.other", "mode": "managed", "type": "kubernetes_config_map_v1", "change": {
        "actions": ["create"], "before": null, "after": {"metadata": [{"name": "other", "namespace": "apps"}], "data": {}}, "after_unknown": {}}});
    assert_eq!(
        after(&plan(&[other]), &view, "prod", false).unplaced,
        [] as [String; 0]
    );
}
