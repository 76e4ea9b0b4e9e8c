//! A destroy that stops in the middle: what it had taken away is put back, or named.

use tf_provider::testing::Stored;

use super::*;

const OWN: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;
const THEIRS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

/// All that a destroy of [`crowded`] asks for after it has looked, in order.
const TAKEN: [&str; 6] = [
    "RemoveRoleFromInstanceProfile reader nodes",
    "DeleteRolePolicy reader theirs",
    "DeleteRolePolicy reader own",
    "DetachRolePolicy reader arn:aws:iam::aws:policy/ReadOnlyAccess",
    "DetachRolePolicy reader arn:aws:iam::aws:policy/AuditorAccess",
    "DeleteRole reader",
];

/// A role that takes everything along, with policies of its own and of others, in somebody's instance profile.
async fn crowded(cloud: &Arc<FakeCloud>) -> Stored<IrsaRoleModel> {
    let own = json!({
        "policy_arns": [POLICY], "inline_policies": { "own": OWN }, "force_detach_policies": true,
    });
    let state = harness(cloud).create(with(reader(), own)).await.unwrap();
    cloud.iam.change_role("reader", |found| {
        found.attached.insert(FOREIGN.to_owned());
        found.inline.insert("theirs".to_owned(), THEIRS.to_owned());
        found.instance_profiles.push("nodes".to_owned());
    });
    cloud.iam.calls.take();
    state
}

fn operation(call: &'static str) -> &'static str {
    call.split(' ').next().unwrap()
}

/// Which call of its operation one of [`TAKEN`] is; the first DeleteRole is the one that IAM refuses because of what hangs on the role.
fn nth(position: usize) -> u32 {
    let call = operation(TAKEN[position]);
    let before = TAKEN[..position]
        .iter()
        .filter(|one| operation(one) == call);
    let first = if call == "DeleteRole" { 2 } else { 1 };
    first + u32::try_from(before.count()).unwrap()
}

fn denied() -> ApiError {
    refusal(
        ErrorKind::AccessDenied,
        "iam:Something",
        "AccessDenied",
        "no",
    )
}

/// How the message names what one of the first `count` of [`TAKEN`] took away.
fn names(count: usize) -> impl Iterator<Item = &'static str> {
    let calls = TAKEN.iter().take(count.min(5));
    calls.map(|call| call.rsplit(' ').next().unwrap())
}

async fn refused(cloud: &Arc<FakeCloud>, state: &Stored<IrsaRoleModel>) -> String {
    let failure = harness(cloud).delete(state).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cannot Delete Role"]);
    first(&failure.diagnostics).detail.clone()
}

#[tokio::test]
async fn instance_profiles_go_first_and_managed_policies_last() {
    let cloud = cloud();
    let state = crowded(&cloud).await;
    harness(&cloud).delete(&state).await.unwrap();
    let calls = cloud.iam.calls.take();
    assert_eq!(calls[3..], TAKEN);
}

#[tokio::test]
async fn a_refusal_at_any_call_leaves_the_role_as_it_was_and_says_so() {
    for (position, call) in TAKEN.into_iter().enumerate() {
        let cloud = cloud();
        let state = crowded(&cloud).await;
        let before = cloud.iam.role_now("reader");
        let calls = &cloud.iam.calls;
        calls.fail_on(operation(call), nth(position), denied());
        let detail = refused(&cloud, &state).await;
        assert_eq!(cloud.iam.role_now("reader"), before, "{call}: {detail}");
        if position == 0 {
            assert!(
                detail.ends_with("Nothing was taken away from role `reader`."),
                "{detail}"
            );
        }
        for name in names(position) {
            let back = detail.split_once("put back:").unwrap().1;
            assert!(back.contains(name), "{call}: {detail}");
        }
    }
}

#[tokio::test]
async fn ctrl_c_at_any_call_but_the_last_leaves_the_role_as_it_was() {
    for call in &TAKEN[..4] {
        let cloud = cloud();
        let state = crowded(&cloud).await;
        let before = cloud.iam.role_now("reader");
        let resource = harness(&cloud);
        let calls = &cloud.iam.calls;
        calls.cancel_during(call, resource.cancel_token());
        let failure = resource.delete(&state).await.unwrap_err();
        let detail = &first(&failure.diagnostics).detail;
        assert!(
            detail.contains("cancelled") && detail.contains("put back:"),
            "{detail}"
        );
        assert_eq!(cloud.iam.role_now("reader"), before, "{call}");
    }
}

#[tokio::test]
async fn ctrl_c_while_iam_is_waited_for_leaves_the_role_as_it_was() {
    let cloud = cloud();
    let state = crowded(&cloud).await;
    let before = cloud.iam.role_now("reader");
    let resource = harness(&cloud);
    let conflict = refusal(
        ErrorKind::Conflict,
        "iam:DeleteRole",
        "DeleteConflict",
        "must detach",
    );
    cloud.iam.calls.fail_on("DeleteRole", 2, conflict);
    cloud
        .iam
        .calls
        .cancel_during(TAKEN[4], resource.cancel_token());
    resource.delete(&state).await.unwrap_err();
    assert_eq!(cloud.iam.role_now("reader"), before);
}

#[tokio::test]
async fn what_is_of_the_role_alone_is_put_back_too() {
    let cloud = cloud();
    let own = json!({ "policy_arns": [POLICY], "inline_policies": { "own": OWN } });
    let state = harness(&cloud).create(with(reader(), own)).await.unwrap();
    let before = cloud.iam.role_now("reader");
    for (operation, nth) in [
        ("DeleteRolePolicy", 1),
        ("DetachRolePolicy", 1),
        ("DeleteRole", 2),
    ] {
        cloud.iam.calls.fail_on(operation, nth, denied());
        refused(&cloud, &state).await;
        assert_eq!(cloud.iam.role_now("reader"), before, "{operation}");
    }
}

#[tokio::test]
async fn a_call_that_fails_though_it_was_carried_out_is_put_back_too() {
    for (position, call) in TAKEN.into_iter().enumerate().take(5) {
        let cloud = cloud();
        let state = crowded(&cloud).await;
        // The second of its kind fails only after the first has passed.
        if nth(position) > 1 {
            continue;
        }
        let before = cloud.iam.role_now("reader");
        let lost = ApiError::new(ErrorKind::AnswerLost, "iam:Something", "connection reset");
        cloud.iam.calls.lose_answer_of_next(operation(call), lost);
        refused(&cloud, &state).await;
        assert_eq!(cloud.iam.role_now("reader"), before, "{call}");
    }
}

#[tokio::test]
async fn a_profile_that_was_not_left_after_all_counts_as_put_back() {
    let cloud = cloud();
    let state = crowded(&cloud).await;
    let before = cloud.iam.role_now("reader");
    let fault = ApiError::new(ErrorKind::Service, "iam:Something", "internal error");
    let calls = &cloud.iam.calls;
    calls.fail_next("RemoveRoleFromInstanceProfile", fault);
    let detail = refused(&cloud, &state).await;
    assert!(!detail.contains("could not be put back"), "{detail}");
    assert_eq!(cloud.iam.role_now("reader"), before);
}

#[tokio::test]
async fn what_cannot_be_put_back_is_named_with_the_reason_and_the_rest_is_put_back() {
    let cloud = cloud();
    let state = crowded(&cloud).await;
    for action in ["iam:PutRolePolicy", "iam:PassRole"] {
        cloud.deny(action);
    }
    cloud.iam.calls.fail_on("DeleteRole", 2, denied());
    let detail = refused(&cloud, &state).await;
    let (back, lost) = detail.split_once("could not be put back").unwrap();
    assert!(back.contains(POLICY) && back.contains(FOREIGN), "{detail}");
    for part in [
        "inline policy     own",
        "inline policy     theirs",
        THEIRS,
        "iam:PutRolePolicy",
    ] {
        assert!(lost.contains(part), "{part}: {detail}");
    }
    for part in ["instance profile  nodes", "iam:PassRole"] {
        assert!(lost.contains(part), "{part}: {detail}");
    }
    let now = cloud.iam.role_now("reader").unwrap();
    assert_eq!(now.attached, [POLICY, FOREIGN].map(str::to_owned).into());
}

#[tokio::test]
async fn what_iam_did_not_list_is_not_put_back_and_named() {
    let cloud = cloud();
    let state = crowded(&cloud).await;
    cloud.iam.change_role("reader", |found| {
        found.attached.remove(POLICY);
    });
    let before = cloud.iam.role_now("reader");
    cloud.iam.calls.fail_on("DeleteRole", 2, denied());
    let detail = refused(&cloud, &state).await;
    let (_, unlisted) = detail.split_once("did not list").unwrap();
    assert!(unlisted.contains(POLICY), "{detail}");
    assert_eq!(cloud.iam.role_now("reader"), before);
}

#[tokio::test]
async fn a_role_that_went_though_the_answer_was_lost_is_gone() {
    let cloud = cloud();
    let state = harness(&cloud).create(reader()).await.unwrap();
    cloud.iam.change_role("reader", |found| {
        found.instance_profiles.push("nodes".to_owned());
    });
    let forced = with(reader(), json!({ "force_detach_policies": true }));
    let state = harness(&cloud).update(&state, forced).await.unwrap();
    let lost = ApiError::new(ErrorKind::AnswerLost, "iam:DeleteRole", "connection reset");
    let conflict = refusal(
        ErrorKind::Conflict,
        "iam:DeleteRole",
        "DeleteConflict",
        "in use",
    );
    cloud.iam.calls.fail_next("DeleteRole", conflict);
    cloud.iam.calls.lose_answer_of_next("DeleteRole", lost);
    harness(&cloud).delete(&state).await.unwrap();
    assert_eq!(cloud.iam.role_now("reader"), None);
}
