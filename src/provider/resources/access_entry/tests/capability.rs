//! The entry of a role that EKS runs a capability as is left alone.

use super::*;
use crate::ports::eks::AccessPolicy;

const TITLE: &str = "Access Entry Of An EKS Capability";

fn policy(name: &str) -> AccessPolicy {
    AccessPolicy {
        policy_arn: VIEW.replace("AmazonEKSViewPolicy", name),
        namespaces: Vec::new(),
    }
}

/// EKS has made the entry.
fn argo_cd() -> Arc<FakeCloud> {
    let cloud = cloud();
    cloud
        .eks
        .admit(eksauth_core::access::access_entry::AccessEntry {
            principal_arn: ROLE.to_owned(),
            kind: "STANDARD".to_owned(),
            username: "arn:aws:sts::111122223333:assumed-role/platform/{{SessionName}}".to_owned(),
            groups: Vec::new(),
            policies: Vec::new(),
            created_at: Some(1_767_225_600),
        });
    cloud.eks.associate(ROLE, policy("AmazonEKSArgoCDPolicy"));
    cloud
}

#[tokio::test]
async fn it_is_neither_made_nor_adopted() {
    for on_conflict in ["error", "adopt"] {
        let cloud = argo_cd();
        let before = cloud.eks.entry_now(ROLE);
        let resource = harness(&cloud);
        let wanted = config(json!({ "on_conflict": on_conflict, "kubernetes_groups": ["x"] }));
        resource.plan_create(wanted.clone()).await.unwrap();
        let warned = resource.take_warnings();
        assert_eq!(titles(&warned), [TITLE], "{on_conflict}");
        let refused = resource.create(wanted).await.unwrap_err();
        let told = first(&refused.diagnostics);
        assert_eq!(told.summary, TITLE, "{on_conflict}");
        assert!(told.detail.contains("(Argo CD)"), "{told:?}");
        assert_eq!(cloud.eks.entry_now(ROLE), before, "{on_conflict}");
    }
}

#[tokio::test]
async fn an_exclusive_set_leaves_its_policies_and_a_removal_warns() {
    let cloud = argo_cd();
    cloud.eks.associate(ROLE, policy("AmazonEKSEditPolicy"));
    let resource = harness(&cloud);
    let imported = resource.import(&format!("prod:{ROLE}")).await;
    let imported = imported.unwrap().unwrap();
    let wanted = config(json!({ "policies": [], "exclusive_policies": true }));
    let state = resource.update(&imported, wanted.clone()).await.unwrap();
    let now = cloud.eks.entry_now(ROLE).unwrap();
    assert_eq!(now.policies, [policy("AmazonEKSArgoCDPolicy")]);
    let read = resource.read(&state).await.unwrap().unwrap();
    let plan = resource.plan_update(&read, wanted).await.unwrap();
    assert_eq!(plan.action, Action::None);
    resource.take_warnings();
    resource.plan_delete(&read).await.unwrap();
    let warned = resource.take_warnings();
    assert!(
        titles(&warned).contains(&"EKS Capability Loses Its Access"),
        "{warned:?}"
    );
}
