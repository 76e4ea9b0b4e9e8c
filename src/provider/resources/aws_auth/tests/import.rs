use super::*;

#[tokio::test]
async fn an_import_plans_empty_writes_nothing_and_leaves_nodes_to_eks() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    for id in [
        "prod",
        "prod@eu-central-1",
        "prod/kube-system/aws-auth",
        "prod@eu-central-1/kube-system/aws-auth",
        "prod/kube-system/aws-auth@eu-central-1",
        "kube-system/aws-auth",
        "v1//ConfigMap//aws-auth//kube-system",
        "v1//ConfigMap//aws-auth//kube-system@eu-central-1",
    ] {
        let step = bed.step(AwsAuthResource);
        let state = step.import(id).await.unwrap().unwrap();
        assert_eq!(
            titles(&step.take_warnings()),
            ["Node Entries Not Imported"],
            "{id}"
        );
        let mut config = imported();
        if id.contains('@') {
            config["region"] = json!("eu-central-1");
        }
        let plan = step.plan_update(&state, config.clone()).await.unwrap();
        assert_eq!(plan.action, Action::None, "{id}");
        config["exclusive"] = json!(false);
        config["manage_node_entries"] = json!(false);
        config["leave"] = json!([]);
        assert_eq!(
            step.plan_update(&state, config).await.unwrap().action,
            Action::None,
            "every default is filled"
        );
        let mut exclusive = imported();
        exclusive["exclusive"] = json!(true);
        if id.contains('@') {
            exclusive["region"] = json!("eu-central-1");
        }
        let planned = bed
            .step(AwsAuthResource)
            .plan_update(&state, exclusive)
            .await
            .unwrap();
        assert_eq!(
            planned.action,
            Action::Update,
            "a default is not what was configured"
        );
    }
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn an_import_without_a_default_cluster_needs_the_cluster_in_its_id() {
    let bed = Bed::lived_in();
    let client = || bed.cloud.client(crate::fakes::FakeCloud::settings());
    let step = Harness::new(AwsAuthResource, client());
    assert_eq!(
        only(&step.import("kube-system/aws-auth").await.unwrap_err()).summary,
        "Missing Cluster Name"
    );
    for wrong in ["", "prod/default/aws-auth", "prod#x"] {
        assert_eq!(
            only(&step.import(wrong).await.unwrap_err()).summary,
            "Invalid Import Id",
            "{wrong}"
        );
    }
    assert!(step.import("prod").await.unwrap().is_some());
}

#[tokio::test]
async fn an_import_leaves_out_what_no_configuration_can_say_and_names_it() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/a', username: yes}\n- {rolearn: 'arn:aws:iam::111122223333:instance-profile/p', username: p}\n\
         - {rolearn: 'arn:aws:iam::111122223333:role/b', username: b}\n",
    )]);
    let step = bed.step(AwsAuthResource);
    let state = step.import("prod").await.unwrap().unwrap();
    let warnings = step.take_warnings();
    assert_eq!(only(&warnings).summary, "Entries Not Imported");
    assert!(
        only(&warnings)
            .detail
            .contains("role/a: username ``, no groups (mapRoles, line 1)"),
        "{}",
        only(&warnings).detail
    );
    let config = json!({ "map_roles": [{ "rolearn": role_arn("b"), "username": "b" }] });
    assert_eq!(
        step.plan_update(&state, config).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn a_map_before_there_is_a_config_map_imports_and_creates() {
    let bed = Bed::without_aws_auth();
    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    let step = bed.step(AwsAuthResource);
    let filled = step
        .update(&state, json!({ "map_roles": [dev(&["dev"])] }))
        .await
        .unwrap();
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} dev dev", role_arn("dev"))]
    );
    assert_eq!(
        bed.step(AwsAuthResource)
            .read(&filled)
            .await
            .unwrap()
            .unwrap()
            .model,
        filled.model
    );
}

#[tokio::test]
async fn an_imported_entry_that_never_matched_sleeps_until_it_is_written_as_the_server_has_it() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/teams/dev\n  username: dev\n  groups: [ops]\n",
    )]);
    bed.make_role("/teams/", "dev");
    let step = bed.step(AwsAuthResource);
    let state = step.import("prod").await.unwrap().unwrap();
    let spelt = |name: &str| json!({ "cluster_name": "prod", "map_roles": [{ "rolearn": role_arn(name), "username": "dev", "groups": ["ops"] }] });
    let plan = step.plan_update(&state, spelt("teams/dev")).await.unwrap();
    assert_eq!(plan.action, Action::None);
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
    let plan = step.plan_update(&state, spelt("dev")).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert_eq!(
        only(&step.take_warnings()).detail,
        "The entry of `arn:aws:iam::111122223333:role/teams/dev` in aws-auth of cluster `prod` matches nobody as it is written today. This change writes \
         `arn:aws:iam::111122223333:role/dev` instead, and from then on that principal has access: username `dev`, groups `ops`."
    );
    step.apply(plan).await.unwrap();
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} dev ops", role_arn("dev"))]
    );
}

/// The case `import-advice-removes-everybody-else`.
#[tokio::test]
async fn the_plan_after_an_import_says_what_goes_and_how_it_stays() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthResource);
    let state = step.import("prod").await.unwrap().unwrap();
    step.take_warnings();
    let mut config = json!({ "map_roles": [admins()] });
    step.plan_update(&state, config.clone()).await.unwrap();
    let warnings = step.take_warnings();
    let told = warnings
        .iter()
        .find(|told| told.summary == "Imported Entries Will Be Removed")
        .unwrap();
    let alice = "arn:aws:iam::111122223333:user/people/alice";
    for part in [
        &format!("  {alice} (username `alice`"),
        &format!("  leave = [\n    \"{alice}\",\n  ]"),
        "on_conflict = \"adopt\"",
    ] {
        assert!(told.detail.contains(part), "{part}\n{}", told.detail);
    }

    config["leave"] = json!([alice]);
    let left = step.update(&state, config).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
    assert_eq!(bed.kube().section("mapUsers").as_deref(), Some(USERS));
    let planned = step
        .plan_update(&left, json!({ "map_roles": [] }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Update);
    let titles = titles(&step.take_warnings()).join(" ");
    assert!(!titles.contains("Imported"), "{titles}");
}
