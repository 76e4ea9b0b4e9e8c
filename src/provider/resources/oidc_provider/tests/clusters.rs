//! Clusters that are missing, coming, replaced, or somewhere else.

use super::*;

#[tokio::test]
async fn a_cluster_that_is_not_there_is_a_warning_with_the_nearest_name() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let planned = resource
        .plan_create(json!({ "cluster_name": "pord" }))
        .await
        .unwrap()
        .model
        .unwrap();
    assert_eq!(
        (planned.issuer, planned.cluster_name),
        (Attr::Unknown, Attr::Known("pord".to_owned()))
    );
    let warnings = resource.take_warnings();
    assert_eq!(
        first(&warnings).detail,
        "There is no cluster `pord` in account `111122223333`, region `eu-central-1`. The nearest name there is `prod`. Nothing that depends on it was \
         checked at plan. If this apply makes it, write `cluster_name = aws_eks_cluster.this.id` or add `depends_on`, so that Terraform makes it first. \
         Otherwise apply waits 2 minutes for it to be there, and then fails."
    );
}

#[tokio::test]
async fn apply_waits_for_a_cluster_that_is_being_created() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put_sequence(
        "prod",
        vec![
            creating_cluster("prod"),
            creating_cluster("prod"),
            active_cluster("prod", "ABC"),
        ],
    );
    let state = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(state.model, of_cluster());
}

#[tokio::test]
async fn a_provider_made_after_its_cluster_was_replaced_in_the_same_apply_is_of_the_new_one() {
    let cloud = cloud();
    let apply = harness(&cloud);
    let config = json!({ "cluster_name": "prod" });
    let state = apply.create(config.clone()).await.unwrap();
    apply.delete(&state).await.unwrap();
    let new = active_cluster("prod", "NEW");
    cloud.eks.put(new.clone());
    cloud.clock.advance(std::time::Duration::from_secs(5));
    let made = apply.create(config).await.unwrap();
    assert_eq!(made.model.issuer, new.issuer.into());
}

#[tokio::test]
async fn apply_gives_up_on_a_name_that_is_not_there_after_two_minutes() {
    let cloud = Arc::new(FakeCloud::default());
    let failure = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert_eq!(failure.state, None);
    assert_eq!(titles(&failure.diagnostics), ["Cluster Not Found"]);
    assert!(
        first(&failure.diagnostics)
            .detail
            .contains("The provider waited 120 s for it.")
    );
}

#[tokio::test]
async fn ctrl_c_ends_the_wait_for_a_cluster() {
    let cloud = Arc::new(FakeCloud::default());
    let resource = harness(&cloud);
    let planned = resource
        .plan_create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    resource.cancel_token().cancel();
    let failure = resource.apply(planned).await.unwrap_err();
    assert_eq!(
        (titles(&failure.diagnostics), failure.state),
        (vec!["Cancelled"], None)
    );
}

#[tokio::test]
async fn a_replaced_cluster_plans_a_new_provider_against_the_new_issuer() {
    let cloud = cloud();
    let state = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.eks.put(active_cluster("prod", "NEW"));
    let resource = harness(&cloud);
    let read = resource.read(&state).await.unwrap().unwrap();
    let planned = resource
        .plan_update(&read, json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Replace);
    assert_eq!(
        planned.model.as_ref().unwrap().issuer,
        Attr::Known("https://oidc.eks.eu-central-1.amazonaws.com/id/NEW".to_owned())
    );
    resource.apply(planned).await.unwrap();
    assert_eq!(cloud.iam.provider(ARN), None);
}

#[tokio::test]
async fn a_cluster_that_is_being_replaced_by_the_same_apply_is_never_planned_against() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let planned = resource
        .plan_update(&state, json!({ "cluster_name": UNKNOWN }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Replace);
    assert_eq!(planned.model.unwrap().arn, Attr::Unknown);
}

#[tokio::test]
async fn a_cluster_replaced_between_plan_and_apply_stops_the_apply() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let planned = resource
        .plan_create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.eks.put(active_cluster("prod", "NEW"));
    cloud.clock.advance(Duration::from_secs(1));
    let failure = resource.apply(planned).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cluster Was Replaced"]);
    assert_eq!(failure.state, None);
    assert_eq!(cloud.iam.calls.take(), ["ListOpenIDConnectProviders"]);
}

#[tokio::test]
async fn another_account_is_an_error_and_never_an_emptied_state() {
    let state = harness(&cloud())
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let other = Arc::new(FakeCloud::of_account("999988887777"));
    other.eks.put(active_cluster("prod", "ABC"));
    let resource = harness(&other);
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
async fn an_import_from_another_account_is_an_error_that_speaks_of_no_state() {
    let other = Arc::new(FakeCloud::of_account("999988887777"));
    let refused = harness(&other).import(ARN).await.unwrap_err();
    let told = refused.iter().next().unwrap();
    assert_eq!(
        (told.summary.as_str(), told.detail.split(", but").next()),
        (
            "Another Account",
            Some(&*format!("`{ARN}` is of account `111122223333`"))
        )
    );
    assert!(!told.detail.contains("state"), "{}", told.detail);
}

#[tokio::test]
async fn another_region_is_an_error_and_never_an_emptied_state() {
    let cloud = cloud();
    let state = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let elsewhere = Settings {
        region: Attr::Known("us-east-1".to_owned()),
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, elsewhere);
    assert_eq!(
        titles(&resource.read(&state).await.unwrap_err()),
        ["Another Region"]
    );
    assert_eq!(
        titles(
            &resource
                .plan_update(&state, json!({ "cluster_name": "prod" }))
                .await
                .unwrap_err()
        ),
        ["Another Region"]
    );
}

#[tokio::test]
async fn an_unknown_provider_block_keeps_the_state_with_a_warning() {
    let state = harness(&cloud())
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let settings = Settings {
        region: Attr::Unknown,
        ..Settings::default()
    };
    let resource = Harness::new(
        OidcProviderResource,
        context_of_unknown_block(settings).client,
    );
    assert_eq!(
        resource.read(&state).await.unwrap().unwrap().model,
        state.model
    );
    assert_eq!(titles(&resource.take_warnings()), ["Not Refreshed"]);
    let planned = resource
        .plan_update(&state, json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::None);
}
