use std::sync::Arc;

use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::config::Settings;
use crate::fakes::{
    FakeCloud, active_cluster, context_of_unknown_block, creating_cluster, refusal,
};
use crate::ports::ErrorKind;

fn harness(cloud: &Arc<FakeCloud>) -> DataSourceHarness<ClusterDataSource> {
    DataSourceHarness::new(ClusterDataSource, cloud.client(FakeCloud::settings()))
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(harness(&Arc::default()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cluster_is_shown_as_eks_describes_it() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    let (model, warnings) = harness(&cloud)
        .read(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let expected = ClusterDataModel {
        cluster_name: known("prod"),
        region: known("eu-central-1"),
        cluster_arn: known("arn:aws:eks:eu-central-1:111122223333:cluster/prod"),
        account_id: known("111122223333"),
        status: known("ACTIVE"),
        endpoint: known("https://ABC.gr7.eu-central-1.eks.amazonaws.com"),
        cluster_ca_certificate: known("-----BEGIN CERTIFICATE-----"),
        issuer: known("https://oidc.eks.eu-central-1.amazonaws.com/id/ABC"),
        oidc_provider_arn: known(
            "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC",
        ),
        authentication_mode: known("CONFIG_MAP"),
        version: known("1.34"),
        created_at: known("2024-12-30T23:06:40Z"),
        tags: to_map([]),
    };
    assert_eq!((model, warnings.is_empty()), (expected, true));
}

#[tokio::test]
async fn what_a_cluster_has_not_yet_is_null() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(creating_cluster("prod"));
    let (model, _) = harness(&cloud)
        .read(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(
        (model.status, model.endpoint, model.issuer),
        (known("CREATING"), Attr::Null, Attr::Null)
    );
    assert_eq!(model.oidc_provider_arn, Attr::Null);
}

#[tokio::test]
async fn a_cluster_that_is_not_there_is_an_error_that_says_where_it_was_looked_for() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    let refused = harness(&cloud)
        .read(json!({ "cluster_name": "prd" }))
        .await
        .unwrap_err();
    let refused = refused.iter().next().unwrap();
    assert_eq!(refused.summary, "Cluster Not Found");
    assert_eq!(
        refused.detail,
        "There is no cluster `prd` in account `111122223333`, region `eu-central-1`. The nearest name there is `prod`."
    );
}

#[tokio::test]
async fn a_refused_call_is_shown_whole() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.calls.fail_next(
        "DescribeCluster",
        refusal(
            ErrorKind::AccessDenied,
            "eks:DescribeCluster",
            "AccessDeniedException",
            "no",
        ),
    );
    let refused = harness(&cloud)
        .read(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert!(
        refused
            .iter()
            .next()
            .unwrap()
            .detail
            .contains("eks:DescribeCluster failed with `AccessDeniedException`: no")
    );
}

#[tokio::test]
async fn an_unknown_provider_block_is_the_reason_given() {
    let settings = Settings {
        region: Attr::Unknown,
        ..Settings::default()
    };
    let client = context_of_unknown_block(settings).client;
    let refused = DataSourceHarness::new(ClusterDataSource, client)
        .read(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert_eq!(
        refused.iter().next().unwrap().summary,
        "Provider Block Not Known"
    );
}
