use std::sync::Arc;

use serde_json::{Value, json};
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::fakes::{FakeCloud, active_cluster, creating_cluster};

const ARN: &str = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";

fn harness(cloud: &Arc<FakeCloud>) -> DataSourceHarness<KubeconfigDataSource> {
    DataSourceHarness::new(KubeconfigDataSource, cloud.client(FakeCloud::settings()))
}

async fn read(config: Value) -> KubeconfigModel {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    let (model, warnings) = harness(&cloud).read(config).await.unwrap();
    assert!(warnings.is_empty());
    model
}

async fn refusal(config: Value) -> String {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(creating_cluster("new"));
    let refused = harness(&cloud).read(config).await.unwrap_err();
    refused.iter().next().unwrap().summary.clone()
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(harness(&Arc::default()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn the_text_is_that_of_a_new_file() {
    let model = read(json!({ "cluster_name": "prod" })).await;
    assert_eq!(model.context, Attr::Known(ARN.to_owned()));
    assert_eq!(model.exec, Attr::Known("token".to_owned()));
    let content = model.content.into_known().unwrap();
    assert_eq!(
        content,
        format!(
            "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t\n    server: \
             https://ABC.gr7.eu-central-1.eks.amazonaws.com\n  name: {ARN}\ncontexts:\n- context:\n    cluster: {ARN}\n    user: {ARN}\n  name: \
             {ARN}\ncurrent-context: {ARN}\nkind: Config\nusers:\n- name: {ARN}\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      \
             args:\n      - token\n      - --cluster-name\n      - prod\n      - --region\n      - eu-central-1\n      command: \
             terraform-provider-eksauth\n      interactiveMode: Never\n"
        )
    );
}

#[tokio::test]
async fn role_profile_and_names_are_in_it() {
    let model = read(json!({
        "cluster_name": "prod", "context": "prod", "user": "prod-dev", "exec": "aws", "profile": "dev",
        "role_arn": "arn:aws:iam::111122223333:role/dev"
    }))
    .await;
    let content = model.content.into_known().unwrap();
    for part in [
        "    user: prod-dev\n  name: prod\n",
        "- --role\n      - arn:aws:iam::111122223333:role/dev\n      command: aws\n",
        "- name: AWS_PROFILE\n        value: dev\n",
    ] {
        assert!(content.contains(part), "{content}");
    }
}

#[tokio::test]
async fn a_cluster_without_an_address_and_wrong_values_are_refused() {
    assert_eq!(
        refusal(json!({ "cluster_name": "new" })).await,
        "Cluster Not Ready"
    );
    for (config, title) in [
        (json!({ "context": " a" }), "Invalid Kubeconfig Name"),
        (json!({ "user": "" }), "Invalid Kubeconfig Name"),
        (
            json!({ "exec": "aws", "command": "/x" }),
            "Conflicting Attributes",
        ),
        (json!({ "command": "" }), "Invalid Command"),
        (json!({ "profile": "a]" }), "Invalid Profile"),
        (json!({ "role_arn": "dev" }), "Invalid Role ARN"),
    ] {
        let cloud = Arc::new(FakeCloud::default());
        let told = harness(&cloud).validate(config.clone());
        let titles: Vec<_> = told.iter().map(|one| one.summary.clone()).collect();
        assert_eq!(titles, [title], "{config}");
    }
}
