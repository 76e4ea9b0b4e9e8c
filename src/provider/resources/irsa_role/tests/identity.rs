//! The identity of a role: name and account, as hashicorp/aws has them.

use tf_provider::Value;

use super::*;

fn identity(name: &str) -> Value {
    Value::object([
        ("name", Value::from(name)),
        ("account_id", Value::from("111122223333")),
    ])
}

#[tokio::test]
async fn an_import_by_identity_is_an_import_by_id() {
    let cloud = cloud();
    cloud.iam.put_role(role_of_others("reader", TRUST));
    let resource = harness(&cloud);
    let by_id = resource.import("reader").await.unwrap().unwrap();
    assert_eq!(by_id.identity(), &identity("reader"));
    for named in [
        json!({ "name": "reader" }),
        json!({ "name": "reader", "account_id": "111122223333" }),
    ] {
        let by_identity = resource.import_identity(named).await.unwrap().unwrap();
        assert_eq!(by_identity, by_id);
    }
    let another = json!({ "name": "reader", "account_id": "999988887777" });
    let refused = resource.import_identity(another).await.unwrap_err();
    assert_eq!(
        first(&refused).detail,
        "The identity names a role of account `999988887777`, and these credentials find `arn:aws:iam::111122223333:role/reader`. Import with \
         credentials of account `999988887777`, or correct `account_id` in the identity."
    );
}

#[tokio::test]
async fn a_role_keeps_its_identity_through_changes() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    assert_eq!(state.identity(), &identity("reader"));
    let changed = with(reader(), json!({ "description": "reads" }));
    let state = resource.update(&state, changed).await.unwrap();
    assert_eq!(state.identity(), &identity("reader"));
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.identity(), &identity("reader"));
    let renamed = with(reader(), json!({ "name": "writer" }));
    let state = resource.update(&read, renamed).await.unwrap();
    assert_eq!(state.identity(), &identity("writer"), "another object");
}
