use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::fakes::{FakeCloud, active_cluster};

const BASE: &str = "arn:aws:iam::111122223333:role/";

fn deployment(name: &str, role: &str) -> Json {
    json!({"kind": "Deployment", "metadata": {"name": name, "namespace": "apps"}, "spec": {"template": {
        "metadata": {"annotations": {"iam.amazonaws.com/role": role}}, "spec": {"serviceAccountName": name}}}})
}

fn cloud() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "A"));
    let rule = json!({"iam.amazonaws.com/permitted": format!("{BASE}reader")});
    cloud.kubernetes.put_object(
        json!({"kind": "Namespace", "metadata": {"name": "apps", "annotations": rule}}),
    );
    cloud.kubernetes.put_object(deployment("web", "reader"));
    cloud.kubernetes.put_object(deployment("worker", "writer"));
    cloud
}

fn harness(cloud: &Arc<FakeCloud>) -> DataSourceHarness<LegacyPodRolesDataSource> {
    let client = cloud.client(FakeCloud::settings());
    DataSourceHarness::new(LegacyPodRolesDataSource, client)
}

fn ids(model: &LegacyPodRolesModel) -> Vec<String> {
    let findings = model.findings.known().unwrap().iter();
    findings
        .map(|finding| finding.id.known().unwrap().clone())
        .collect()
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(harness(&cloud()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn a_clusters_workloads_have_their_roles_and_what_the_namespace_says() {
    let cloud = cloud();
    let (model, warnings) = harness(&cloud)
        .read(json!({"cluster_name": "prod"}))
        .await
        .unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(model.system, Attr::Known("kiam".to_owned()));
    assert_eq!(model.base_role_arn, Attr::Known(BASE.to_owned()));
    let workloads = model.workloads.known().unwrap();
    let told: Vec<_> = workloads
        .iter()
        .map(|one| (one.name.known().unwrap().as_str(), one.permitted.known()))
        .collect();
    assert_eq!(told, [("web", Some(&true)), ("worker", Some(&false))]);
    assert_eq!(ids(&model), ["lockout.role_not_permitted"]);
    assert_eq!(model.unread, Attr::Known(Vec::new()));
}

#[tokio::test]
async fn what_is_set_counts_before_what_is_found() {
    let config = json!({"cluster_name": "prod", "system": "kube2iam", "namespace_restrictions": "off",
        "base_role_arn": "arn:aws:iam::999988887777:role"});
    let (model, _) = harness(&cloud()).read(config).await.unwrap();
    let foreign = "arn:aws:iam::999988887777:role/reader".to_owned();
    assert_eq!(
        model.workloads.known().unwrap()[0].role_arn,
        Attr::Known(foreign)
    );
    assert_eq!(
        ids(&model),
        [
            "privilege.namespace_restriction_off",
            "role.cross_account",
            "role.cross_account"
        ]
    );
}

#[tokio::test]
async fn manifests_are_read_without_asking_anybody() {
    let cloud = cloud();
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: one\n  annotations: {iam.amazonaws.com/role: reader}\nspec: {}\n";
    let config = json!({"manifests": [manifest], "base_role_arn": BASE});
    let (model, _) = harness(&cloud).read(config).await.unwrap();
    assert_eq!(model.cluster_name, Attr::Null);
    let [pod] = model.workloads.known().unwrap().as_slice() else {
        panic!("{model:?}")
    };
    assert_eq!(pod.role_arn, Attr::Known(format!("{BASE}reader")));
    assert_eq!(pod.target_service_account, Attr::Known("reader".to_owned()));
    assert_eq!(cloud.kubernetes.take_requests(), [] as [&str; 0]);
}

#[tokio::test]
async fn what_could_not_be_read_is_never_taken_for_nothing() {
    let harness = harness(&cloud());
    for broken in ["a: b: c", "", "kind: Pod\n---\na: b: c\n"] {
        let refused = harness.read(json!({"manifests": [broken]})).await;
        let told = format!("{:?}", refused.unwrap_err());
        assert!(told.contains("Unreadable Manifest"), "{told}");
    }
    let number = "kind: Pod\nmetadata: {name: one, annotations: {iam.amazonaws.com/role: 1}}\n";
    let (model, warnings) = harness.read(json!({"manifests": [number]})).await.unwrap();
    let told = format!("{:?} {warnings:?}", model.unread);
    assert!(told.contains("the Pod `one`"), "{told}");
}

#[test]
fn wrong_questions_are_refused() {
    let texts = |config: Json| format!("{:?}", harness(&cloud()).validate(config));
    let both = texts(json!({"cluster_name": "prod", "manifests": []}));
    assert!(both.contains("Conflicting Attributes"), "{both}");
    let base = texts(json!({"base_role_arn": "role/"}));
    assert!(base.contains("Invalid Base ARN"), "{base}");
}
