//! Changes in place, drift, and failures on the way.

use super::*;

#[tokio::test]
async fn client_ids_are_added_before_any_is_removed() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod", "client_id_list": ["a", "b"] }))
        .await
        .unwrap();
    cloud.iam.calls.take();
    let config =
        json!({ "cluster_name": "prod", "client_id_list": ["b", "c"], "tags": { "env": "prod" } });
    let state = resource.update(&state, config).await.unwrap();
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "AddClientIDToOpenIDConnectProvider c",
            "RemoveClientIDFromOpenIDConnectProvider a",
            "TagOpenIDConnectProvider"
        ]
    );
    assert_eq!(
        state.model.client_id_list,
        to_set(["b".to_owned(), "c".to_owned()])
    );
    assert_eq!(
        cloud.iam.provider(ARN).unwrap().client_ids,
        ["b".to_owned(), "c".to_owned()].into()
    );
}

#[tokio::test]
async fn a_change_that_fails_halfway_leaves_in_the_state_what_was_done() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod", "client_id_list": ["a"] }))
        .await
        .unwrap();
    let error = refusal(
        ErrorKind::AccessDenied,
        "iam:RemoveClientIDFromOpenIDConnectProvider",
        "AccessDenied",
        "no",
    );
    cloud
        .iam
        .calls
        .fail_next("RemoveClientIDFromOpenIDConnectProvider", error);
    let failure = resource
        .update(
            &state,
            json!({ "cluster_name": "prod", "client_id_list": ["b"] }),
        )
        .await
        .unwrap_err();
    assert_eq!(
        titles(&failure.diagnostics),
        ["Cannot Change OIDC Provider"]
    );
    assert_eq!(
        failure.state.unwrap().model.client_id_list,
        to_set(["a".to_owned(), "b".to_owned()])
    );
}

#[tokio::test]
async fn a_failure_after_the_create_keeps_what_was_made() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let planned = resource
        .plan_create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let down = refusal(
        ErrorKind::Service,
        "iam:GetOpenIDConnectProvider",
        "ServiceFailure",
        "down",
    );
    cloud
        .iam
        .calls
        .fail_next("CreateOpenIDConnectProvider", down.clone());
    let failure = resource.apply(planned.clone()).await.unwrap_err();
    assert_eq!(failure.state, None);
    cloud.iam.calls.take();
    // The first look succeeds; the second, after the create, does not.
    cloud.iam.calls.fail_on("GetOpenIDConnectProvider", 2, down);
    // A state beside an error would be tainted and replaced, and the provider is whole.
    let state = resource.apply(planned).await.unwrap().unwrap();
    assert_eq!(state.model.arn, Attr::Known(ARN.to_owned()));
    assert_eq!(state.model.thumbprint_list, Attr::Null);
}

#[tokio::test]
async fn a_provider_that_disappeared_is_planned_anew() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.iam.remove_provider(ARN);
    assert_eq!(resource.read(&state).await.unwrap(), None);
    resource.delete(&state).await.unwrap();
}

#[tokio::test]
async fn foreign_client_ids_are_drift_that_apply_mends() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.iam.put_provider(OidcProvider {
        tags: [].into(),
        ..existing(&["sts.amazonaws.com", "foreign"])
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    let planned = resource
        .plan_update(&read, json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Update);
    resource.apply(planned).await.unwrap();
    assert_eq!(
        cloud.iam.provider(ARN).unwrap().client_ids,
        ["sts.amazonaws.com".to_owned()].into()
    );
}

#[tokio::test]
async fn thumbprints_that_were_emptied_stay_with_a_warning() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.iam.calls.take();
    let emptied = json!({ "cluster_name": "prod", "thumbprint_list": [] });
    let state = resource.update(&state, emptied.clone()).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Thumbprints Stay"]);
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, emptied).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn a_refused_call_names_the_action_that_is_missing() {
    let cloud = cloud();
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:CreateOpenIDConnectProvider",
        "AccessDenied",
        "not authorized",
    );
    let denied = crate::ports::ApiError {
        missing_permission: Some("iam:CreateOpenIDConnectProvider".to_owned()),
        ..denied
    };
    cloud
        .iam
        .calls
        .fail_next("CreateOpenIDConnectProvider", denied);
    let failure = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert_eq!(
        first(&failure.diagnostics).detail,
        format!(
            "OIDC provider `{ARN}`: iam:CreateOpenIDConnectProvider failed with `AccessDenied`: not authorized\nThe caller needs the permission \
             `iam:CreateOpenIDConnectProvider`.\nRequest id: fake-request\n\nGrant the permission to the caller, or run as someone who has it."
        )
    );
}

#[tokio::test]
async fn without_rights_the_state_is_kept_only_where_the_provider_block_says_so() {
    let cloud = cloud();
    let state = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let denied = || {
        refusal(
            ErrorKind::AccessDenied,
            "iam:GetOpenIDConnectProvider",
            "AccessDenied",
            "no",
        )
    };
    cloud
        .iam
        .calls
        .fail_next("GetOpenIDConnectProvider", denied());
    let refused = harness(&cloud).read(&state).await.unwrap_err();
    assert_eq!(titles(&refused), ["Cannot Read OIDC Provider"]);
    let keep = Settings {
        on_unreadable: OnUnreadable::KeepState,
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, keep);
    cloud
        .iam
        .calls
        .fail_next("GetOpenIDConnectProvider", denied());
    let unseen = refusal(
        ErrorKind::AccessDenied,
        "eks:DescribeCluster",
        "AccessDeniedException",
        "no",
    );
    cloud.eks.calls.fail_next("DescribeCluster", unseen);
    assert_eq!(
        resource.read(&state).await.unwrap().unwrap().model,
        state.model
    );
    let planned = resource
        .plan_update(&state, json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::None);
    assert_eq!(
        titles(&resource.take_warnings()),
        ["State Kept Without Checking", "State Kept Without Checking"]
    );
}
