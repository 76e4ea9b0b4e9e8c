use super::*;
use crate::aws_auth::fixture::refusal;

/// [`ROLES`] as somebody left it who indents with tabs.
fn broken() -> String {
    ROLES.replace("  username: admin", "\tusername: admin")
}

fn config(repair: Option<bool>) -> Json {
    json!({ "map_roles": [admins()], "repair": repair })
}

#[tokio::test]
async fn the_plan_shows_the_edit_and_who_gains_and_apply_makes_exactly_that() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(config(None))
        .await
        .unwrap();
    bed.kube()
        .write(&[("mapRoles", &broken()), ("mapUsers", USERS)]);

    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Section Cannot Be Parsed"]);
    assert_eq!(read.model, state.model, "the state keeps what it has");
    let refused = step.plan_update(&read, config(None)).await.unwrap_err();
    assert_eq!(only(&refused).summary, "Section Cannot Be Parsed");

    let planned = step.plan_update(&read, config(Some(true))).await.unwrap();
    let warnings = step.take_warnings();
    assert_eq!(
        only(&warnings).detail,
        "The cluster reads sections of aws-auth of cluster `prod` as empty today, because they do not parse. `repair = true` makes this edit \
         and changes no other byte of them:\n\n\
         mapRoles, line 8, column 1: a tab where only spaces may indent\n\
         \x20 line 8: spaces in place of tabs in the indent\n\
         \x20 - \\tusername: admin\n\
         \x20 +   username: admin\n\n\
         After the edit these entries take effect:\n\n\
         \x20 arn:aws:iam::111122223333:role/admins\n\
         \x20   before  no access\n\
         \x20   after   admin · system:masters\n\
         \x20 arn:aws:iam::111122223333:role/nodes\n\
         \x20   before  no access\n\
         \x20   after   system:node:{{EC2PrivateDNSName}} · system:bootstrappers, system:nodes\n"
    );
    let writes = bed.kube().count(Verb::Patch);
    let repaired = bed
        .step(AwsAuthResource)
        .apply(planned)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bed.kube().count(Verb::Patch), writes + 1);
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));

    let step = bed.step(AwsAuthResource);
    let read = step.read(&repaired).await.unwrap().unwrap();
    let second = step.plan_update(&read, config(Some(true))).await.unwrap();
    assert_eq!(second.action, Action::None);
}

#[tokio::test]
async fn a_section_that_breaks_again_is_a_change_again() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(config(Some(true)))
        .await
        .unwrap();
    bed.kube().write(&[("mapRoles", &broken())]);
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    let planned = step.plan_update(&read, config(Some(true))).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    step.apply(planned).await.unwrap();
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));
}

#[tokio::test]
async fn entries_and_the_repair_are_one_write() {
    let bed = Bed::new(&[("mapRoles", &broken())]);
    let step = bed.step(AwsAuthResource);
    let config = json!({ "map_roles": [admins(), dev(&["dev"])], "repair": true });
    step.create(config).await.unwrap();
    assert_eq!(bed.kube().count(Verb::Patch), 1);
    let text = bed.kube().section("mapRoles").unwrap();
    assert!(text.starts_with(ROLES), "{text}");
    assert_eq!(bed.entries(Section::MapRoles).len(), 3);
}

#[tokio::test]
async fn an_entry_that_says_something_else_when_it_is_repaired_is_set_right_in_the_same_write() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(config(Some(true)))
        .await
        .unwrap();
    let other = broken().replace("username: admin", "username: {{SessionName}}");
    bed.kube().write(&[("mapRoles", &other)]);
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    let repaired = step.update(&read, config(Some(true))).await.unwrap();
    let quoted = ROLES.replace("username: admin", "username: \"admin\"");
    assert_eq!(bed.kube().section("mapRoles"), Some(quoted));
    let step = bed.step(AwsAuthResource);
    let read = step.read(&repaired).await.unwrap().unwrap();
    let second = step.plan_update(&read, config(Some(true))).await.unwrap();
    assert_eq!(second.action, Action::None);
}

#[tokio::test]
async fn another_text_than_the_plan_saw_is_not_repaired() {
    let bed = Bed::new(&[("mapRoles", &broken())]);
    let planned = bed
        .step(AwsAuthResource)
        .plan_create(config(Some(true)))
        .await
        .unwrap();
    let newer = broken() + "# newer\n";
    bed.kube().write(&[("mapRoles", &newer)]);
    let refused = refusal(
        bed.step(AwsAuthResource)
            .apply(planned)
            .await
            .map(Option::unwrap),
    );
    assert_eq!(only(&refused).summary, "Section Changed Meanwhile");
    assert_eq!(bed.kube().section("mapRoles"), Some(newer));
}

#[tokio::test]
async fn a_section_mended_by_hand_meanwhile_needs_no_repair() {
    let bed = Bed::new(&[("mapRoles", &broken())]);
    let planned = bed
        .step(AwsAuthResource)
        .plan_create(config(Some(true)))
        .await
        .unwrap();
    bed.kube().write(&[("mapRoles", ROLES)]);
    bed.step(AwsAuthResource).apply(planned).await.unwrap();
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));
}

#[tokio::test]
async fn what_has_no_safe_repair_is_an_error_with_its_line() {
    let text = ROLES.replace("username: admin", "username: admin: x");
    let bed = Bed::new(&[("mapRoles", &text)]);
    let refused = bed
        .step(AwsAuthResource)
        .plan_create(config(Some(true)))
        .await
        .unwrap_err();
    let refusal = only(&refused);
    assert_eq!(refusal.summary, "No Safe Repair");
    assert!(
        refusal.detail.contains("\n\n    username: admin: x\n\n"),
        "{}",
        refusal.detail
    );
    assert_eq!(bed.kube().section("mapRoles"), Some(text));
}

#[tokio::test]
async fn sections_without_entries_of_this_map_break_no_plan() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(config(None))
        .await
        .unwrap();
    bed.kube()
        .write(&[("mapRoles", ROLES), ("mapUsers", "\t- x")]);
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    let plan = step.plan_update(&read, config(None)).await.unwrap();
    assert_eq!(
        (plan.action, step.take_warnings()),
        (Action::None, Default::default())
    );
}

#[tokio::test]
async fn an_old_manifest_that_would_undo_entries_is_pointed_out_once() {
    let bed = Bed::lived_in();
    let old = serde_json::json!({"kind": "ConfigMap", "data": {"mapRoles": ROLES, "mapUsers": ""}});
    let annotate = |text: String| {
        bed.kube().change(|map| {
            map.annotations.insert(
                "kubectl.kubernetes.io/last-applied-configuration".to_owned(),
                text,
            );
        });
    };
    annotate(old.to_string());
    let step = bed.step(AwsAuthResource);
    step.plan_create(json!({ "map_accounts": [] }))
        .await
        .unwrap();
    let warnings = step.take_warnings();
    assert_eq!(only(&warnings).summary, "An Old Manifest Would Undo This");
    let detail = &only(&warnings).detail;
    assert!(
        detail.contains("mapUsers: the manifest of the last `kubectl apply`"),
        "{detail}"
    );
    assert!(
        detail.contains(&format!("would take away `{ALICE}`")),
        "{detail}"
    );
    let same =
        serde_json::json!({"kind": "ConfigMap", "data": {"mapRoles": ROLES, "mapUsers": USERS}});
    annotate(same.to_string());
    let step = bed.step(AwsAuthResource);
    step.plan_create(json!({ "map_accounts": [] }))
        .await
        .unwrap();
    assert_eq!(step.take_warnings(), Default::default());
}
