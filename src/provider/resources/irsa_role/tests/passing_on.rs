//! A role whose resource gets another address.

use tf_provider::Claims;

use super::*;

/// One walk of Terraform in a working directory.
fn walk(cloud: &Arc<FakeCloud>, folder: &tempfile::TempDir) -> Harness<IrsaRoleResource> {
    harness(cloud).with_claims(Claims::in_folder(folder.path()))
}

fn with_policies(policies: &[&str]) -> serde_json::Value {
    let mut config = reader();
    config["policy_arns"] = json!(policies);
    config["inline_policies"] = json!({ "own": "{\"Version\":\"2012-10-17\",\"Statement\":[]}" });
    config
}

#[tokio::test]
async fn the_new_address_takes_the_role_over_and_the_old_one_leaves_it_in_any_order() {
    for is_removal_first in [true, false] {
        for is_removal_planned_first in [true, false] {
            let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
            let state = walk(&cloud, &folder)
                .create(with_policies(&[POLICY]))
                .await
                .unwrap();
            let made = cloud.iam.role_now("reader").unwrap();
            let plan = walk(&cloud, &folder);
            let removal = if is_removal_planned_first {
                let removal = plan.plan_delete(&state).await.unwrap();
                plan.plan_create(with_policies(&[POLICY])).await.unwrap();
                removal
            } else {
                plan.plan_create(with_policies(&[POLICY])).await.unwrap();
                plan.plan_delete(&state).await.unwrap()
            };
            let apply = walk(&cloud, &folder);
            let new = if is_removal_first {
                apply.apply(removal).await.unwrap();
                apply.create(with_policies(&[POLICY])).await.unwrap()
            } else {
                let new = apply.create(with_policies(&[POLICY])).await.unwrap();
                apply.apply(removal).await.unwrap();
                new
            };
            assert_eq!(cloud.iam.role_now("reader").unwrap(), made);
            assert_eq!(new.model, state.model);
            let again = walk(&cloud, &folder);
            let read = again.read(&new).await.unwrap().unwrap();
            let planned = again.plan_update(&read, with_policies(&[POLICY])).await;
            assert_eq!(planned.unwrap().action, Action::None);
        }
    }
}

#[tokio::test]
async fn what_the_old_address_had_attached_goes_and_what_others_have_stays() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    let state = walk(&cloud, &folder)
        .create(with_policies(&[POLICY]))
        .await
        .unwrap();
    cloud.iam.change_role("reader", |role| {
        role.attached.insert(FOREIGN.to_owned());
    });
    let plan = walk(&cloud, &folder);
    let removal = plan.plan_delete(&state).await.unwrap();
    plan.plan_create(reader()).await.unwrap();
    let apply = walk(&cloud, &folder);
    apply.apply(removal).await.unwrap();
    apply.create(reader()).await.unwrap();
    let role = cloud.iam.role_now("reader").unwrap();
    assert_eq!(role.attached, [FOREIGN.to_owned()].into());
    assert!(role.inline.is_empty(), "{:?}", role.inline);
}

#[tokio::test]
async fn a_role_that_no_address_gives_up_is_still_refused() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    walk(&cloud, &folder).create(reader()).await.unwrap();
    let plan = walk(&cloud, &folder);
    plan.plan_create(reader()).await.unwrap();
    let refused = walk(&cloud, &folder).create(reader()).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["Role Exists Already"]);
}

#[tokio::test]
async fn a_replacement_and_a_removal_that_nobody_follows_delete() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    let state = walk(&cloud, &folder).create(reader()).await.unwrap();
    let plan = walk(&cloud, &folder);
    plan.plan_update(&state, reader()).await.unwrap();
    let create = plan.plan_create(reader()).await.unwrap();
    let apply = walk(&cloud, &folder);
    let removal = apply.removal_with(&state, create.private);
    apply.apply(removal).await.unwrap();
    assert!(cloud.iam.role_now("reader").is_none());
    let state = apply.create(reader()).await.unwrap();
    let removal = walk(&cloud, &folder).plan_delete(&state).await.unwrap();
    walk(&cloud, &folder).apply(removal).await.unwrap();
    assert!(cloud.iam.role_now("reader").is_none());
}

#[tokio::test]
async fn a_new_address_that_failed_leaves_the_removal_to_be_made() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    let state = walk(&cloud, &folder).create(reader()).await.unwrap();
    let plan = walk(&cloud, &folder);
    let removal = plan.plan_delete(&state).await.unwrap();
    plan.plan_create(reader()).await.unwrap();
    let apply = walk(&cloud, &folder);
    let error = refusal(
        ErrorKind::AccessDenied,
        "iam:CreateRole",
        "AccessDenied",
        "no",
    );
    cloud.iam.calls.fail_next("CreateRole", error);
    apply.create(reader()).await.unwrap_err();
    apply.apply(removal).await.unwrap();
    assert!(cloud.iam.role_now("reader").is_none());
}
