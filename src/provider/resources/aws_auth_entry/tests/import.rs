use super::*;

#[tokio::test]
async fn an_import_plans_empty_also_where_the_configuration_spells_the_path() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    for id in ["admins", "break-glass/admins"] {
        let step = bed.step(AwsAuthRoleResource::new());
        let state = step
            .import(&format!("prod#{}", role_arn(id)))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(state.model.canonical_arn, Attr::Known(role_arn("admins")));
        for spelling in ["admins", "break-glass/admins"] {
            let plan = step
                .plan_update(&state, role_config(spelling, "admin", &["system:masters"]))
                .await
                .unwrap();
            assert_eq!(plan.action, Action::None, "{id} {spelling}");
        }
        let plan = step
            .plan_update(&state, role_config("x/admins", "root", &["system:masters"]))
            .await
            .unwrap();
        assert_eq!(
            plan.model.unwrap().rolearn,
            Attr::Known(role_arn("x/admins"))
        );
    }
    for id in [
        "prod#arn:aws:iam::111122223333:user/people/alice@eu-central-1",
        "prod@eu-central-1#arn:aws:iam::111122223333:user/people/alice",
    ] {
        let user = bed.step(AwsAuthUserResource::new()).import(id).await;
        let user = user.unwrap().unwrap();
        assert_eq!(user.model.username, Attr::Known("alice".to_owned()));
        assert_eq!(user.model.region, Attr::Known("eu-central-1".to_owned()));
    }
    let two = "prod@eu-west-1#arn:aws:iam::111122223333:user/people/alice@eu-central-1";
    let two = bed.step(AwsAuthUserResource::new()).import(two).await;
    assert_eq!(only(&two.unwrap_err()).summary, "Invalid Import Id");
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn an_import_says_what_is_wrong_with_its_id() {
    let bed = Bed::new(&[
        (
            "mapRoles",
            "- {rolearn: 'arn:aws:iam::111122223333:role/a', username: x}\n- {rolearn: 'arn:aws:iam::111122223333:role/A', username: y}\n",
        ),
        ("mapUsers", "\tbroken: ["),
        ("mapAccounts", "- \"444455556666\"\n"),
    ]);
    let role = bed.step(AwsAuthRoleResource::new());
    let bed = &bed;
    let import = |id: String| async move {
        only(
            &bed.step(AwsAuthRoleResource::new())
                .import(&id)
                .await
                .unwrap_err(),
        )
        .clone()
    };
    assert_eq!(import("prod".to_owned()).await.summary, "Invalid Import Id");
    let none = import(format!("prod#{}", role_arn("b"))).await;
    assert_eq!(
        (none.summary.as_str(), none.detail.as_str()),
        (
            "Entry Not Found",
            "aws-auth of cluster `prod` has no entry for `arn:aws:iam::111122223333:role/b`. mapRoles has:\n\n  \
             arn:aws:iam::111122223333:role/a\n  arn:aws:iam::111122223333:role/A\n"
        )
    );
    assert_eq!(
        import(format!("prod#{}", role_arn("a"))).await.summary,
        "Ambiguous Import Id"
    );
    let lost = import(format!("pord#{}", role_arn("a"))).await;
    assert_eq!(lost.summary, "Cluster Not Found");
    assert!(
        lost.detail.contains("The nearest name there is `prod`."),
        "{}",
        lost.detail
    );
    let user = bed
        .step(AwsAuthUserResource::new())
        .import("prod#arn:aws:iam::111122223333:user/a")
        .await
        .unwrap_err();
    assert_eq!(only(&user).summary, "Section Cannot Be Parsed");
    let account = bed.step(AwsAuthAccountResource::new());
    let state = account.import("prod#444455556666").await.unwrap().unwrap();
    assert_eq!(
        account
            .plan_update(&state, json!({ "account_id": "444455556666" }))
            .await
            .unwrap()
            .action,
        Action::None
    );
    assert_eq!(titles(&role.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn an_imported_entry_that_never_matched_sleeps_until_its_configuration_changes() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/teams/dev\n  username: dev\n",
    )]);
    let step = bed.step(AwsAuthRoleResource::new());
    let state = step
        .import(&format!("prod#{}", role_arn("teams/dev")))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        state.model.canonical_arn,
        Attr::Known(role_arn("teams/dev"))
    );
    assert_eq!(
        step.plan_update(&state, role_config("teams/dev", "dev", &[]))
            .await
            .unwrap()
            .action,
        Action::None
    );
    let woken = step
        .update(&state, role_config("teams/dev", "dev", &["dev"]))
        .await
        .unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Entry Becomes Effective"]);
    assert_eq!(woken.model.canonical_arn, Attr::Known(role_arn("dev")));
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} dev dev", role_arn("dev"))]
    );
}

#[tokio::test]
async fn an_imported_entry_that_never_matched_wakes_when_its_arn_is_written_as_the_server_has_it() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/teams/dev\n  username: dev\n  groups: [ops]\n",
    )]);
    let step = bed.step(AwsAuthRoleResource::new());
    let state = step
        .import(&format!("prod#{}", role_arn("teams/dev")))
        .await
        .unwrap()
        .unwrap();
    let config = role_config("dev", "dev", &["ops"]);
    let planned = step.plan_update(&state, config.clone()).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    assert_eq!(
        only(&step.take_warnings()).detail,
        "The entry of `arn:aws:iam::111122223333:role/teams/dev` in aws-auth of cluster `prod` matches nobody as it is written today. This change writes \
         `arn:aws:iam::111122223333:role/dev` instead, and from then on that principal has access: username `dev`, groups `ops`."
    );
    let woken = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} dev ops", role_arn("dev"))]
    );
    let plan = step.plan_update(&woken, config).await.unwrap();
    assert_eq!(plan.action, Action::None);
}
