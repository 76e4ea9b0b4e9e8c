//! What IAM refuses, delays or forgets, and what is then in the state.

use super::*;

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
            "GetRole reader",
            "CreateRole reader",
            "CreateRole reader",
            "CreateRole reader"
        ]
    );
}

#[tokio::test]
async fn a_policy_that_does_not_exist_is_waited_for_with_a_bound_before_anything_is_made() {
    let (cloud, missing) = (cloud(), "arn:aws:iam::111122223333:policy/missing");
    for (attribute, value) in [
        ("policy_arns", json!([POLICY, missing])),
        ("permissions_boundary", json!(missing)),
    ] {
        cloud.iam.remove_policy(missing);
        let started = crate::ports::Clock::now(cloud.clock.as_ref());
        let failure = harness(&cloud)
            .create(with(reader(), json!({ attribute: value })))
            .await
            .unwrap_err();
        assert_eq!(titles(&failure.diagnostics), ["Policy Not Found"]);
        let waited = crate::ports::Clock::now(cloud.clock.as_ref()).duration_since(started);
        assert_eq!(waited.unwrap(), Duration::from_secs(32));
        assert_eq!((failure.state, cloud.iam.role_now("reader")), (None, None));
    }
}

#[tokio::test]
async fn a_policy_of_aws_that_does_not_exist_is_not_waited_for() {
    let cloud = cloud();
    cloud.iam.remove_policy(POLICY);
    let config = with(reader(), json!({ "policy_arns": [POLICY] }));
    let failure = harness(&cloud).create(config).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Policy Not Found"]);
    let policy = format!("GetPolicy {POLICY}");
    assert_eq!(cloud.iam.calls.take(), ["GetRole reader", &policy]);
}

#[tokio::test]
async fn a_change_asks_for_new_policies_before_its_first_step() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    cloud.iam.remove_policy(POLICY);
    cloud.iam.calls.take();
    let config = json!({ "service_accounts": ["apps:other"], "policy_arns": [POLICY] });
    let config = with(reader(), config);
    let failure = resource.update(&state, config).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Policy Not Found"]);
    assert_eq!(cloud.iam.calls.take(), [format!("GetPolicy {POLICY}")]);
    assert_eq!(failure.state.unwrap().model, state.model);
}

#[tokio::test]
async fn who_may_not_ask_for_policies_attaches_them_all_the_same_and_each_is_asked_for_once() {
    let cloud = cloud();
    let config = with(reader(), json!({ "policy_arns": [POLICY] }));
    let resource = harness(&cloud);
    let second = with(config.clone(), json!({ "name": "second" }));
    resource.create(config.clone()).await.unwrap();
    resource.create(second).await.unwrap();
    let asked = cloud.iam.calls.take();
    let asked = asked.iter().filter(|call| call.starts_with("GetPolicy"));
    assert_eq!(asked.count(), 1);
    cloud.iam.remove_role("reader");
    cloud.iam.calls.deny("iam:GetPolicy");
    harness(&cloud).create(config).await.unwrap();
    assert!(
        cloud
            .iam
            .role_now("reader")
            .unwrap()
            .attached
            .contains(POLICY)
    );
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
    assert!(detail.contains("on_conflict = \"adopt\""), "{detail}");
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
