//! A role that was made and could not be completed.

use super::*;

const S3: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

fn config() -> serde_json::Value {
    with(
        reader(),
        json!({ "policy_arns": [FOREIGN, POLICY], "inline_policies": { "s3": S3 }, "description": "reads", "tags": { "env": "prod" } }),
    )
}

fn denied(operation: &'static str) -> ApiError {
    let action = format!("iam:{operation}");
    refusal(ErrorKind::AccessDenied, &action, "AccessDenied", "no")
}

#[tokio::test]
async fn a_role_that_could_not_be_completed_is_completed_by_the_next_apply() {
    for operation in ["AttachRolePolicy", "PutRolePolicy"] {
        let cloud = cloud();
        cloud.iam.calls.fail_next(operation, denied(operation));
        let failure = harness(&cloud).create(config()).await.unwrap_err();
        assert_eq!(titles(&failure.diagnostics), ["Role Made Only In Part"]);
        assert_eq!(failure.state, None, "a state would be tainted and replaced");
        let detail = &first(&failure.diagnostics).detail;
        assert!(detail.contains("the next apply completes it"), "{detail}");
        let left = cloud.iam.role_now("reader").unwrap();
        let state = harness(&cloud).create(config()).await.unwrap();
        let now = cloud.iam.role_now("reader").unwrap();
        assert_eq!(now.role.unique_id, left.role.unique_id);
        assert_eq!(now.role.description, "reads");
        assert_eq!(now.attached, [FOREIGN.to_owned(), POLICY.to_owned()].into());
        assert_eq!(now.inline, [("s3".to_owned(), S3.to_owned())].into());
        assert_eq!(state.model.adopted, Attr::Known(false));
        let calls = cloud.iam.calls.take();
        assert!(
            !calls.iter().any(|call| call.starts_with("DeleteRole")),
            "{calls:?}"
        );
        let resource = harness(&cloud);
        let read = resource.read(&state).await.unwrap().unwrap();
        let planned = resource.plan_update(&read, config()).await.unwrap();
        assert_eq!(planned.action, Action::None);
    }
}

#[tokio::test]
async fn what_is_configured_by_then_is_what_the_next_apply_makes() {
    let cloud = cloud();
    cloud
        .iam
        .calls
        .fail_next("PutRolePolicy", denied("PutRolePolicy"));
    harness(&cloud).create(config()).await.unwrap_err();
    let other = with(
        reader(),
        json!({ "policy_arns": [POLICY], "exclusive_policy_arns": true, "tags": { "env": "test" }, "max_session_duration": 7200 }),
    );
    harness(&cloud).create(other).await.unwrap();
    let now = cloud.iam.role_now("reader").unwrap();
    assert_eq!(now.attached, [POLICY.to_owned()].into());
    let tags = [("env".to_owned(), "test".to_owned())];
    assert_eq!((now.inline, now.role.tags), ([].into(), tags.into()));
    assert_eq!(
        (now.role.description.as_str(), now.role.max_session_duration),
        ("", 7200)
    );
}

#[tokio::test]
async fn it_may_take_more_than_one_apply() {
    let cloud = cloud();
    for _ in 0..3 {
        cloud
            .iam
            .calls
            .fail_next("PutRolePolicy", denied("PutRolePolicy"));
        let failure = harness(&cloud).create(config()).await.unwrap_err();
        assert_eq!(titles(&failure.diagnostics), ["Role Made Only In Part"]);
        assert_eq!(failure.state, None);
    }
    harness(&cloud).create(config()).await.unwrap();
    assert_eq!(
        cloud.iam.role_now("reader").unwrap().role.unique_id,
        "AROAEXAMPLE0000000001"
    );
}

#[tokio::test]
async fn a_role_that_cannot_be_marked_is_taken_back() {
    let cloud = cloud();
    cloud
        .iam
        .calls
        .fail_next("PutRolePolicy", denied("PutRolePolicy"));
    cloud.iam.calls.deny("iam:UpdateRole");
    let failure = harness(&cloud).create(config()).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cannot Create Role"]);
    assert_eq!((failure.state, cloud.iam.role_now("reader")), (None, None));
}

#[tokio::test]
async fn a_role_with_a_generated_name_is_taken_back_because_the_next_apply_chooses_another() {
    let cloud = cloud();
    cloud
        .iam
        .calls
        .fail_next("PutRolePolicy", denied("PutRolePolicy"));
    let config = json!({ "name_prefix": "reader-", "pod_identity": true, "policy_arns": [POLICY], "inline_policies": { "s3": S3 } });
    let failure = harness(&cloud).create(config).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cannot Create Role"]);
    assert_eq!(failure.state, None);
    let calls = cloud.iam.calls.take();
    assert!(
        calls.last().unwrap().starts_with("DeleteRole reader-"),
        "{calls:?}"
    );
}

#[tokio::test]
async fn a_role_that_can_be_neither_marked_nor_deleted_is_in_the_state() {
    let cloud = cloud();
    cloud
        .iam
        .calls
        .fail_next("PutRolePolicy", denied("PutRolePolicy"));
    cloud.iam.calls.deny("iam:UpdateRole");
    cloud.iam.calls.deny("iam:DetachRolePolicy");
    let failure = harness(&cloud).create(config()).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Made Only In Part"]);
    let state = failure.state.unwrap().model;
    assert_eq!(state.arn, known(ARN));
    assert_eq!(state.inline_policies, to_map([]));
}

#[tokio::test]
async fn the_mark_of_another_role_is_no_mark() {
    let cloud = cloud();
    cloud
        .iam
        .calls
        .fail_next("PutRolePolicy", denied("PutRolePolicy"));
    harness(&cloud).create(config()).await.unwrap_err();
    cloud.iam.change_role("reader", |found| {
        found.role.unique_id = "AROATHEIRS".to_owned()
    });
    let failure = harness(&cloud).create(config()).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Exists Already"]);
}

#[tokio::test]
async fn an_interrupt_leaves_the_role_to_the_next_apply() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let unseen = refusal(
        ErrorKind::NotFound,
        "iam:PutRolePolicy",
        "NoSuchEntity",
        "no role",
    );
    for _ in 0..50 {
        cloud.iam.calls.fail_next("PutRolePolicy", unseen.clone());
    }
    let token = resource.cancel_token();
    cloud
        .iam
        .calls
        .cancel_during("PutRolePolicy reader s3", token);
    let failure = resource.create(config()).await.unwrap_err();
    assert_eq!(
        (titles(&failure.diagnostics), failure.state),
        (vec!["Role Made Only In Part"], None)
    );
    assert!(
        cloud
            .iam
            .role_now("reader")
            .unwrap()
            .role
            .description
            .starts_with("Unfinished")
    );
}

const NOTE: &str = ".terraform/eksauth-recovery/role-being-made.111122223333.reader.json";

/// What a run that was killed has left: a role, and the note that it was about to make it.
fn killed(cloud: &FakeCloud, begun_at: i64, process: &str) {
    let tags = [("env".to_owned(), "prod".to_owned())];
    let mut left = role_of_others("reader", TRUST);
    left.role.description = "reads".to_owned();
    left.role.tags = tags.clone().into();
    left.attached = [FOREIGN.to_owned()].into();
    let asked = json!({
        "name": "reader", "path": "/", "assume_role_policy": TRUST, "description": "reads", "max_session_duration": 3600,
        "permissions_boundary": null, "tags": { "env": "prod" },
    });
    let note = json!({ "begun_at": begun_at, "process": process, "role": asked });
    cloud.files.put(NOTE, &note.to_string());
    cloud.iam.put_role(left);
}

#[tokio::test]
async fn a_run_that_was_killed_is_gone_on_with_by_the_next_one() {
    let cloud = cloud();
    killed(&cloud, 1_700_000_000, "of another run");
    let resource = harness(&cloud);
    let state = resource.create(config()).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Unfinished Role"]);
    assert_eq!(state.model.adopted, Attr::Known(false));
    let now = cloud.iam.role_now("reader").unwrap();
    assert_eq!(now.role.unique_id, "AROATHEIRS");
    assert_eq!(now.attached, [FOREIGN.to_owned(), POLICY.to_owned()].into());
    assert_eq!(cloud.files.all(), [].into());
}

#[tokio::test]
async fn a_role_that_the_killed_run_cannot_have_made_is_somebody_elses() {
    let own = tf_provider::claims::terraform_process().unwrap();
    let other = "of another run";
    for (begun_at, process) in [
        // A day before, long after, and by another resource of this very apply.
        (1_700_000_000 - 86_400, other),
        (1_700_000_000 + 600, other),
        (1_700_000_000, own.as_str()),
    ] {
        let cloud = cloud();
        killed(&cloud, begun_at, process);
        let failure = harness(&cloud).create(config()).await.unwrap_err();
        assert_eq!(titles(&failure.diagnostics), ["Role Exists Already"]);
    }
    let cloud = cloud();
    killed(&cloud, 1_700_000_000, other);
    let change = |found: &mut FakeRole| found.role.assume_role_policy = "{}".to_owned();
    cloud.iam.change_role("reader", change);
    let failure = harness(&cloud).create(config()).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Exists Already"]);
}

#[tokio::test]
async fn the_note_is_there_while_the_role_is_made_and_goes_with_the_outcome() {
    let cloud = cloud();
    harness(&cloud).create(config()).await.unwrap();
    assert_eq!(cloud.files.all(), [].into());
    cloud.files.make_read_only();
    cloud.iam.remove_role("reader");
    harness(&cloud).create(config()).await.unwrap();
}

#[tokio::test]
async fn a_note_of_a_role_that_never_came_to_be_gives_way_to_what_is_asked_for_now() {
    let cloud = cloud();
    killed(&cloud, 1_700_000_000, "of another run");
    cloud.iam.remove_role("reader");
    let other = with(config(), json!({ "service_accounts": ["apps:other"] }));
    harness(&cloud).create(other).await.unwrap();
    let written = cloud.files.written();
    assert_eq!(written.len(), 1, "{written:?}");
    assert!(written[0].contains("apps:other"), "{written:?}");
    assert_eq!(cloud.files.all(), [].into());
}

#[tokio::test]
async fn a_killed_run_that_asked_for_another_trust_policy_made_another_role() {
    let cloud = cloud();
    killed(&cloud, 1_700_000_000, "of another run");
    let other = with(config(), json!({ "service_accounts": ["apps:other"] }));
    let failure = harness(&cloud).create(other).await.unwrap_err();
    assert_eq!(
        titles(&failure.diagnostics).last(),
        Some(&"Role Exists Already")
    );
    assert_eq!(
        cloud
            .iam
            .role_now("reader")
            .unwrap()
            .role
            .assume_role_policy,
        TRUST
    );
}
