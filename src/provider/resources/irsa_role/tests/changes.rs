//! Changes in place, drift, and what belongs to others.

use super::*;

#[tokio::test]
async fn a_trust_policy_edited_by_hand_is_drift_and_one_only_formatted_is_none() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(TRUST).unwrap())
            .unwrap();
    cloud
        .iam
        .change_role("reader", |found| found.role.assume_role_policy = pretty);
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, reader()).await.unwrap().action,
        Action::None
    );

    let edited = TRUST.replace("apps:reader", "apps:intruder");
    cloud.iam.change_role("reader", |found| {
        found.role.assume_role_policy = edited.clone()
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.assume_role_policy, Attr::Known(edited));
    cloud.iam.calls.take();
    let mended = resource.update(&read, reader()).await.unwrap();
    assert_eq!(mended.model, made());
    assert_eq!(cloud.iam.calls.take(), ["UpdateAssumeRolePolicy reader"]);
}

#[tokio::test]
async fn every_setting_is_changed_in_place_and_the_boundary_goes_when_it_is_unset() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let before = json!({ "permissions_boundary": "arn:aws:iam::111122223333:policy/bound", "policy_arns": [FOREIGN], "tags": { "a": "1" } });
    let state = resource.create(with(reader(), before)).await.unwrap();
    cloud.iam.calls.take();
    let after = with(
        reader(),
        json!({ "description": "new", "policy_arns": [POLICY], "tags": { "b": "2" } }),
    );
    let state = resource.update(&state, after.clone()).await.unwrap();
    assert_eq!(
        cloud.iam.calls.take(),
        [
            &format!("GetPolicy {POLICY}"),
            "DeleteRolePermissionsBoundary reader",
            &format!("AttachRolePolicy reader {POLICY}"),
            &format!("DetachRolePolicy reader {FOREIGN}"),
            "TagRole reader",
            "UntagRole reader",
            "UpdateRole reader",
        ]
    );
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, after).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn policies_of_others_are_left_alone_unless_the_list_is_exclusive() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let config = with(reader(), json!({ "policy_arns": [POLICY] }));
    let state = resource.create(config.clone()).await.unwrap();
    cloud.iam.change_role("reader", |found| {
        found.attached.insert(FOREIGN.to_owned());
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource
            .plan_update(&read, config.clone())
            .await
            .unwrap()
            .action,
        Action::None
    );

    let exclusive = with(config, json!({ "exclusive_policy_arns": true }));
    let planned = resource
        .plan_update(&read, exclusive.clone())
        .await
        .unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["Policies Will Be Detached"]
    );
    let state = resource.apply(planned).await.unwrap().unwrap();
    assert_eq!(
        cloud.iam.role_now("reader").unwrap().attached,
        BTreeSet::from([POLICY.to_owned()])
    );
    cloud.iam.change_role("reader", |found| {
        found.attached.insert(FOREIGN.to_owned());
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, exclusive).await.unwrap().action,
        Action::Update
    );
}

#[tokio::test]
async fn destroy_stops_at_what_others_attached_and_takes_it_along_when_told() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(with(reader(), json!({ "policy_arns": [POLICY] })))
        .await
        .unwrap();
    cloud.iam.change_role("reader", |found| {
        found.attached.insert(FOREIGN.to_owned());
        found.inline.insert("theirs".to_owned(), "{}".to_owned());
        found.instance_profiles.push("nodes".to_owned());
    });
    let failure = resource.delete(&state).await.unwrap_err();
    let detail = &first(&failure.diagnostics).detail;
    let listed = format!(
        "  managed policy    {FOREIGN}\n  inline policy     theirs\n  instance profile  nodes"
    );
    assert!(detail.contains(&listed), "{detail}");

    let forced = with(
        reader(),
        json!({ "policy_arns": [POLICY], "force_detach_policies": true }),
    );
    let state = resource.update(&state, forced).await.unwrap();
    resource.delete(&state).await.unwrap();
    assert_eq!(cloud.iam.role_now("reader"), None);
}

/// A role with a policy and an inline policy of its own, and what somebody else did to it.
async fn role_that_others_changed(
    cloud: &Arc<FakeCloud>,
    change: impl FnOnce(&mut FakeRole),
) -> tf_provider::testing::Stored<IrsaRoleModel> {
    let own = json!({
        "policy_arns": [POLICY],
        "inline_policies": { "own": r#"{"Version":"2012-10-17","Statement":[]}"# },
    });
    let state = harness(cloud).create(with(reader(), own)).await.unwrap();
    cloud.iam.change_role("reader", change);
    state
}

#[tokio::test]
async fn a_refused_destroy_has_taken_nothing_away() {
    let foreign: [fn(&mut FakeRole); 3] = [
        |found| {
            found.attached.insert(FOREIGN.to_owned());
        },
        |found| {
            found.inline.insert("theirs".to_owned(), "{}".to_owned());
        },
        |found| found.instance_profiles.push("nodes".to_owned()),
    ];
    for change in foreign {
        let cloud = cloud();
        let state = role_that_others_changed(&cloud, change).await;
        let before = cloud.iam.role_now("reader");
        let failure = harness(&cloud).delete(&state).await.unwrap_err();
        assert_eq!(titles(&failure.diagnostics), ["Cannot Delete Role"]);
        let detail = &first(&failure.diagnostics).detail;
        assert!(
            !detail.contains(POLICY) && !detail.contains("inline policy     own"),
            "only what is not ours is in the way: {detail}"
        );
        assert_eq!(cloud.iam.role_now("reader"), before);
    }
}

#[tokio::test]
async fn a_destroy_that_is_not_allowed_or_cannot_look_has_taken_nothing_away() {
    for (operation, permission) in [
        ("DeleteRole", "iam:DeleteRole"),
        ("RoleDetails", "iam:GetRole"),
        (
            "ListInstanceProfilesForRole",
            "iam:ListInstanceProfilesForRole",
        ),
    ] {
        let cloud = cloud();
        let state = role_that_others_changed(&cloud, |_| {}).await;
        let before = cloud.iam.role_now("reader");
        let denied = refusal(ErrorKind::AccessDenied, permission, "AccessDenied", "no");
        cloud.iam.calls.fail_next(operation, denied);
        let failure = harness(&cloud).delete(&state).await.unwrap_err();
        assert_eq!(titles(&failure.diagnostics), ["Cannot Delete Role"]);
        assert_eq!(cloud.iam.role_now("reader"), before, "{operation}");
    }
}

#[tokio::test]
async fn a_role_with_only_what_is_ours_goes_with_it_and_a_bare_one_in_one_call() {
    let cloud = cloud();
    let state = role_that_others_changed(&cloud, |_| {}).await;
    harness(&cloud).delete(&state).await.unwrap();
    assert_eq!(cloud.iam.role_now("reader"), None);

    let state = harness(&cloud).create(reader()).await.unwrap();
    cloud.iam.calls.take();
    harness(&cloud).delete(&state).await.unwrap();
    assert_eq!(cloud.iam.calls.take(), ["DeleteRole reader"]);
}

#[tokio::test]
async fn a_role_that_disappeared_is_planned_anew() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    cloud.iam.remove_role("reader");
    assert_eq!(resource.read(&state).await.unwrap(), None);
    resource.delete(&state).await.unwrap();
}

#[tokio::test]
async fn an_inline_policy_in_other_words_is_no_change() {
    let cloud = cloud();
    let own = |text: &str| with(reader(), json!({ "inline_policies": { "own": text } }));
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}"#;
    let state = harness(&cloud).create(own(text)).await.unwrap();
    let same = r#"{ "Statement": [{ "Resource": "*", "Action": ["s3:ListBucket"], "Effect": "Allow" }], "Version": "2012-10-17" }"#;
    let plan = harness(&cloud).plan_update(&state, own(same)).await;
    assert_eq!(plan.unwrap().action, Action::None);
    let other = text.replace("ListBucket", "GetObject");
    let plan = harness(&cloud).plan_update(&state, own(&other)).await;
    assert_ne!(plan.unwrap().action, Action::None);
    let more = json!({ "own": same, "second": text });
    let config = with(reader(), json!({ "inline_policies": more }));
    let plan = harness(&cloud).plan_update(&state, config).await;
    assert_ne!(plan.unwrap().action, Action::None);
}
