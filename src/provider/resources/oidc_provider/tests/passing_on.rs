//! A provider whose resource gets another address.

use tf_provider::Claims;

use super::*;

/// One walk of Terraform in a working directory.
fn walk(cloud: &Arc<FakeCloud>, folder: &tempfile::TempDir) -> Harness<OidcProviderResource> {
    harness(cloud).with_claims(Claims::in_folder(folder.path()))
}

fn config(client_ids: &[&str], on_conflict: &str) -> serde_json::Value {
    json!({ "cluster_name": "prod", "client_id_list": client_ids, "on_conflict": on_conflict })
}

#[tokio::test]
async fn the_new_address_takes_the_provider_over_and_the_old_one_leaves_it_in_any_order() {
    for is_removal_first in [true, false] {
        let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
        let first = config(&["a", "b"], "error");
        let state = walk(&cloud, &folder).create(first).await.unwrap();
        let second = config(&["b"], "error");
        let plan = walk(&cloud, &folder);
        let removal = plan.plan_delete(&state).await.unwrap();
        plan.plan_create(second.clone()).await.unwrap();
        let apply = walk(&cloud, &folder);
        cloud.iam.calls.take();
        let new = if is_removal_first {
            apply.apply(removal).await.unwrap();
            apply.create(second).await.unwrap()
        } else {
            let new = apply.create(second).await.unwrap();
            apply.apply(removal).await.unwrap();
            new
        };
        assert_eq!(titles(&apply.take_warnings()), Vec::<&str>::new());
        assert_eq!(new.model.adopted, Attr::Known(false));
        let provider = cloud.iam.provider(ARN).unwrap();
        assert_eq!(provider.client_ids, ["b".to_owned()].into());
        let removal = walk(&cloud, &folder).plan_delete(&new).await.unwrap();
        walk(&cloud, &folder).apply(removal).await.unwrap();
        assert!(cloud.iam.provider(ARN).is_none());
    }
}

#[tokio::test]
async fn a_provider_by_url_passes_on_although_its_plan_asks_for_no_account() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    let config = json!({ "url": ISSUER });
    let state = walk(&cloud, &folder).create(config.clone()).await.unwrap();
    let plan = walk(&cloud, &folder);
    let removal = plan.plan_delete(&state).await.unwrap();
    plan.plan_create(config.clone()).await.unwrap();
    let apply = walk(&cloud, &folder);
    apply.apply(removal).await.unwrap();
    apply.create(config).await.unwrap();
    assert_eq!(titles(&apply.take_warnings()), Vec::<&str>::new());
    assert!(cloud.iam.provider(ARN).is_some());
}

#[tokio::test]
async fn a_removal_that_is_followed_in_another_account_is_refused() {
    let (first, folder) = (cloud(), tempfile::tempdir().unwrap());
    let config = json!({ "url": ISSUER });
    let state = walk(&first, &folder).create(config.clone()).await.unwrap();
    let other = Arc::new(FakeCloud::of_account("999988887777"));
    let plan = walk(&other, &folder);
    let removal = plan.plan_delete(&state).await.unwrap();
    plan.plan_create(config).await.unwrap();
    let refused = walk(&other, &folder).apply(removal).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["Another Account"]);
}

#[tokio::test]
async fn a_provider_that_was_adopted_stays_adopted_under_the_new_address() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    walk(&cloud, &folder)
        .create(config(&["theirs"], "error"))
        .await
        .unwrap();
    let state = walk(&cloud, &folder)
        .create(config(&["ours"], "adopt"))
        .await
        .unwrap();
    let plan = walk(&cloud, &folder);
    let removal = plan.plan_delete(&state).await.unwrap();
    plan.plan_create(config(&["ours"], "error")).await.unwrap();
    let apply = walk(&cloud, &folder);
    apply.apply(removal).await.unwrap();
    let new = apply.create(config(&["ours"], "error")).await.unwrap();
    assert_eq!(new.model.adopted, Attr::Known(true));
    let provider = cloud.iam.provider(ARN).unwrap();
    assert_eq!(
        provider.client_ids,
        ["ours".to_owned(), "theirs".to_owned()].into()
    );
}

#[tokio::test]
async fn a_second_holder_that_goes_leaves_the_provider_to_the_first() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    let first = walk(&cloud, &folder)
        .create(config(&["a"], "error"))
        .await
        .unwrap();
    let second = walk(&cloud, &folder)
        .create(config(&["a"], "adopt"))
        .await
        .unwrap();
    let plan = walk(&cloud, &folder);
    let removal = plan.plan_delete(&first).await.unwrap();
    plan.plan_update(&second, config(&["a"], "adopt"))
        .await
        .unwrap();
    walk(&cloud, &folder).apply(removal).await.unwrap();
    assert!(cloud.iam.provider(ARN).is_some());
}
