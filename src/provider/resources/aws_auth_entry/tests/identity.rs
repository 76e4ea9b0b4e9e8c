use tf_provider::Value;

use super::*;

#[tokio::test]
async fn an_import_by_identity_is_an_import_by_id() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthRoleResource::new());
    let arn = role_arn("break-glass/admins");
    for (id, identity) in [
        (
            format!("prod#{arn}"),
            json!({ "cluster_name": "prod", "arn": arn }),
        ),
        (
            format!("prod#{arn}@eu-central-1"),
            json!({ "cluster_name": "prod", "region": "eu-central-1", "account_id": "111122223333", "arn": arn }),
        ),
    ] {
        let by_id = step.import(&id).await.unwrap().unwrap();
        let by_identity = step.import_identity(identity).await.unwrap().unwrap();
        assert_eq!(by_identity, by_id);
        assert_eq!(
            by_id.identity(),
            &Value::object([
                ("cluster_name", Value::from("prod")),
                ("account_id", Value::from("111122223333")),
                ("region", Value::from("eu-central-1")),
                ("arn", Value::from(role_arn("admins").as_str())),
            ])
        );
    }
    let user = "arn:aws:iam::111122223333:user/people/alice";
    let users = bed.step(AwsAuthUserResource::new());
    let by_identity = users
        .import_identity(json!({ "cluster_name": "prod", "arn": user }))
        .await;
    let by_id = users.import(&format!("prod#{user}")).await;
    assert_eq!(by_identity.unwrap(), by_id.unwrap());
    assert_eq!(bed.kube().aws_auth(), before);
    let bed = Bed::new(&[("mapAccounts", "- \"444455556666\"\n")]);
    let accounts = bed.step(AwsAuthAccountResource::new());
    let identity = json!({ "cluster_name": "prod", "mapped_account_id": "444455556666" });
    let by_identity = accounts.import_identity(identity).await.unwrap();
    let by_id = accounts.import("prod#444455556666").await.unwrap();
    assert_eq!(by_identity, by_id);
    assert_eq!(
        by_id.unwrap().identity().attribute("mapped_account_id"),
        &Value::from("444455556666")
    );
}

#[tokio::test]
async fn an_identity_of_another_account_is_refused() {
    let bed = Bed::lived_in();
    let identity =
        json!({ "cluster_name": "prod", "account_id": "999988887777", "arn": role_arn("admins") });
    let step = bed.step(AwsAuthRoleResource::new());
    let refused = step.import_identity(identity).await.unwrap_err();
    let id = format!(
        "arn:aws:eks:eu-central-1:999988887777:cluster/prod#{}",
        role_arn("admins")
    );
    assert_eq!(step.import(&id).await.unwrap_err(), refused);
    assert_eq!(
        only(&refused).detail,
        "The import names a cluster of account `999988887777`, and these credentials find `arn:aws:eks:eu-central-1:111122223333:cluster/prod`. \
         Import with credentials of account `999988887777`, or correct the account: `account_id` in the identity, or the ARN in the import id."
    );
}

#[tokio::test]
async fn an_entry_that_is_made_has_an_identity_and_another_principal_in_place_gives_another() {
    let bed = Bed::new(&[]);
    let step = bed.step(AwsAuthRoleResource::new());
    let state = step.create(role_config("teams/a", "a", &["g"])).await;
    let state = state.unwrap();
    let arn = |state: &tf_provider::testing::Stored<_>| state.identity().attribute("arn").clone();
    assert_eq!(arn(&state), Value::from(role_arn("a").as_str()));
    let state = bed
        .step(AwsAuthRoleResource::new())
        .update(&state, role_config("teams/b", "a", &["g"]))
        .await
        .unwrap();
    assert_eq!(arn(&state), Value::from(role_arn("b").as_str()));
}

#[tokio::test]
async fn a_state_of_a_version_without_id_plans_empty_also_without_a_refresh() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthRoleResource::new());
    let config = role_config("dev", "dev", &["dev"]);
    let state = step.create(config.clone()).await.unwrap();
    assert_eq!(
        state.model.id,
        Attr::Known(format!("prod#{}", role_arn("dev")))
    );
    let mut old = serde_json::to_value(&state.model).unwrap();
    old.as_object_mut().unwrap().remove("id").unwrap();
    let upgraded = step.upgrade(0, &old).unwrap();
    assert_eq!(upgraded.model, state.model);
    let planned = step.plan_update(&upgraded, config).await.unwrap();
    assert_eq!(planned.action, Action::None);
}
