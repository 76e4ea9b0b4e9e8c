//! A provider that exists already: refused, adopted, or ours after all.

use super::*;

#[tokio::test]
async fn an_existing_provider_is_an_error_that_prints_the_import_block() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["sts.amazonaws.com"]));
    let failure = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert_eq!(
        titles(&failure.diagnostics),
        ["OIDC Provider Exists Already"]
    );
    let detail = &first(&failure.diagnostics).detail;
    assert!(
        detail.contains("one OIDC provider per issuer and account"),
        "{detail}"
    );
    assert!(
        detail.contains(&format!(
            "import {{\n    to = eksauth_oidc_provider.NAME\n    id = \"{ARN}\"\n  }}"
        )),
        "{detail}"
    );
    assert_eq!(
        (failure.state, cloud.iam.provider(ARN).unwrap()),
        (None, existing(&["sts.amazonaws.com"]))
    );
}

#[tokio::test]
async fn an_adopted_provider_keeps_its_own_client_ids_and_survives_destroy() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["theirs"]));
    let resource = harness(&cloud);
    let config =
        json!({ "cluster_name": "prod", "on_conflict": "adopt", "tags": { "env": "prod" } });
    let state = resource.create(config.clone()).await.unwrap();
    let tags = to_map([("env".to_owned(), "prod".to_owned())]);
    let expected = OidcProviderModel {
        on_conflict: Attr::Known("adopt".to_owned()),
        adopted: Attr::Known(true),
        tags: tags.clone(),
        tags_all: tags,
        ..of_cluster()
    };
    assert_eq!(state.model, expected);
    assert_eq!(
        titles(&resource.take_warnings()),
        ["OIDC Provider Exists Already", "OIDC Provider Adopted"]
    );
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model, expected);
    assert_eq!(
        resource.plan_update(&read, config).await.unwrap().action,
        Action::None
    );

    let fewer = json!({ "cluster_name": "prod", "on_conflict": "adopt", "client_id_list": [], "tags": { "env": "prod" } });
    let state = resource.update(&read, fewer).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Client Ids Stay"]);
    resource.delete(&state).await.unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["Adopted OIDC Provider Stays"]
    );
    let live = cloud.iam.provider(ARN).unwrap();
    assert_eq!(
        live.client_ids,
        ["sts.amazonaws.com".to_owned(), "theirs".to_owned()].into()
    );
    assert_eq!(live.tags.get("owner"), Some(&"them".to_owned()));
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_recognised_as_ours() {
    let cloud = cloud();
    let lost = refusal(
        ErrorKind::AlreadyExists,
        "iam:CreateOpenIDConnectProvider",
        "EntityAlreadyExists",
        "exists",
    );
    let lost = crate::ports::ApiError {
        attempts: 2,
        earlier_attempt_is_open: true,
        ..lost
    };
    cloud
        .iam
        .calls
        .lose_answer_of_next("CreateOpenIDConnectProvider", lost);
    let state = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(state.model, of_cluster());
}

#[tokio::test]
async fn a_provider_made_by_someone_else_at_the_same_moment_is_not_taken_for_ours() {
    let cloud = cloud();
    let faster = refusal(
        ErrorKind::AlreadyExists,
        "iam:CreateOpenIDConnectProvider",
        "EntityAlreadyExists",
        "exists",
    );
    cloud
        .iam
        .calls
        .lose_answer_of_next("CreateOpenIDConnectProvider", faster);
    let failure = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert_eq!(
        (titles(&failure.diagnostics), failure.state),
        (vec!["OIDC Provider Exists Already"], None)
    );
}

#[tokio::test]
async fn a_provider_that_is_there_is_a_warning_at_plan_with_both() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["theirs"]));
    let resource = harness(&cloud);
    resource
        .plan_create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let warnings = resource.take_warnings();
    assert_eq!(titles(&warnings), ["OIDC Provider Exists Already"]);
    let detail = &first(&warnings).detail;
    let both = "  exists      client ids `theirs`, 1 tag\n  configured  client ids `sts.amazonaws.com`, 0 tags\n\nApply will refuse";
    assert!(detail.contains(both), "{detail}");
    resource
        .plan_create(json!({ "cluster_name": "prod", "on_conflict": "adopt" }))
        .await
        .unwrap();
    let detail = first(&resource.take_warnings()).detail.clone();
    assert!(detail.contains("Apply adopts it"), "{detail}");
}

#[tokio::test]
async fn who_may_not_list_is_told_nothing_at_plan_and_a_provider_in_the_state_is_no_news() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["theirs"]));
    cloud.iam.calls.deny("iam:ListOpenIDConnectProviders");
    let resource = harness(&cloud);
    let config = json!({ "cluster_name": "prod" });
    resource.plan_create(config.clone()).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), Vec::<&str>::new());
    let cloud = self::cloud();
    let state = harness(&cloud).create(config.clone()).await.unwrap();
    let walk = harness(&cloud);
    walk.read(&state).await.unwrap();
    walk.plan_create(config).await.unwrap();
    assert_eq!(titles(&walk.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn a_provider_that_cannot_be_read_after_it_was_made_is_made_all_the_same() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let planned = resource
        .plan_create(json!({ "cluster_name": "prod" }))
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
        .fail_on("GetOpenIDConnectProvider", 2, denied());
    let state = resource.apply(planned).await.unwrap().unwrap();
    assert_eq!(state.model.thumbprint_list, Attr::Null);
    let read = resource.read(&state).await.unwrap().unwrap();
    let config = json!({ "cluster_name": "prod" });
    let planned = resource.plan_update(&read, config).await.unwrap();
    assert_eq!(planned.action, Action::None);
}

#[tokio::test]
async fn an_adoption_that_fails_leaves_no_state_and_is_done_again() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["theirs"]));
    let config = json!({ "cluster_name": "prod", "on_conflict": "adopt" });
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:AddClientIDToOpenIDConnectProvider",
        "AccessDenied",
        "no",
    );
    let operation = "AddClientIDToOpenIDConnectProvider";
    cloud.iam.calls.fail_next(operation, denied);
    let failure = harness(&cloud).create(config.clone()).await.unwrap_err();
    assert_eq!(failure.state, None);
    let state = harness(&cloud).create(config).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(true));
}
