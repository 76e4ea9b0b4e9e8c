use super::*;

#[tokio::test]
async fn an_exclusive_map_shows_what_goes_and_removes_only_that() {
    let bed = Bed::lived_in();
    let config = json!({ "map_roles": [admins()], "exclusive": true });
    let refused = bed
        .step(AwsAuthResource)
        .plan_create(config.clone())
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Import The Map First");
    assert!(
        only(&refused).detail.contains(ALICE) && !only(&refused).detail.contains("role/nodes"),
        "{}",
        only(&refused).detail
    );

    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    let step = bed.step(AwsAuthResource);
    let planned = step.plan_update(&state, config.clone()).await.unwrap();
    bed.kube().change(|map| {
        map.data
            .get_mut("mapUsers")
            .unwrap()
            .push_str("- {userarn: 'arn:aws:iam::111122223333:user/new', username: new}\n")
    });
    let state = bed
        .step(AwsAuthResource)
        .apply(planned)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        bed.entries(Section::MapUsers),
        ["arn:aws:iam::111122223333:user/new new "]
    );
    assert_eq!(
        bed.entries(Section::MapRoles).len(),
        2,
        "the node entry stays"
    );

    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    let plan = step.plan_update(&read, config.clone()).await.unwrap();
    assert_eq!(
        plan.action,
        Action::Update,
        "the newcomer is shown by the next plan"
    );
    let state = step.apply(plan).await.unwrap().unwrap();
    assert_eq!(bed.entries(Section::MapUsers), Vec::<String>::new());
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        step.plan_update(&read, config).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn a_map_that_becomes_exclusive_names_what_goes_and_its_second_plan_is_empty() {
    let bed = Bed::lived_in();
    let shared = json!({ "map_roles": [admins()] });
    let state = bed.step(AwsAuthResource).create(shared).await.unwrap();
    let exclusive = json!({ "map_roles": [admins()], "exclusive": true });
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    let planned = step.plan_update(&read, exclusive.clone()).await.unwrap();
    let warnings = step.take_warnings();
    assert_eq!(only(&warnings).summary, "Entries Of Others Will Be Removed");
    assert!(only(&warnings).detail.contains(ALICE));
    let state = bed
        .step(AwsAuthResource)
        .apply(planned)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bed.entries(Section::MapUsers), Vec::<String>::new());
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        step.plan_update(&read, exclusive).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn node_entries_are_managed_where_named_or_told() {
    let bed = Bed::lived_in();
    let node = json!({ "rolearn": role_arn("nodes"), "username": "system:node:{{EC2PrivateDNSName}}", "groups": ["system:bootstrappers", "system:nodes"] });
    let config =
        json!({ "map_roles": [admins(), node.clone()], "map_users": [alice()], "exclusive": true });
    let state = bed.step(AwsAuthResource).create(config).await.unwrap();
    let step = bed.step(AwsAuthResource);
    let dropped = step
        .plan_update(
            &state,
            json!({ "map_roles": [admins()], "map_users": [alice()], "exclusive": true }),
        )
        .await
        .unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Node Entries Will Be Removed"]
    );
    bed.step(AwsAuthResource).apply(dropped).await.unwrap();
    assert_eq!(bed.entries(Section::MapRoles).len(), 1);

    let bed = Bed::lived_in();
    let with_node_entries = json!({ "map_roles": [admins()], "map_users": [alice()], "exclusive": true, "manage_node_entries": true });
    let refused = bed
        .step(AwsAuthResource)
        .plan_create(with_node_entries)
        .await
        .unwrap_err();
    assert!(
        only(&refused).detail.contains("role/nodes"),
        "{}",
        only(&refused).detail
    );
}

#[tokio::test]
async fn an_exclusive_map_beside_an_entry_resource_is_refused_at_plan() {
    let bed = Bed::lived_in();
    let client = bed.client();
    let map = Harness::new(AwsAuthResource, client.clone());
    let entry = Harness::new(AwsAuthRoleResource::new(), client);
    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    let mut config = imported();
    config["exclusive"] = json!(true);
    map.plan_update(&state, config).await.unwrap();
    let refused = entry
        .plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap_err();
    assert_eq!(
        only(&refused).summary,
        "Exclusive Map Beside Other Resources"
    );
}

#[tokio::test]
async fn a_new_exclusive_map_that_names_nobody_is_refused_over_entries_of_others() {
    let bed = Bed::lived_in();
    for config in [
        json!({ "exclusive": true }),
        json!({ "map_roles": [], "exclusive": true }),
        json!({ "map_roles": [], "map_users": [], "map_accounts": [], "exclusive": true }),
        json!({ "map_users": null, "map_accounts": [], "exclusive": true }),
    ] {
        let planned = bed.step(AwsAuthResource).plan_create(config.clone()).await;
        let refused = planned.expect_err(&config.to_string());
        assert_eq!(titles(&refused), ["Import The Map First"], "{config}");
        assert!(only(&refused).detail.contains(ALICE), "{config}");
    }
    // What is unknown is judged when Terraform plans it again at apply.
    let unknown = json!({ "map_roles": UNKNOWN, "exclusive": true });
    bed.step(AwsAuthResource)
        .plan_create(unknown)
        .await
        .unwrap();
    // Nobody is taken away by these.
    let left = json!({ "leave": [role_arn("admins"), ALICE], "exclusive": true });
    for config in [left, json!({ "map_roles": [] })] {
        let step = bed.step(AwsAuthResource);
        step.plan_create(config).await.unwrap();
    }
}
