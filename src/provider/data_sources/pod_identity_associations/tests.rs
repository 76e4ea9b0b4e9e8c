use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::Attr;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::fakes::{FakeCloud, active_cluster};

const ROLE: &str = "arn:aws:iam::111122223333:role/reader";

fn cloud() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "A"));
    for account in ["web:front", "apps:writer", "apps:reader"] {
        let association = PodIdentityAssociation {
            role_arn: ROLE.to_owned(),
            tags: [("a".to_owned(), "b".to_owned())].into(),
            ..PodIdentityAssociation::default()
        };
        cloud.eks.give_by_pod_identity(account, association);
    }
    cloud
}

async fn read(cloud: &Arc<FakeCloud>, more: Json) -> (PodIdentityAssociationsModel, Vec<String>) {
    let mut config = json!({"cluster_name": "prod"});
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    let reader = DataSourceHarness::new(
        PodIdentityAssociationsDataSource,
        cloud.client(FakeCloud::settings()),
    );
    let (model, warnings) = reader.read(config).await.unwrap();
    let titles = warnings.iter().map(|one| one.summary.clone()).collect();
    (model, titles)
}

fn names(model: &PodIdentityAssociationsModel) -> Vec<String> {
    let all = model.associations.known().unwrap().iter();
    let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    all.map(|one| format!("{}:{}", text(&one.namespace), text(&one.service_account)))
        .collect()
}

#[tokio::test]
async fn a_list_asks_for_no_association_by_itself() {
    let cloud = cloud();
    let (model, warnings) = read(&cloud, json!({})).await;
    assert_eq!(names(&model), ["apps:reader", "apps:writer", "web:front"]);
    assert!(warnings.is_empty());
    assert!(model.associations.known().unwrap()[0].role_arn.is_null());
    let calls = cloud.eks.calls.take();
    assert_eq!(
        calls,
        ["DescribeCluster prod", "ListPodIdentityAssociations prod"]
    );
}

#[tokio::test]
async fn details_are_read_for_each_of_a_namespace() {
    let cloud = cloud();
    let (model, _) = read(&cloud, json!({"details": true, "namespace": "apps"})).await;
    assert_eq!(names(&model), ["apps:reader", "apps:writer"]);
    let first = &model.associations.known().unwrap()[0];
    assert_eq!(first.role_arn, Attr::Known(ROLE.to_owned()));
    assert_eq!(first.tags.known().unwrap().len(), 1);
    let described = cloud.eks.calls.take().into_iter();
    let described = described
        .filter(|call| call.starts_with("DescribePod"))
        .count();
    assert_eq!(described, 2);
}

#[tokio::test]
async fn details_that_may_not_be_read_are_null_and_named() {
    let cloud = cloud();
    cloud.deny("eks:DescribePodIdentityAssociation");
    let (model, warnings) = read(&cloud, json!({"details": true})).await;
    assert_eq!(warnings, ["Not Everything Could Be Read"]);
    assert_eq!(names(&model).len(), 3);
    let unread = model.unread.known().unwrap();
    assert_eq!(unread.len(), 1);
    let text = unread[0].known().unwrap();
    assert!(
        text.contains("eks:DescribePodIdentityAssociation"),
        "{text}"
    );
}
