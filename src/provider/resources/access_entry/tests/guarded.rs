use super::*;

const ME: &str = "arn:aws:iam::111122223333:role/teams/platform";

fn admin() -> Json {
    json!([{ "policy_arn": "AmazonEKSClusterAdminPolicy", "access_scope": { "type": "cluster" } }])
}

#[tokio::test]
async fn the_entry_of_the_last_admin_does_not_go() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(config(json!({ "policies": admin() })))
        .await
        .unwrap();
    resource
        .plan_update(&state, config(json!({ "policies": [] })))
        .await
        .unwrap();
    let warned = resource.take_warnings();
    assert_eq!(
        titles(&warned),
        ["The Last Cluster Admin Goes: arn:aws:iam::111122223333:role/platform"]
    );
    let refused = resource.delete(&state).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["The Last Cluster Admin Goes"]
    );
    assert!(cloud.eks.entry_now(ME).is_some());
}

#[tokio::test]
async fn one_of_two_admins_may_go_and_then_not_the_other_one() {
    let cloud = cloud();
    let other = "arn:aws:iam::111122223333:role/other";
    let mut second = role("AROAOTHER", 1_735_600_000);
    second.role.name = "other".to_owned();
    second.role.arn = other.to_owned();
    cloud.iam.put_role(second);
    let resource = harness(&cloud);
    let state = resource
        .create(config(json!({ "policies": admin() })))
        .await
        .unwrap();
    let both = json!({ "cluster_name": "prod", "principal_arn": other, "policies": admin() });
    let state_of_other = resource.create(both).await.unwrap();
    resource.delete(&state_of_other).await.unwrap();
    let refused = resource.delete(&state).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["The Last Cluster Admin Goes"]
    );
}

#[tokio::test]
async fn an_entry_that_hides_an_admin_of_aws_auth_is_refused_and_one_with_the_policy_is_not() {
    let cloud = cloud();
    cloud.eks.put(cluster(AuthenticationMode::ApiAndConfigMap));
    let mapped = "- rolearn: arn:aws:iam::111122223333:role/platform\n  username: admin\n  groups: [system:masters]\n";
    cloud.kubernetes.write(&[("mapRoles", mapped)]);
    let resource = harness(&cloud);
    let refused = resource.create(config(json!({}))).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["The Last Cluster Admin Goes"]
    );
    assert_eq!(cloud.eks.entry_now(ME), None);
    resource
        .create(config(json!({ "policies": admin() })))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_entry_that_takes_nothing_asks_little() {
    let cloud = cloud();
    let resource = harness(&cloud);
    resource.create(config(json!({}))).await.unwrap();
    let asked = cloud.eks.calls.take();
    assert!(
        !asked
            .iter()
            .any(|call| call.starts_with("ListAccessEntries")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn the_entry_of_a_role_that_was_made_again_may_go() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(config(json!({ "policies": admin() })))
        .await
        .unwrap();
    cloud.iam.put_role(role("AROATWO", 1_735_600_000));
    resource.delete(&state).await.unwrap();
    assert_eq!(cloud.eks.entry_now(ME), None);
}
