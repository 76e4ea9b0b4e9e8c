//! Replacements that create before they destroy: the entry is still there when the new one is made.

use tf_provider::claims::Claims;
use tf_provider::testing::Stored;

use super::*;
use crate::ports::eks::AccessPolicy;

fn edit() -> AccessPolicy {
    AccessPolicy {
        policy_arn: VIEW.replace("View", "Edit"),
        namespaces: Vec::new(),
    }
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
