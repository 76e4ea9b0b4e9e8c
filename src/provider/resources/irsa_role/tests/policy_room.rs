//! Policies beside those that others have put on a role: names that are taken, and room that is not there.

use tf_provider::claims::Claims;

use super::*;

const ZONE: &str = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ";
const CNI: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";
const NAME: &str = "addon-external-dns";
const THEIRS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

fn with_zones(count: usize) -> serde_json::Value {
    let zones = (0..count).map(|number| format!("arn:aws:route53:::hostedzone/Z{number:019}"));
    let addon = json!({ "name": "external-dns", "hosted_zone_arns": zones.collect::<Vec<_>>() });
    with(reader(), json!({ "addon_policies": [addon] }))
}

fn external_dns() -> serde_json::Value {
    let addon = json!({ "name": "external-dns", "hosted_zone_arns": [ZONE] });
    with(reader(), json!({ "addon_policies": [addon] }))
}

/// A text of about so many characters.
fn long(characters: usize) -> String {
    THEIRS.replace("s3:*", &format!("s3:{}", "x".repeat(characters)))
}

fn put_by_hand(cloud: &FakeCloud, name: &str, text: &str) {
    cloud.iam.change_role("reader", |found| {
        found.inline.insert(name.to_owned(), text.to_owned());
    });
}

fn names(cloud: &FakeCloud) -> Vec<String> {
    let role = cloud.iam.role_now("reader").unwrap();
    role.inline.into_keys().collect()
}

/// The operations on inline policies so far.
fn operations(cloud: &FakeCloud) -> Vec<String> {
    let calls = cloud.iam.calls.take();
    let operations = calls.iter().filter_map(|call| call.split(' ').next());
    operations
        .filter(|operation| operation.ends_with("RolePolicy"))
        .map(ToOwned::to_owned)
        .collect()
}

#[tokio::test]
async fn where_old_and_new_have_no_room_together_as_much_as_has_to_goes_first() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(with_zones(180)).await.unwrap();
    assert_eq!(names(&cloud), [format!("{NAME}-1"), format!("{NAME}-2")]);
    cloud.iam.calls.take();
    let state = resource.update(&state, with_zones(1)).await.unwrap();
    assert_eq!(names(&cloud), [NAME]);
    assert_eq!(
        operations(&cloud),
        ["DeleteRolePolicy", "PutRolePolicy", "DeleteRolePolicy"]
    );
    let state = resource.update(&state, with_zones(180)).await.unwrap();
    assert_eq!(names(&cloud), [format!("{NAME}-1"), format!("{NAME}-2")]);
    assert_eq!(
        operations(&cloud),
        ["PutRolePolicy", "DeleteRolePolicy", "PutRolePolicy"]
    );
    // What becomes shorter goes before what becomes longer.
    let inline = |first: usize, second: usize| {
        let policies = json!({ "a": long(second), "b": long(first) });
        with(reader(), json!({ "inline_policies": policies }))
    };
    let state = resource.update(&state, inline(9000, 100)).await.unwrap();
    let state = resource.update(&state, inline(100, 9000)).await.unwrap();
    resource.update(&state, reader()).await.unwrap();
    assert_eq!(names(&cloud), Vec::<String>::new());
}

#[tokio::test]
async fn room_that_others_take_counts_too() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(with_zones(160)).await.unwrap();
    put_by_hand(&cloud, "theirs", &long(1000));
    cloud.iam.calls.take();
    resource.update(&state, with_zones(10)).await.unwrap();
    assert_eq!(names(&cloud), [NAME, "theirs"]);
}

#[tokio::test]
async fn a_managed_policy_that_the_role_has_no_place_for_takes_that_of_one_that_goes() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let policies = |arns: &[&str]| with(reader(), json!({ "policy_arns": arns }));
    let state = resource.create(policies(&[FOREIGN])).await.unwrap();
    let full = refusal(
        ErrorKind::LimitExceeded,
        "iam:AttachRolePolicy",
        "LimitExceeded",
        "Cannot exceed quota for PoliciesPerRole: 10",
    );
    cloud.iam.calls.take();
    cloud.iam.calls.fail_next("AttachRolePolicy", full.clone());
    let state = resource.update(&state, policies(&[POLICY])).await.unwrap();
    let role = cloud.iam.role_now("reader").unwrap();
    assert_eq!(role.attached, BTreeSet::from([POLICY.to_owned()]));
    cloud.iam.calls.fail_next("AttachRolePolicy", full);
    let both = policies(&[POLICY, FOREIGN]);
    let failure = resource.update(&state, both).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cannot Change Role"]);
}

#[tokio::test]
async fn an_inline_policy_of_others_is_not_written_over_unless_it_is_adopted() {
    let inline = with(reader(), json!({ "inline_policies": { NAME: long(5) } }));
    for (config, attribute) in [
        (external_dns(), "addon_policies"),
        (inline, "inline_policies"),
    ] {
        let cloud = cloud();
        let resource = harness(&cloud);
        let state = resource.create(reader()).await.unwrap();
        put_by_hand(&cloud, NAME, THEIRS);
        let refused = resource
            .plan_update(&state, config.clone())
            .await
            .unwrap_err();
        assert_eq!(titles(&refused), ["Inline Policy Exists Already"]);
        let told = format!("{refused:?}");
        assert!(told.contains(attribute) && told.contains(NAME), "{told}");
        let adopting = with(config.clone(), json!({ "on_conflict": "adopt" }));
        let state = resource.update(&state, adopting.clone()).await.unwrap();
        // Its own that was changed by hand is put right as ever.
        put_by_hand(&cloud, NAME, THEIRS);
        let read = resource.read(&state).await.unwrap().unwrap();
        let mended = resource.update(&read, config).await.unwrap();
        assert_eq!(
            resource.read(&mended).await.unwrap().unwrap().model,
            mended.model
        );
    }
}

#[tokio::test]
async fn an_inline_policy_of_others_that_grants_the_same_is_no_conflict() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    put_by_hand(&cloud, "s3", &THEIRS.replace(',', ", "));
    let config = with(reader(), json!({ "inline_policies": { "s3": THEIRS } }));
    let state = resource.update(&state, config.clone()).await.unwrap();
    let plan = resource.plan_update(&state, config).await.unwrap();
    assert_eq!(plan.action, Action::None);
}

#[tokio::test]
async fn a_plan_counts_what_others_have_put_on_the_role() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    put_by_hand(&cloud, "theirs", &long(10_000));
    let refused = resource
        .plan_update(&state, external_dns())
        .await
        .unwrap_err();
    assert_eq!(titles(&refused), ["Inline Policies Too Long"]);
    assert!(first(&refused).detail.contains("theirs (10"), "{refused:?}");
    // More text of its own as well.
    cloud
        .iam
        .change_role("reader", |found| found.inline.clear());
    let state = resource.update(&state, external_dns()).await.unwrap();
    put_by_hand(&cloud, "theirs", &long(9000));
    let refused = resource.plan_update(&state, with_zones(100)).await;
    assert_eq!(titles(&refused.unwrap_err()), ["Inline Policies Too Long"]);
}

#[tokio::test]
async fn a_role_that_is_adopted_without_room_is_left_as_it_is() {
    let cloud = cloud();
    let mut theirs = role_of_others("reader", "{}");
    theirs.inline.insert("theirs".to_owned(), long(10_000));
    cloud.iam.put_role(theirs);
    let config = with(external_dns(), json!({ "on_conflict": "adopt" }));
    let refused = harness(&cloud).create(config).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["Inline Policies Too Long"]);
    let role = cloud.iam.role_now("reader").unwrap().role;
    assert_eq!(role.assume_role_policy, "{}");
}

#[tokio::test]
async fn an_addons_policy_that_is_written_out_from_now_on_has_the_configured_text() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(external_dns()).await.unwrap();
    let documents = state.model.addon_inline_policies.known().unwrap();
    let text = documents[NAME].known().unwrap();
    let parsed: serde_json::Value = serde_json::from_str(text).unwrap();
    let spelt = serde_json::to_string_pretty(&parsed).unwrap();
    for more in [json!({}), json!({ "addon_policies": [] })] {
        let inline = json!({ "inline_policies": { NAME: spelt } });
        let config = with(with(reader(), inline), more);
        cloud.iam.calls.take();
        let after = resource.update(&state, config.clone()).await.unwrap();
        assert_eq!(
            after.model.inline_policies,
            to_map([(NAME.to_owned(), spelt.clone())])
        );
        assert_eq!(operations(&cloud), Vec::<String>::new());
        let read = resource.read(&after).await.unwrap().unwrap();
        let plan = resource.plan_update(&read, config).await.unwrap();
        assert_eq!(plan.action, Action::None);
        let back = resource.update(&read, external_dns()).await.unwrap();
        assert_eq!(back.model.inline_policies, Attr::Null);
    }
}

#[tokio::test]
async fn an_addons_policy_that_does_not_exist_points_at_the_addons() {
    let cloud = cloud();
    let missing = refusal(
        ErrorKind::NotFound,
        "iam:GetPolicy",
        "NoSuchEntity",
        "not found",
    );
    cloud.iam.calls.fail_next("GetPolicy", missing);
    let config = with(
        reader(),
        json!({ "addon_policies": [{ "name": "vpc-cni" }] }),
    );
    let refused = harness(&cloud).create(config).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["Policy Not Found"]);
    let told = format!("{:?}", refused.diagnostics);
    assert!(told.contains(CNI), "{told}");
    assert!(
        told.contains("AttributeName(\"addon_policies\")") || told.contains("\"addon_policies\""),
        "{told}"
    );
    assert_eq!(cloud.iam.role_now("reader"), None);
}

#[tokio::test]
async fn two_addresses_of_the_state_that_have_one_role_are_told() {
    let cloud = cloud();
    let state = harness(&cloud).create(reader()).await.unwrap();
    let walk = harness(&cloud).with_claims(Claims::in_memory());
    walk.plan_update(&state, reader()).await.unwrap();
    assert_eq!(titles(&walk.take_warnings()), Vec::<&str>::new());
    let imported = walk.import("reader").await.unwrap().unwrap();
    walk.plan_update(&imported, reader()).await.unwrap();
    assert_eq!(
        titles(&walk.take_warnings()),
        ["Two Resources For One Role"]
    );
}
