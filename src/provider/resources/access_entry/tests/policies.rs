use super::*;

fn policy(arn: &str, namespaces: &[&str]) -> Json {
    match namespaces {
        [] => json!({ "policy_arn": arn, "access_scope": { "type": "cluster" } }),
        names => {
            json!({ "policy_arn": arn, "access_scope": { "type": "namespace", "namespaces": names } })
        }
    }
}

fn live(cloud: &FakeCloud) -> Vec<(String, Vec<String>)> {
    let entry = cloud.eks.entry_now(ROLE).unwrap();
    let policies = entry.policies.into_iter();
    policies
        .map(|policy| (policy.name().to_owned(), policy.namespaces))
        .collect()
}

#[tokio::test]
async fn policies_are_made_changed_in_place_and_removed() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let first = config(
        json!({ "policies": [policy("AmazonEKSViewPolicy", &[]), policy("AmazonEKSEditPolicy", &["apps"])] }),
    );
    let state = resource.create(first.clone()).await.unwrap();
    assert_eq!(live(&cloud).len(), 2);
    let read = resource.read(&state).await.unwrap().unwrap();
    let same = resource.plan_update(&read, first).await.unwrap();
    assert_eq!(same.action, Action::None);
    cloud.eks.calls.take();
    let second = config(json!({ "policies": [policy("AmazonEKSEditPolicy", &["apps", "dev-*"])] }));
    resource.update(&read, second).await.unwrap();
    assert_eq!(
        live(&cloud),
        [(
            "AmazonEKSEditPolicy".to_owned(),
            vec!["apps".to_owned(), "dev-*".to_owned()]
        )]
    );
    let writes: Vec<String> = cloud.eks.calls.take();
    let writes: Vec<&str> = writes
        .iter()
        .filter_map(|call| call.split(' ').next())
        .filter(|call| call.contains("ssociateAccessPolicy"))
        .collect();
    assert_eq!(
        writes,
        ["AssociateAccessPolicy", "DisassociateAccessPolicy"]
    );
}

#[tokio::test]
async fn policies_of_others_stay_unless_the_set_is_exclusive() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let ours = [policy(VIEW, &[])];
    let state = resource
        .create(config(json!({ "policies": ours })))
        .await
        .unwrap();
    cloud.eks.associate(
        ROLE,
        crate::ports::eks::AccessPolicy {
            policy_arn: VIEW.replace("View", "Edit"),
            namespaces: Vec::new(),
        },
    );
    let read = resource.read(&state).await.unwrap().unwrap();
    let same = resource
        .plan_update(&read, config(json!({ "policies": ours })))
        .await
        .unwrap();
    assert_eq!(same.action, Action::None);
    let only = config(json!({ "policies": ours, "exclusive_policies": true }));
    let state = resource.update(&read, only.clone()).await.unwrap();
    assert_eq!(live(&cloud).len(), 1);
    let read = resource.read(&state).await.unwrap().unwrap();
    let same = resource.plan_update(&read, only).await.unwrap();
    assert_eq!(same.action, Action::None);
}

#[tokio::test]
async fn a_policy_that_eks_does_not_have_is_told_with_the_nearest() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let wrong = config(json!({ "policies": [policy("AmazonEKSViwPolicy", &[])] }));
    let refused = resource.plan_create(wrong).await.unwrap_err();
    assert_eq!(titles(&refused), ["No Such Access Policy"]);
    assert!(
        super::first(&refused)
            .detail
            .contains("`AmazonEKSViewPolicy` comes nearest")
    );
    let elsewhere = VIEW.replace("arn:aws:", "arn:aws-cn:");
    let wrong = config(json!({ "policies": [policy(&elsewhere, &[])] }));
    let refused = resource.plan_create(wrong).await.unwrap_err();
    assert_eq!(titles(&refused), ["Invalid Access Policy"]);
}
