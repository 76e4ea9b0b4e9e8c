//! Another cluster, account or region than the state was made for.

use super::*;

#[tokio::test]
async fn a_replaced_cluster_changes_the_trust_in_place_and_never_against_the_old_issuer() {
    let cloud = cloud();
    let state = harness(&cloud).create(reader()).await.unwrap();
    cloud.eks.put(active_cluster("prod", "NEW"));
    let resource = harness(&cloud);
    let planned = resource.plan_update(&state, reader()).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    assert_eq!(
        planned.model.as_ref().unwrap().assume_role_policy,
        Attr::Known(TRUST.replace("ABC", "NEW"))
    );
    cloud.eks.put(active_cluster("prod", "NEWER"));
    cloud.clock.advance(Duration::from_secs(1));
    cloud.iam.calls.take();
    let failure = resource.apply(planned).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cluster Was Replaced"]);
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cluster_that_is_being_replaced_by_the_same_apply_leaves_the_trust_unknown() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    let planned = resource
        .plan_update(&state, with(reader(), json!({ "cluster_name": UNKNOWN })))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Update);
    assert_eq!(planned.model.unwrap().assume_role_policy, Attr::Unknown);
}

#[tokio::test]
async fn another_account_is_an_error_and_never_an_emptied_state() {
    let state = harness(&cloud()).create(reader()).await.unwrap();
    let other = Arc::new(FakeCloud::of_account("999988887777"));
    other.eks.put(active_cluster("prod", "ABC"));
    let resource = harness(&other);
    assert_eq!(
        titles(&resource.read(&state).await.unwrap_err()),
        ["Another Account"]
    );
    other.iam.put_role(FakeRole {
        role: Role {
            arn: "arn:aws:iam::999988887777:role/reader".to_owned(),
            ..role_of_others("reader", TRUST).role
        },
        ..role_of_others("reader", TRUST)
    });
    assert_eq!(
        titles(&resource.read(&state).await.unwrap_err()),
        ["Another Account"]
    );
    assert_eq!(
        titles(&resource.delete(&state).await.unwrap_err().diagnostics),
        ["Another Account"]
    );
}

#[tokio::test]
async fn another_region_is_an_error_and_never_an_emptied_state() {
    let cloud = cloud();
    let state = harness(&cloud).create(reader()).await.unwrap();
    let elsewhere = Settings {
        region: known("us-east-1"),
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, elsewhere);
    assert_eq!(
        titles(&resource.read(&state).await.unwrap_err()),
        ["Another Region"]
    );
    assert_eq!(
        titles(&resource.plan_update(&state, reader()).await.unwrap_err()),
        ["Another Region"]
    );
}

#[tokio::test]
async fn an_unknown_provider_block_keeps_the_state_with_a_warning() {
    let state = harness(&cloud()).create(reader()).await.unwrap();
    let settings = Settings {
        region: Attr::Unknown,
        ..Settings::default()
    };
    let resource = Harness::new(IrsaRoleResource, context_of_unknown_block(settings).client);
    assert_eq!(
        resource.read(&state).await.unwrap().unwrap().model,
        state.model
    );
    assert_eq!(titles(&resource.take_warnings()), ["Not Refreshed"]);
    assert_eq!(
        resource.plan_update(&state, reader()).await.unwrap().action,
        Action::None
    );
}
