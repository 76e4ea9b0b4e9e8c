//! `exclusive_policies` beside an association of the same principal.

use tf_provider::claims::Claims;

use super::*;
use crate::ports::eks::AccessPolicy;
use crate::resources::access_policy_association::AccessPolicyAssociationResource;

const TWO: &str = "Two Holders Of One Access Policy";

fn associations(cloud: &Arc<FakeCloud>) -> Harness<AccessPolicyAssociationResource> {
    Harness::new(
        AccessPolicyAssociationResource,
        cloud.client(FakeCloud::settings()),
    )
}

fn association() -> Json {
    json!({ "cluster_name": "prod", "principal_arn": ROLE, "policy_arn": "AmazonEKSEditPolicy", "access_scope": { "type": "cluster" } })
}

fn exclusive() -> Json {
    config(json!({ "policies": [], "exclusive_policies": true }))
}

#[tokio::test]
async fn an_association_beside_an_exclusive_entry_is_refused_in_either_order() {
    for is_entry_first in [true, false] {
        let cloud = cloud();
        let claims = Claims::in_memory();
        let entries = harness(&cloud).with_claims(claims.clone());
        let associations = associations(&cloud).with_claims(claims);
        let refused = if is_entry_first {
            entries.plan_create(exclusive()).await.unwrap();
            associations.plan_create(association()).await.map(drop)
        } else {
            associations.plan_create(association()).await.unwrap();
            entries.plan_create(exclusive()).await.map(drop)
        };
        let refused = refused.unwrap_err();
        assert_eq!(titles(&refused), [TWO], "{is_entry_first}");
        let told = &first(&refused).detail;
        for part in ["`AmazonEKSEditPolicy`", ROLE, "exclusive_policies"] {
            assert!(told.contains(part), "{told}");
        }
    }
}

#[tokio::test]
async fn one_entry_may_be_exclusive_and_another_principal_have_an_association() {
    let cloud = cloud();
    let claims = Claims::in_memory();
    let mut other = association();
    other["principal_arn"] = json!("arn:aws:iam::111122223333:role/other");
    let entries = harness(&cloud).with_claims(claims.clone());
    entries.plan_create(exclusive()).await.unwrap();
    let associations = associations(&cloud).with_claims(claims);
    associations.plan_create(other).await.unwrap();
}

#[tokio::test]
async fn where_both_are_in_the_state_the_policy_stays() {
    let cloud = cloud();
    let entry = harness(&cloud).create(exclusive()).await.unwrap();
    let held = associations(&cloud).create(association()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let claims = Claims::in_folder(folder.path());
    let plan = associations(&cloud).with_claims(claims.clone());
    plan.plan_update(&held, association()).await.unwrap();
    let plan = harness(&cloud).with_claims(claims);
    let read = plan.read(&entry).await.unwrap().unwrap();
    let planned = plan.plan_update(&read, exclusive()).await.unwrap();
    let told = plan.take_warnings();
    assert!(titles(&told).contains(&TWO), "{told:?}");
    let apply = harness(&cloud).with_claims(Claims::in_folder(folder.path()));
    apply.apply(planned).await.unwrap();
    let now = cloud.eks.entry_now(ROLE).unwrap();
    let names: Vec<&str> = now.policies.iter().map(AccessPolicy::name).collect();
    assert_eq!(names, ["AmazonEKSEditPolicy"]);
}
