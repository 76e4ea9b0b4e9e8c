use super::*;

#[test]
fn schema_and_model_fit() {
    assert_eq!(
        Bed::lived_in().step(AwsAuthResource).check(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn entries_are_added_changed_and_removed_in_place_and_those_of_others_stay() {
    let bed = Bed::lived_in();
    bed.make_role("/", "admins");
    bed.make_role("/teams/", "dev");
    let step = bed.step(AwsAuthResource);
    let config =
        json!({ "map_roles": [admins(), dev(&["dev"])], "map_accounts": ["444455556666"] });
    let state = step.create(config.clone()).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Entry Will Be Taken Over", "Entry Taken Over"]
    );
    assert!(bed.kube().section("mapRoles").unwrap().starts_with(ROLES));
    assert_eq!(bed.kube().section("mapUsers").as_deref(), Some(USERS));
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model, state.model, "the practitioner's spelling stays");
    assert_eq!(
        step.plan_update(&read, config).await.unwrap().action,
        Action::None
    );

    let writes = bed.kube().count(Verb::Patch);
    let changed = bed
        .step(AwsAuthResource)
        .update(&read, json!({ "map_roles": [dev(&["dev", "ops"])] }))
        .await
        .unwrap();
    assert_eq!(bed.kube().count(Verb::Patch), writes + 1);
    assert_eq!(
        bed.entries(Section::MapRoles)[1..],
        [format!("{} dev dev,ops", role_arn("dev"))]
    );
    assert_eq!(bed.entries(Section::MapAccounts), Vec::<String>::new());
    assert_eq!(
        bed.kube().section("mapAccounts"),
        None,
        "the section is as absent as before"
    );
    assert_eq!(changed.model.map_accounts, Attr::Known([].into()));
}

#[tokio::test]
async fn order_and_spelling_are_no_change() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(json!({ "map_roles": [admins(), dev(&["a", "b"])] }))
        .await
        .unwrap();
    let step = bed.step(AwsAuthResource);
    let mut other = dev(&["b", "a"]);
    other["rolearn"] = json!(role_arn("dev"));
    let plan = step
        .plan_update(
            &state,
            json!({ "map_roles": [other, admins()], "map_users": [], "map_accounts": [] }),
        )
        .await
        .unwrap();
    assert_eq!(plan.action, Action::None);
    bed.kube().write(&[("mapRoles", "[{username: dev, RoleArn: 'arn:aws:iam::111122223333:role/dev', groups: [b, a]},\n {username: admin, rolearn: 'arn:aws:iam::111122223333:role/admins', groups: ['system:masters']}]")]);
    assert_eq!(step.read(&state).await.unwrap().unwrap().model, state.model);
}

#[tokio::test]
async fn an_edit_by_hand_shows_as_exactly_that_drift() {
    let bed = Bed::lived_in();
    let config = json!({ "map_roles": [dev(&["dev"])], "map_users": [alice()] });
    let state = bed
        .step(AwsAuthResource)
        .create(config.clone())
        .await
        .unwrap();
    bed.kube().change(|map| {
        let text = map.data.get_mut("mapRoles").unwrap();
        *text = text.replace("username: dev", "username: root");
    });
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.map_users, state.model.map_users);
    let roles = read.model.map_roles.known().unwrap();
    let role = roles.iter().next().unwrap().known().unwrap();
    assert_eq!(
        (role.rolearn.clone(), role.username.clone()),
        (
            Attr::Known(role_arn("teams/dev")),
            Attr::Known("root".to_owned())
        )
    );
    let mended = step.update(&read, config).await.unwrap();
    assert_eq!(mended.model, state.model);
    bed.kube().write(&[("mapUsers", USERS)]);
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        read.model.map_roles,
        Attr::Known([].into()),
        "a vanished entry is to be added again"
    );
    bed.kube().remove();
    assert_eq!(bed.step(AwsAuthResource).read(&state).await.unwrap(), None);
}

#[tokio::test]
async fn another_entry_of_the_role_is_refused_with_the_import_block() {
    let bed = Bed::lived_in();
    let config = json!({ "map_roles": [{ "rolearn": role_arn("admins"), "username": "root" }] });
    let step = bed.step(AwsAuthResource);
    let planned = step.plan_create(config).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Entry Exists Already"]);
    let failure = step.apply(planned).await.unwrap_err();
    assert_eq!(only(&failure.diagnostics).summary, "Entry Exists Already");
    assert!(
        only(&failure.diagnostics)
            .detail
            .contains("to = eksauth_aws_auth.NAME\n  id = \"prod\"")
    );
}

/// The case `import-advice-removes-everybody-else`.
#[tokio::test]
async fn a_map_that_adopts_takes_over_its_entries_and_leaves_the_rest() {
    let bed = Bed::lived_in();
    let config = json!({
        "map_roles": [{ "rolearn": role_arn("admins"), "username": "root", "groups": ["system:masters"] }],
        "on_conflict": "adopt",
    });
    let step = bed.step(AwsAuthResource);
    let state = step.create(config.clone()).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Entry Will Be Overwritten", "Entry Overwritten"]
    );
    assert_eq!(
        bed.entries(Section::MapRoles)[1..],
        [format!("{} root system:masters", role_arn("admins"))]
    );
    assert_eq!(bed.kube().section("mapUsers").as_deref(), Some(USERS));
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    let planned = step.plan_update(&read, config).await.unwrap();
    assert_eq!(planned.action, Action::None);
}

#[tokio::test]
async fn a_dropped_entry_is_left_where_leave_names_it() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(json!({ "map_roles": [dev(&[])], "map_accounts": ["444455556666"] }))
        .await
        .unwrap();
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthResource);
    let config = json!({ "leave": [role_arn("dev"), "444455556666"] });
    step.update(&state, config).await.unwrap();
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn two_elements_for_one_role_are_refused_unless_the_document_has_them() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/a', username: one}\n- {rolearn: 'arn:aws:iam::111122223333:role/a', username: two}\n",
    )]);
    let double = json!({ "map_roles": [{ "rolearn": role_arn("a"), "username": "one" }, { "rolearn": role_arn("a"), "username": "two" }] });
    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        bed.step(AwsAuthResource)
            .plan_update(&state, double.clone())
            .await
            .unwrap()
            .action,
        Action::None
    );
    let refused = Bed::lived_in()
        .step(AwsAuthResource)
        .plan_create(double)
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Two Elements For One Principal");
}

#[tokio::test]
async fn destroy_leaves_the_document_and_says_how_many_entries_it_has() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(json!({ "map_roles": [dev(&[])] }))
        .await
        .unwrap();
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthResource);
    step.delete(&state).await.unwrap();
    let warnings = step.take_warnings();
    assert!(
        only(&warnings)
            .detail
            .contains("it has 4 entries now (3 roles, 1 user, 0 accounts). Those of other resources that this destroy removes go with them."),
        "{}",
        only(&warnings).detail
    );
    assert_eq!(bed.kube().aws_auth(), before);
    bed.cloud.eks.remove("prod");
    bed.step(AwsAuthResource).delete(&state).await.unwrap();
}

#[tokio::test]
async fn unknown_elements_wait_for_apply() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthResource);
    let config = json!({ "map_roles": [{ "rolearn": UNKNOWN, "username": "dev" }, admins()], "map_users": UNKNOWN, "map_accounts": [UNKNOWN] });
    let planned = step.plan_create(config).await.unwrap();
    assert_eq!(planned.action, Action::Create);
    assert_eq!(planned.model.unwrap().map_users, Attr::Unknown);
}

#[tokio::test]
async fn a_replaced_cluster_plans_the_map_anew() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    bed.cloud.eks.put(active_cluster("prod", "B"));
    assert_eq!(bed.step(AwsAuthResource).read(&state).await.unwrap(), None);
}

#[test]
fn every_known_element_is_judged_alone() {
    let bed = Bed::lived_in();
    let found = bed.step(AwsAuthResource).validate(json!({
        "map_roles": [{ "rolearn": "role/x", "username": "" }],
        "map_users": [{ "userarn": role_arn("x"), "username": "system:apiserver", "groups": ["a b"] }],
        "map_accounts": ["123"],
        "leave": ["nobody"],
    }));
    let mut summaries = titles(&found);
    summaries.sort_unstable();
    assert_eq!(
        summaries,
        [
            "Empty Username",
            "Invalid ARN",
            "Invalid ARN",
            "Invalid ARN",
            "Invalid Account Id",
            "Invalid Group",
            "Username Of Kubernetes Itself"
        ]
    );
}
