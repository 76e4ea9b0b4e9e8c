//! EKS lists what was written only after some looks: the next plan must not take it back.

use super::*;
use crate::ports::eks::AccessPolicy;

fn policies(names: &[&str]) -> Json {
    let one = |name: &&str| json!({ "policy_arn": name, "access_scope": { "type": "cluster" } });
    names.iter().map(one).collect()
}

#[tokio::test]
async fn a_change_is_waited_for_until_it_is_listed() {
    let before = json!({ "kubernetes_groups": ["old"], "tags": { "a": "1" }, "policies": policies(&["AmazonEKSViewPolicy"]) });
    for after in [
        json!({ "kubernetes_groups": ["new"], "tags": { "a": "1" }, "policies": policies(&["AmazonEKSViewPolicy"]) }),
        json!({ "kubernetes_groups": ["old"], "tags": { "b": "2" }, "policies": policies(&["AmazonEKSViewPolicy"]) }),
        json!({ "kubernetes_groups": ["old"], "tags": {}, "policies": policies(&["AmazonEKSViewPolicy"]) }),
        json!({ "kubernetes_groups": ["old"], "tags": { "a": "1" }, "policies": policies(&["AmazonEKSViewPolicy", "AmazonEKSEditPolicy"]) }),
        json!({ "kubernetes_groups": ["old"], "tags": { "a": "1" }, "policies": [], "exclusive_policies": true }),
    ] {
        let cloud = cloud();
        let state = harness(&cloud)
            .create(config(before.clone()))
            .await
            .unwrap();
        cloud.eks.list_later(3);
        let resource = harness(&cloud);
        let wanted = config(after.clone());
        let changed = resource.update(&state, wanted.clone()).await.unwrap();
        let read = resource.read(&changed).await.unwrap().unwrap();
        let plan = resource.plan_update(&read, wanted).await.unwrap();
        assert_eq!(plan.action, Action::None, "{after}");
    }
}

#[tokio::test]
async fn what_was_made_and_what_was_removed_is_waited_for() {
    let cloud = cloud();
    cloud.eks.list_later(3);
    let resource = harness(&cloud);
    for _ in 0..2 {
        let state = resource.create(config(json!({}))).await.unwrap();
        assert!(resource.read(&state).await.unwrap().is_some());
        let removal = resource.plan_delete(&state).await.unwrap();
        resource.apply(removal).await.unwrap();
    }
}

#[tokio::test]
async fn a_change_that_changes_nothing_asks_no_more() {
    let cloud = cloud();
    let wanted = config(json!({ "policies": policies(&["AmazonEKSViewPolicy"]) }));
    let state = harness(&cloud).create(wanted.clone()).await.unwrap();
    let resource = harness(&cloud);
    cloud.eks.calls.take();
    resource.update(&state, wanted).await.unwrap();
    let asked = cloud.eks.calls.take();
    let looks = asked.iter();
    let looks = looks.filter(|call| call.starts_with("DescribeAccessEntry"));
    assert!(looks.count() <= 2, "{asked:?}");
    let entry = cloud.eks.entry_now(ROLE).unwrap();
    let names: Vec<&str> = entry.policies.iter().map(AccessPolicy::name).collect();
    assert_eq!(names, ["AmazonEKSViewPolicy"]);
}

#[tokio::test]
async fn many_that_are_to_be_made_are_looked_for_in_one_list() {
    let cloud = cloud();
    let resource = harness(&cloud);
    resource
        .create(config(json!({ "principal_arn": format!("{ROLE}-20") })))
        .await
        .unwrap();
    let resource = harness(&cloud);
    cloud.eks.calls.take();
    for number in 0..40 {
        let principal = format!("{ROLE}-{number}");
        let plan = resource.plan_create(config(json!({ "principal_arn": principal })));
        plan.await.unwrap();
        let told = resource.take_warnings();
        let exists = titles(&told).contains(&"Access Entry Exists Already");
        assert_eq!(exists, number == 20, "{number}: {told:?}");
    }
    let asked = cloud.eks.calls.take();
    let count = |what: &str| asked.iter().filter(|call| call.starts_with(what)).count();
    assert_eq!(count("DescribeAccessEntry"), 6, "{asked:?}");
    assert_eq!(count("ListAccessEntries"), 1, "{asked:?}");
}
