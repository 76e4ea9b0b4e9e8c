use super::*;

#[test]
fn schemas_and_models_fit() {
    let bed = Bed::lived_in();
    assert_eq!(
        bed.step(AwsAuthRoleResource::new()).check(),
        Vec::<String>::new()
    );
    assert_eq!(
        bed.step(AwsAuthUserResource::new()).check(),
        Vec::<String>::new()
    );
    assert_eq!(
        bed.step(AwsAuthAccountResource::new()).check(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_role_with_a_path_is_written_without_it_and_the_rest_of_the_document_stays() {
    let bed = Bed::lived_in();
    bed.make_role("/teams/", "platform");
    let step = bed.step(AwsAuthRoleResource::new());
    let planned = step
        .plan_create(role_config(
            "teams/platform",
            "platform:{{SessionName}}",
            &["platform-admins"],
        ))
        .await
        .unwrap();
    let model = planned.model.clone().unwrap();
    assert_eq!(model.canonical_arn, Attr::Known(role_arn("platform")));
    assert_eq!(model.cluster_name, Attr::Known("prod".to_owned()));
    assert_eq!(model.adopted, Attr::Unknown);
    let state = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(
        state.model,
        AwsAuthRoleModel {
            cluster_name: Attr::Known("prod".to_owned()),
            region: Attr::Null,
            rolearn: Attr::Known(role_arn("teams/platform")),
            permission_set: Attr::Null,
            username: Attr::Known("platform:{{SessionName}}".to_owned()),
            groups: Attr::Known([Attr::Known("platform-admins".to_owned())].into()),
            on_conflict: Attr::Known("error".to_owned()),
            id: Attr::Known(format!("prod#{}", role_arn("platform"))),
            canonical_arn: Attr::Known(role_arn("platform")),
            adopted: Attr::Known(false),
            cluster_arn: Attr::Known(
                "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned()
            ),
            cluster_issuer: Attr::Known(
                "https://oidc.eks.eu-central-1.amazonaws.com/id/A".to_owned()
            ),
            timeouts: None,
        }
    );
    let text = bed.kube().section("mapRoles").unwrap();
    assert!(text.starts_with(ROLES), "{text}");
    assert_eq!(bed.kube().section("mapUsers").as_deref(), Some(USERS));
    assert_eq!(
        bed.entries(Section::MapRoles)[2],
        format!(
            "{} platform:{{{{SessionName}}}} platform-admins",
            role_arn("platform")
        )
    );
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn a_second_plan_is_empty_and_a_refresh_changes_nothing() {
    let bed = Bed::lived_in();
    let config = role_config("teams/platform", "platform", &["b", "a"]);
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(config.clone())
        .await
        .unwrap();
    let step = bed.step(AwsAuthRoleResource::new());
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(read, state);
    assert_eq!(
        step.plan_update(&read, config).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn add_and_destroy_give_the_old_bytes_back() {
    let documents: [&[(&str, &str)]; 7] = [
        &[("mapRoles", ROLES)],
        &[("mapRoles", ROLES.trim_end())],
        &[("mapRoles", "[]")],
        &[("mapRoles", "[]\n")],
        &[("mapRoles", "")],
        &[("mapUsers", USERS)],
        &[("mapRoles", "\"\"")],
    ];
    for data in documents {
        let bed = Bed::new(data);
        let before = bed.kube().aws_auth().unwrap().data;
        let one = bed
            .step(AwsAuthRoleResource::new())
            .create(role_config("teams/one", "one", &["a"]))
            .await
            .unwrap();
        let two = bed
            .step(AwsAuthRoleResource::new())
            .create(role_config("two", "two", &[]))
            .await
            .unwrap();
        assert_ne!(bed.kube().aws_auth().unwrap().data, before);
        let destroy = bed.client();
        let first = tf_provider::testing::Harness::new(AwsAuthRoleResource::new(), destroy.clone());
        let second = tf_provider::testing::Harness::new(AwsAuthRoleResource::new(), destroy);
        first.delete(&one).await.unwrap();
        second.delete(&two).await.unwrap();
        assert_eq!(bed.kube().aws_auth().unwrap().data, before, "{data:?}");
    }
}

#[tokio::test]
async fn a_change_of_the_arn_replaces_the_entry_in_one_write() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("teams/old", "dev", &["dev"]))
        .await
        .unwrap();
    let writes = bed.kube().count(Verb::Patch);
    let step = bed.step(AwsAuthRoleResource::new());
    let planned = step
        .plan_update(&state, role_config("teams/new", "dev", &["dev"]))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Update);
    assert_eq!(
        planned.model.clone().unwrap().canonical_arn,
        Attr::Known(role_arn("new"))
    );
    step.apply(planned).await.unwrap();
    assert_eq!(bed.kube().count(Verb::Patch), writes + 1);
    assert_eq!(
        bed.entries(Section::MapRoles)[2..],
        [format!("{} dev dev", role_arn("new"))]
    );
}

#[tokio::test]
async fn a_change_of_the_path_alone_writes_nothing_and_stays_as_written() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("teams/dev", "dev", &["dev"]))
        .await
        .unwrap();
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthRoleResource::new());
    let changed = step
        .update(&state, role_config("people/dev", "dev", &["dev"]))
        .await
        .unwrap();
    assert_eq!(changed.model.rolearn, Attr::Known(role_arn("people/dev")));
    assert_eq!(changed.model.canonical_arn, Attr::Known(role_arn("dev")));
    assert_eq!(bed.kube().aws_auth(), before);
    assert_eq!(
        step.plan_update(&changed, role_config("people/dev", "dev", &["dev"]))
            .await
            .unwrap()
            .action,
        Action::None
    );
}

#[tokio::test]
async fn a_thousand_refreshes_are_one_read() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let before = bed.kube().count(Verb::Get);
    let step = bed.step(AwsAuthRoleResource::new());
    let reads = (0..1000).map(|_| step.read(&state));
    for read in futures_util::future::join_all(reads).await {
        assert_eq!(read.unwrap().as_ref(), Some(&state));
    }
    assert_eq!(bed.kube().count(Verb::Get), before + 1);
}

#[tokio::test]
async fn unknown_values_wait_for_apply() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthRoleResource::new());
    let planned = step
        .plan_create(json!({ "rolearn": UNKNOWN, "username": UNKNOWN, "groups": [UNKNOWN] }))
        .await
        .unwrap();
    let model = planned.model.unwrap();
    assert_eq!(
        (model.canonical_arn, model.rolearn),
        (Attr::Unknown, Attr::Unknown)
    );
    let config = json!({ "cluster_name": UNKNOWN, "rolearn": role_arn("dev"), "username": "dev" });
    let planned = step.plan_create(config).await.unwrap();
    let model = planned.model.unwrap();
    assert_eq!(
        (model.cluster_name, model.cluster_arn, model.canonical_arn),
        (Attr::Unknown, Attr::Unknown, Attr::Known(role_arn("dev")))
    );
    assert_eq!(
        bed.kube().count(Verb::Get),
        1,
        "an unknown cluster is not looked for"
    );
}
