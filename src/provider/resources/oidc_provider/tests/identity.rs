//! The identity of a provider: its ARN, as hashicorp/aws has it.

use tf_provider::Value;

use tf_provider::claims::Claims;

use super::*;

#[tokio::test]
async fn two_addresses_of_the_state_that_have_one_provider_are_told() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["sts.amazonaws.com"]));
    let walk = harness(&cloud).with_claims(Claims::in_memory());
    let config = json!({ "cluster_name": "prod" });
    let state = walk.import(ARN).await.unwrap().unwrap();
    walk.plan_update(&state, config.clone()).await.unwrap();
    walk.take_warnings();
    walk.plan_update(&state, config).await.unwrap();
    let told = format!("{:?}", walk.take_warnings());
    assert!(
        told.contains("Two Resources For One OIDC Provider"),
        "{told}"
    );
}

#[tokio::test]
async fn an_import_by_identity_is_an_import_by_arn() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["sts.amazonaws.com"]));
    let resource = harness(&cloud);
    let by_id = resource.import(ARN).await.unwrap().unwrap();
    assert_eq!(
        by_id.identity(),
        &Value::object([("arn", Value::from(ARN))])
    );
    let by_identity = resource.import_identity(json!({ "arn": ARN })).await;
    assert_eq!(by_identity.unwrap().unwrap(), by_id);
    let by_cluster = resource.import("prod").await.unwrap().unwrap();
    assert_eq!(by_cluster.identity(), by_id.identity());
    let elsewhere = "arn:aws:eks:eu-central-1:999988887777:cluster/prod";
    let refused = resource.import(elsewhere).await.unwrap_err();
    assert_eq!(titles(&refused), ["Cluster In Another Account"]);
    let name = resource.import_identity(json!({ "arn": "prod" })).await;
    assert_eq!(titles(&name.unwrap_err()), ["Invalid Identity"]);
}

#[tokio::test]
async fn a_state_without_an_identity_gets_it_at_the_next_read() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let made = resource.create(json!({ "cluster_name": "prod" })).await;
    let made = made.unwrap();
    assert_eq!(made.identity(), &Value::object([("arn", Value::from(ARN))]));
    let mut attributes = serde_json::to_value(&made.model).unwrap();
    attributes["timeouts"] = json!(null);
    let old = resource.upgrade(0, &attributes).unwrap();
    assert_eq!(old.identity(), &Value::Null);
    let read = resource.read(&old).await.unwrap().unwrap();
    assert_eq!(read.identity(), made.identity());
}
