use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tf_provider::testing::EphemeralHarness;

use super::*;
use crate::config::Settings;
use crate::fakes::{FakeCloud, context_of_unknown_block};
use crate::ports::{Clock, ClusterAccess};

fn harness(cloud: &Arc<FakeCloud>, settings: Settings) -> EphemeralHarness<ClusterAuthEphemeral> {
    EphemeralHarness::new(ClusterAuthEphemeral, cloud.client(settings))
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(
        harness(&Arc::default(), FakeCloud::settings()).check(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_token_is_made_without_a_call_and_says_when_it_ends() {
    let cloud = Arc::new(FakeCloud::default());
    let opened = harness(&cloud, FakeCloud::settings())
        .open(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert!(
        opened.model
            == ClusterAuthModel {
                cluster_name: Attr::Known("prod".to_owned()),
                region: Attr::Known("eu-central-1".to_owned()),
                role_arn: Attr::Null,
                token: Attr::Known("k8s-aws-v1.prod.eu-central-1.-".to_owned()),
                expiration: Attr::Known("2025-01-01T00:14:00Z".to_owned()),
            }
    );
    assert_eq!(
        opened.renew_at,
        Some(cloud.clock.now() + Duration::from_secs(14 * 60))
    );
    assert_eq!(
        (cloud.eks.calls.take(), cloud.sts.calls.take()),
        (Vec::new(), Vec::new())
    );
}

#[tokio::test]
async fn the_providers_entry_for_the_cluster_says_region_and_role() {
    let access = ClusterAccess {
        region: Some("us-east-1".to_owned()),
        kubernetes_role_arn: Some("arn:aws:iam::111122223333:role/door".to_owned()),
        ..ClusterAccess::default()
    };
    let settings = Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        clusters: Attr::Known(BTreeMap::from([("prod".to_owned(), Attr::Known(access))])),
        ..FakeCloud::settings()
    };
    let opened = harness(&Arc::default(), settings)
        .open(json!({}))
        .await
        .unwrap();
    assert_eq!(
        opened.model.token.known().unwrap(),
        "k8s-aws-v1.prod.us-east-1.arn:aws:iam::111122223333:role/door"
    );
}

#[tokio::test]
async fn an_unknown_provider_block_has_no_token() {
    let settings = Settings {
        region: Attr::Unknown,
        ..Settings::default()
    };
    let client = context_of_unknown_block(settings).client;
    let harness = EphemeralHarness::new(ClusterAuthEphemeral, client);
    let refused = harness.open(json!({ "cluster_name": "prod" })).await;
    let refused = refused.map(|_| "a token").unwrap_err();
    assert_eq!(
        refused.iter().next().unwrap().summary,
        "Provider Block Not Known"
    );
}

#[tokio::test]
async fn renewal_says_that_the_token_has_ended() {
    let cloud = Arc::new(FakeCloud::default());
    let opened = harness(&cloud, FakeCloud::settings())
        .open(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let cx = cloud.context(FakeCloud::settings());
    let renewed = ClusterAuthEphemeral
        .renew(&cx, opened.private)
        .await
        .unwrap();
    assert_eq!(renewed.renew_at, None);
    let warning = cx.take_diagnostics();
    let warning = warning.iter().next().unwrap();
    assert_eq!(warning.summary, "Token Has Ended");
    assert!(warning.detail.starts_with("Cluster `prod` in region `eu-central-1`: the token that was handed out ended at 2025-01-01T00:14:00Z"));
    assert!(!warning.detail.contains("k8s-aws-v1."));
}
