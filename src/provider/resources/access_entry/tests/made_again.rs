//! Replacements that create before they destroy: the entry is still there when the new one is made.

use std::collections::BTreeMap;

use tf_provider::claims::Claims;
use tf_provider::testing::Stored;

use super::*;
use crate::ports::EksApi;
use crate::ports::eks::AccessPolicy;

fn edit() -> AccessPolicy {
    AccessPolicy {
        policy_arn: VIEW.replace("View", "Edit"),
        namespaces: Vec::new(),
    }
}

fn view() -> AccessPolicy {
    AccessPolicy {
        policy_arn: VIEW.to_owned(),
        namespaces: Vec::new(),
    }
}

/// The named policies, in the whole cluster.
fn policies(names: &[&str]) -> Json {
    let one = |name: &&str| json!({ "policy_arn": name, "access_scope": { "type": "cluster" } });
    names.iter().map(one).collect()
}

/// What others gave the entry: a policy and a tag.
async fn given_by_others(cloud: &FakeCloud, state: &Stored<AccessEntryModel>) {
    cloud.eks.associate(ROLE, edit());
    let arn = state.model.access_entry_arn.known().unwrap();
    let tag = [("theirs".to_owned(), "x".to_owned())].into();
    cloud.eks.tag_resource(arn, &tag).await.unwrap();
}

fn tags(cloud: &FakeCloud) -> Vec<String> {
    cloud.eks.entry_tags(ROLE).into_keys().collect()
}

/// The entry passes to a new address, whose create comes before the removal of the old one.
async fn replaced(
    cloud: &Arc<FakeCloud>,
    state: &Stored<AccessEntryModel>,
    wanted: Json,
) -> Stored<AccessEntryModel> {
    let folder = tempfile::tempdir().unwrap();
    let walk = || harness(cloud).with_claims(Claims::in_folder(folder.path()));
    let plan = walk();
    let read = plan.read(state).await.unwrap().unwrap();
    let create = plan.plan_create(wanted).await.unwrap();
    let removal = plan.plan_delete(&read).await.unwrap();
    let apply = walk();
    let made = apply.apply(create).await.unwrap().unwrap();
    apply.apply(removal).await.unwrap();
    made
}

#[tokio::test]
async fn a_stale_entry_is_made_again_before_its_removal() {
    let cloud = cloud();
    let state = harness(&cloud).create(config(json!({}))).await.unwrap();
    cloud.eks.associate(ROLE, edit());
    cloud.iam.put_role(role("AROATWO", 1_735_600_000));
    cloud.clock.advance(Duration::from_secs(5));
    let made = replaced(&cloud, &state, config(json!({}))).await;
    assert_ne!(made.model.access_entry_arn, state.model.access_entry_arn);
    assert_eq!(made.model.principal_id, Attr::Known("AROATWO".to_owned()));
    let entry = cloud.eks.entry_now(ROLE).unwrap();
    assert_eq!(entry.policies, [edit()]);
}

#[tokio::test]
async fn an_entry_of_another_type_is_made_again_before_its_removal() {
    let cloud = cloud();
    let before = config(json!({ "kubernetes_groups": ["viewers"] }));
    let state = harness(&cloud).create(before).await.unwrap();
    let made = replaced(&cloud, &state, config(json!({ "type": "EC2_LINUX" }))).await;
    let entry = cloud.eks.entry_now(ROLE).unwrap();
    assert_eq!(entry.kind, "EC2_LINUX");
    assert_eq!(entry.username, "system:node:{{EC2PrivateDNSName}}");
    assert_ne!(made.model.access_entry_arn, state.model.access_entry_arn);
}

#[tokio::test]
async fn a_stale_entry_that_is_adopted_is_made_again() {
    let cloud = cloud();
    harness(&cloud).create(config(json!({}))).await.unwrap();
    cloud
        .eks
        .change_entry(ROLE, |entry| entry.created_at = Some(1_735_600_000));
    let old = cloud.eks.entry_now(ROLE).unwrap();
    cloud.iam.put_role(role("AROATWO", 1_735_700_000));
    cloud.clock.advance(Duration::from_secs(5));
    let wanted = config(json!({ "on_conflict": "adopt" }));
    let adopted = harness(&cloud).create(wanted.clone()).await.unwrap();
    let new = cloud.eks.entry_now(ROLE).unwrap();
    assert!(new.created_at > old.created_at);
    let again = harness(&cloud).plan_update(&adopted, wanted).await.unwrap();
    assert_eq!(again.action, Action::None);
}

/// With what the old address held and the new one does not.
fn held() -> Json {
    config(json!({ "policies": policies(&["AmazonEKSViewPolicy"]), "tags": { "ours": "a" } }))
}

#[tokio::test]
async fn what_nobody_holds_any_more_is_not_carried_over() {
    for is_stale in [true, false] {
        let cloud = cloud();
        let state = harness(&cloud).create(held()).await.unwrap();
        given_by_others(&cloud, &state).await;
        if is_stale {
            cloud.iam.put_role(role("AROATWO", 1_735_600_000));
            cloud.clock.advance(Duration::from_secs(5));
        }
        let folder = tempfile::tempdir().unwrap();
        let walk = || harness(&cloud).with_claims(Claims::in_folder(folder.path()));
        let plan = walk();
        // Without a refresh: what others added since is not in the state.
        let create = plan.plan_create(config(json!({}))).await.unwrap();
        let removal = plan.plan_delete(&state).await.unwrap();
        let apply = walk();
        apply.apply(create).await.unwrap();
        apply.apply(removal).await.unwrap();
        let entry = cloud.eks.entry_now(ROLE).unwrap();
        assert_eq!(entry.policies, [edit()], "{is_stale}");
        assert_eq!(tags(&cloud), ["theirs"], "{is_stale}");
    }
}

/// The first half of a replacement, which is not planned as a removal.
async fn remove_first(harness: &Harness<AccessEntryResource>, state: &Stored<AccessEntryModel>) {
    let removal = harness.removal_with(state, state.private.clone());
    harness.apply(removal).await.unwrap();
}

/// Terraform removes the old entry and then makes the new one.
async fn replaced_in_order(cloud: &Arc<FakeCloud>, state: &Stored<AccessEntryModel>, wanted: Json) {
    let resource = harness(cloud);
    remove_first(&resource, state).await;
    assert_eq!(cloud.eks.entry_now(ROLE), None);
    resource.create(wanted).await.unwrap();
}

#[tokio::test]
async fn what_others_gave_an_entry_that_is_replaced_is_named_and_put_on_the_new_one() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(held()).await.unwrap();
    given_by_others(&cloud, &state).await;
    cloud.iam.put_role(role("AROATWO", 1_735_600_000));
    cloud.clock.advance(Duration::from_secs(5));
    let plan = resource.plan_update(&state, held()).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
    let told = resource.take_warnings();
    for part in ["policy AmazonEKSEditPolicy", "tag `theirs`"] {
        assert!(first(&told).detail.contains(part), "{told:?}");
    }
    assert!(!first(&told).detail.contains("AmazonEKSViewPolicy"));
    replaced_in_order(&cloud, &state, held()).await;
    assert_eq!(
        cloud.eks.entry_now(ROLE).unwrap().policies,
        [view(), edit()]
    );
    assert_eq!(tags(&cloud), ["ours", "theirs"]);
    let made: BTreeMap<String, String> = cloud.eks.entry_tags(ROLE);
    assert_eq!(made.get("theirs").map(String::as_str), Some("x"));
}

#[tokio::test]
async fn a_replacement_carries_no_policy_that_the_state_held_and_the_plan_drops() {
    let cloud = cloud();
    let state = harness(&cloud).create(held()).await.unwrap();
    given_by_others(&cloud, &state).await;
    replaced_in_order(&cloud, &state, config(json!({}))).await;
    assert_eq!(cloud.eks.entry_now(ROLE).unwrap().policies, [edit()]);
    assert_eq!(tags(&cloud), ["theirs"]);
}

#[tokio::test]
async fn a_planned_removal_hands_nothing_on() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(held()).await.unwrap();
    given_by_others(&cloud, &state).await;
    let removal = resource.plan_delete(&state).await.unwrap();
    resource.apply(removal).await.unwrap();
    resource.create(held()).await.unwrap();
    assert_eq!(cloud.eks.entry_now(ROLE).unwrap().policies, [view()]);
}

#[tokio::test]
async fn policies_that_the_new_type_cannot_have_are_named() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(held()).await.unwrap();
    given_by_others(&cloud, &state).await;
    let wanted = config(json!({ "type": "EC2_LINUX" }));
    let plan = resource.plan_update(&state, wanted.clone()).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
    let told = resource.take_warnings();
    let told = told
        .iter()
        .find(|one| one.summary == "Access Policies Go With The Type")
        .unwrap();
    assert!(told.detail.contains("AmazonEKSEditPolicy"), "{told:?}");
    assert!(!told.detail.contains("AmazonEKSViewPolicy"), "{told:?}");
    replaced_in_order(&cloud, &state, wanted).await;
    let entry = cloud.eks.entry_now(ROLE).unwrap();
    assert_eq!(entry.kind, "EC2_LINUX");
    assert_eq!(entry.policies, []);
}

#[tokio::test]
async fn a_removed_entry_that_is_listed_still_is_no_hindrance() {
    let cloud = cloud();
    let state = harness(&cloud).create(held()).await.unwrap();
    cloud.iam.put_role(role("AROATWO", 1_735_600_000));
    cloud.clock.advance(Duration::from_secs(5));
    // Longer than anything waits for.
    cloud.eks.list_later(100);
    let resource = harness(&cloud);
    remove_first(&resource, &state).await;
    cloud.eks.list_later(1);
    let made = resource.create(held()).await.unwrap();
    assert_ne!(made.model.access_entry_arn, state.model.access_entry_arn);
    assert_eq!(cloud.eks.entry_now(ROLE).unwrap().policies, [view()]);
}
