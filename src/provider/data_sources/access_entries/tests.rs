use std::sync::Arc;

use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::fakes::{FakeCloud, active_cluster};
use crate::ports::eks::{AccessPolicy, AuthenticationMode, Cluster};

const VIEW: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";

fn cloud(mode: AuthenticationMode, count: usize) -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(Cluster {
        authentication_mode: Some(mode),
        ..active_cluster("prod", "ABC")
    });
    for index in 0..count {
        let principal_arn = format!("arn:aws:iam::111122223333:role/r{index:03}");
        cloud.eks.admit(AccessEntry {
            principal_arn,
            kind: "STANDARD".to_owned(),
            username: "x".to_owned(),
            groups: vec!["b".to_owned(), "a".to_owned()],
            policies: Vec::new(),
            created_at: Some(1_767_225_600),
        });
    }
    cloud
}

fn source(cloud: &Arc<FakeCloud>) -> DataSourceHarness<AccessEntriesDataSource> {
    DataSourceHarness::new(AccessEntriesDataSource, cloud.client(FakeCloud::settings()))
}

#[tokio::test]
async fn principals_alone_take_a_call_for_a_hundred() {
    let cloud = cloud(AuthenticationMode::Api, 130);
    let source = source(&cloud);
    assert_eq!(source.check(), Vec::<String>::new());
    let (read, _) = source
        .read(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let principals = read.principal_arns.known().cloned().unwrap();
    assert_eq!(principals.len(), 130);
    assert_eq!(read.access_entries, Attr::Null);
    assert_eq!(
        cloud.eks.calls.take(),
        [
            "DescribeCluster prod",
            "ListAccessEntries prod",
            "ListAccessEntries prod"
        ]
    );
}

#[tokio::test]
async fn details_tell_what_each_entry_gives() {
    let cloud = cloud(AuthenticationMode::ApiAndConfigMap, 3);
    let with_policy = "arn:aws:iam::111122223333:role/r001";
    cloud.eks.associate(
        with_policy,
        AccessPolicy {
            policy_arn: VIEW.to_owned(),
            namespaces: vec!["apps".to_owned()],
        },
    );
    let config = json!({ "cluster_name": "prod", "details": true, "associated_policy_arn": "AmazonEKSViewPolicy" });
    let (read, _) = source(&cloud).read(config).await.unwrap();
    let entries = read.access_entries.known().cloned().unwrap();
    assert_eq!(entries.len(), 1);
    let entry = entries.first().cloned().unwrap();
    assert_eq!(entry.principal_arn, Attr::Known(with_policy.to_owned()));
    assert_eq!(
        entry.kubernetes_groups,
        to_list(["a".to_owned(), "b".to_owned()])
    );
    assert_eq!(
        entry.created_at,
        Attr::Known("2026-01-01T00:00:00Z".to_owned())
    );
    assert_eq!(
        entry.policies,
        Attr::Known(vec![EntryPolicy {
            policy_arn: Attr::Known(VIEW.to_owned()),
            namespaces: to_list(["apps".to_owned()]),
        }])
    );
}

#[tokio::test]
async fn a_mode_without_entries_has_none() {
    let cloud = cloud(AuthenticationMode::ConfigMap, 0);
    let (read, _) = source(&cloud)
        .read(json!({ "cluster_name": "prod", "details": true }))
        .await
        .unwrap();
    assert_eq!(read.principal_arns, to_list([]));
    assert_eq!(read.access_entries, Attr::Known(Vec::new()));
}
