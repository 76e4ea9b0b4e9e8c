//! What IAM refuses, delays or forgets, and what is then in the state.

use super::*;

#[tokio::test]
async fn a_role_whose_policies_could_not_be_attached_is_in_the_state() {
    let cloud = cloud();
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:AttachRolePolicy",
        "AccessDenied",
        "no",
    );
    cloud.iam.calls.fail_next("AttachRolePolicy", denied);
    let config = with(reader(), json!({ "policy_arns": [POLICY] }));
    let failure = harness(&cloud).create(config).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Made Only In Part"]);
    assert_eq!(
        failure.state.unwrap().model,
        IrsaRoleModel {
            policy_arns: to_set([]),
            ..made()
        }
    );
}

#[tokio::test]
async fn a_principal_that_iam_does_not_see_yet_is_waited_for() {
    let cloud = cloud();
    let message = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/nodes\"";
    let unseen = refusal(
        ErrorKind::UnknownPrincipal,
        "iam:CreateRole",
        "MalformedPolicyDocument",
        message,
    );
    cloud.iam.calls.fail_next("CreateRole", unseen.clone());
    cloud.iam.calls.fail_next("CreateRole", unseen);
    let state = harness(&cloud).create(reader()).await.unwrap();
    assert_eq!(state.model, made());
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "CreateRole reader",
            "CreateRole reader",
            "CreateRole reader"
        ]
    );
}

#[tokio::test]
async fn a_policy_that_does_not_exist_is_waited_for_with_a_bound() {
    let cloud = cloud();
    for _ in 0..100 {
        let missing = refusal(
            ErrorKind::NotFound,
            "iam:AttachRolePolicy",
            "NoSuchEntity",
            "Policy does not exist",
        );
        cloud.iam.calls.fail_next("AttachRolePolicy", missing);
    }
    let started = crate::ports::Clock::now(cloud.clock.as_ref());
    let failure = harness(&cloud)
        .create(with(reader(), json!({ "policy_arns": [POLICY] })))
        .await
        .unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Made Only In Part"]);
    let waited = crate::ports::Clock::now(cloud.clock.as_ref())
        .duration_since(started)
        .unwrap();
    assert_eq!(waited, Duration::from_secs(32));
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_recognised_as_ours() {
    let cloud = cloud();
    let lost = refusal(
        ErrorKind::AlreadyExists,
        "iam:CreateRole",
        "EntityAlreadyExists",
        "exists",
    );
    cloud.iam.calls.lose_answer_of_next(
        "CreateRole",
        ApiError {
            attempts: 2,
            earlier_attempt_is_open: true,
            ..lost
        },
    );
    assert_eq!(
        harness(&cloud).create(reader()).await.unwrap().model,
        made()
    );
}

#[tokio::test]
async fn a_role_of_that_name_is_an_error_that_shows_both_and_prints_the_import_block() {
    let cloud = cloud();
    cloud.iam.put_role(role_of_others("reader", TRUST));
    let failure = harness(&cloud).create(reader()).await.unwrap_err();
    assert_eq!(
        (titles(&failure.diagnostics), &failure.state),
        (vec!["Role Exists Already"], &None)
    );
    let detail = &first(&failure.diagnostics).detail;
    assert!(
        detail.contains("import {\n    to = eksauth_irsa_role.NAME\n    id = \"reader\"\n  }"),
        "{detail}"
    );
}

#[tokio::test]
async fn without_rights_the_state_is_kept_only_where_the_provider_block_says_so() {
    let cloud = cloud();
    let state = harness(&cloud).create(reader()).await.unwrap();
    let denied = || refusal(ErrorKind::AccessDenied, "iam:GetRole", "AccessDenied", "no");
    cloud.iam.calls.fail_next("RoleDetails", denied());
    let refused = harness(&cloud).read(&state).await.unwrap_err();
    assert_eq!(titles(&refused), ["Cannot Read Role"]);
    let keep = Settings {
        on_unreadable: OnUnreadable::KeepState,
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, keep);
    cloud.iam.calls.fail_next("RoleDetails", denied());
    assert_eq!(
        resource.read(&state).await.unwrap().unwrap().model,
        state.model
    );
    assert_eq!(
        titles(&resource.take_warnings()),
        ["State Kept Without Checking"]
    );
}
