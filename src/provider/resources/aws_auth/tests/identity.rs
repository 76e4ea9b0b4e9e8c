use tf_provider::Value;

use super::*;

#[tokio::test]
async fn an_import_by_identity_is_an_import_by_id() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthResource);
    for (id, identity) in [
        ("prod", json!({ "cluster_name": "prod" })),
        (
            "prod@eu-central-1",
            json!({ "cluster_name": "prod", "region": "eu-central-1", "account_id": "111122223333" }),
        ),
    ] {
        let by_id = step.import(id).await.unwrap().unwrap();
        let by_identity = step.import_identity(identity).await.unwrap().unwrap();
        assert_eq!(by_identity, by_id);
        assert_eq!(
            by_id.identity(),
            &Value::object([
                ("cluster_name", Value::from("prod")),
                ("account_id", Value::from("111122223333")),
                ("region", Value::from("eu-central-1")),
            ])
        );
    }
    let another = json!({ "cluster_name": "prod", "account_id": "999988887777" });
    let refused = step.import_identity(another).await.unwrap_err();
    assert_eq!(only(&refused).summary, "Cluster In Another Account");
    for id in [
        "arn:aws:eks:eu-central-1:999988887777:cluster/prod",
        "arn:aws:eks:eu-central-1:999988887777:cluster/prod/kube-system/aws-auth",
    ] {
        assert_eq!(step.import(id).await.unwrap_err(), refused, "{id}");
    }
}
