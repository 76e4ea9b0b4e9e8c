use super::*;

#[tokio::test]
async fn an_edit_by_hand_shows_as_exactly_that_drift_and_apply_mends_it() {
    let bed = Bed::lived_in();
    let config = role_config("dev", "dev", &["dev"]);
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(config.clone())
        .await
        .unwrap();
    bed.kube().change(|map| {
        let text = map.data.get_mut("mapRoles").unwrap();
        *text = text.replace("username: dev", "username: root");
    });
    let step = bed.step(AwsAuthRoleResource::new());
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        read.model,
        AwsAuthRoleModel {
            username: Attr::Known("root".to_owned()),
            ..state.model.clone()
        }
    );
    let mended = step.update(&read, config).await.unwrap();
    assert_eq!(mended.model, state.model);
    assert_eq!(
        bed.entries(Section::MapRoles)[2..],
        [format!("{} dev dev", role_arn("dev"))]
    );
}

#[tokio::test]
async fn group_order_style_and_case_are_no_drift() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &["a", "b"]))
        .await
        .unwrap();
    bed.kube().write(&[(
        "mapRoles",
        "[{ROLEARN: 'ARN:aws:iam::111122223333:role/DEV', \"username\": dev, groups: [b, a, b]}]",
    )]);
    assert_eq!(
        bed.step(AwsAuthRoleResource::new())
            .read(&state)
            .await
            .unwrap(),
        Some(state)
    );
}

#[tokio::test]
async fn the_disappearance_of_the_entry_or_of_the_config_map_is_seen() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    bed.kube().write(&[("mapRoles", ROLES)]);
    assert_eq!(
        bed.step(AwsAuthRoleResource::new())
            .read(&state)
            .await
            .unwrap(),
        None
    );
    bed.kube().remove();
    let step = bed.step(AwsAuthRoleResource::new());
    assert_eq!(step.read(&state).await.unwrap(), None);
    assert_eq!(step.read(&state).await.unwrap(), None);
    let warnings = step.take_warnings();
    assert_eq!(
        titles(&warnings),
        ["aws-auth Is Gone"],
        "once for all entries"
    );
    assert!(
        only(&warnings)
            .detail
            .contains("`restore NAME --cluster prod` puts one back")
    );
    bed.step(AwsAuthRoleResource::new())
        .delete(&state)
        .await
        .unwrap();
    assert_eq!(bed.kube().aws_auth(), None);
}

#[tokio::test]
async fn an_entry_changed_after_the_plan_is_left_alone_with_both_versions_shown() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &["dev"]))
        .await
        .unwrap();
    let step = bed.step(AwsAuthRoleResource::new());
    let planned = step
        .plan_update(&state, role_config("dev", "dev", &["ops"]))
        .await
        .unwrap();
    bed.kube().change(|map| {
        let text = map.data.get_mut("mapRoles").unwrap();
        *text = text.replace("username: dev", "username: root");
    });
    let before = bed.kube().aws_auth();
    let failure = bed
        .step(AwsAuthRoleResource::new())
        .apply(planned)
        .await
        .unwrap_err();
    let refusal = only(&failure.diagnostics);
    assert_eq!(refusal.summary, "Entry Changed Meanwhile");
    for version in [
        "planned  username `dev`, groups `dev`",
        "there    username `root`, groups `dev`",
        "wanted   username `dev`, groups `ops`",
    ] {
        assert!(refusal.detail.contains(version), "{}", refusal.detail);
    }
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn a_duplicated_or_shadowed_entry_is_no_drift_that_never_ends() {
    let bed = Bed::lived_in();
    let config = role_config("dev", "dev", &["a"]);
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(config.clone())
        .await
        .unwrap();
    for others in [
        "- {rolearn: 'arn:aws:iam::111122223333:role/dev', username: dev, groups: [a]}\n",
        "- {rolearn: 'arn:aws:iam::111122223333:role/DEV', username: other}\n",
        "- {rolearn: 'arn:aws:iam::111122223333:role/teams/dev', username: path}\n",
    ] {
        bed.kube().change(|map| {
            map.data.get_mut("mapRoles").unwrap().push_str(others);
        });
        let step = bed.step(AwsAuthRoleResource::new());
        let read = step.read(&state).await.unwrap().unwrap();
        assert_eq!(read, state, "{others}");
        let plan = step.plan_update(&read, config.clone()).await.unwrap();
        assert_eq!(plan.action, Action::None, "{others}");
    }
}

#[tokio::test]
async fn what_others_write_never_reaches_the_state() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &["a"]))
        .await
        .unwrap();
    bed.kube().change(|map| {
        map.data.insert("notes".to_owned(), "new".to_owned());
        map.annotations
            .insert("who".to_owned(), "others".to_owned());
        map.data
            .insert("mapUsers".to_owned(), "\tbroken".to_owned());
        let roles = map.data.get_mut("mapRoles").unwrap();
        *roles = format!(
            "# moved\n{}",
            roles.replace("\n  username", "\n\n  username")
        );
    });
    let step = bed.step(AwsAuthRoleResource::new());
    assert_eq!(step.read(&state).await.unwrap(), Some(state));
}
