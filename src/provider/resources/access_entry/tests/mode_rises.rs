//! An entry goes while the mode of its cluster is raised: what aws-auth gave with the old mode keeps nobody in.

use tf_provider::Severity;

use super::guarded::ME;
use super::*;
use crate::resources::authentication_mode::AuthenticationModeResource;

fn admin() -> Json {
    json!([{ "policy_arn": "AmazonEKSClusterAdminPolicy", "access_scope": { "type": "cluster" } }])
}

/// The only administrator, by an entry and by aws-auth.
fn in_both() -> Arc<FakeCloud> {
    let cloud = cloud();
    cloud.eks.put(cluster(AuthenticationMode::ApiAndConfigMap));
    let mapped = "- rolearn: arn:aws:iam::111122223333:role/platform\n  username: admin\n  groups: [system:masters]\n";
    cloud.kubernetes.write(&[("mapRoles", mapped)]);
    cloud
}

#[tokio::test]
async fn while_aws_auth_counts_the_entry_may_go() {
    let cloud = in_both();
    let resource = harness(&cloud);
    let whole = config(json!({ "policies": admin() }));
    let state = resource.create(whole).await.unwrap();
    resource.delete(&state).await.unwrap();
    assert_eq!(cloud.eks.entry_now(ME), None);
}

#[tokio::test]
async fn a_step_that_this_configuration_made_counts_for_whoever_waited() {
    let cloud = in_both();
    let client = cloud.client(FakeCloud::settings());
    let resource = Harness::new(AccessEntryResource, client.clone());
    let whole = config(json!({ "policies": admin() }));
    let state = resource.create(whole).await.unwrap();
    let mode = Harness::new(AuthenticationModeResource, client);
    let api = json!({ "cluster_name": "prod", "authentication_mode": "API" });
    mode.create(api).await.unwrap();
    // A look that is behind the step.
    cloud.eks.put(cluster(AuthenticationMode::ApiAndConfigMap));
    let refused = resource.delete(&state).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["The Last Cluster Admin Goes"]
    );
    assert!(cloud.eks.entry_now(ME).is_some());
}

#[tokio::test]
async fn a_step_that_others_made_meanwhile_is_seen_before_the_removal() {
    let cloud = in_both();
    let resource = harness(&cloud);
    let whole = config(json!({ "policies": admin() }));
    let state = resource.create(whole).await.unwrap();
    let looks = [AuthenticationMode::ApiAndConfigMap, AuthenticationMode::Api];
    cloud.eks.put_sequence("prod", looks.map(cluster).into());
    let refused = resource.delete(&state).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["The Last Cluster Admin Goes"]
    );
    assert!(cloud.eks.entry_now(ME).is_some());
}

#[tokio::test]
async fn a_step_beside_the_removal_takes_it_back() {
    let cloud = in_both();
    let resource = harness(&cloud);
    let whole = config(json!({ "policies": admin() }));
    let state = resource.create(whole).await.unwrap();
    let raise = |eks: &crate::fakes::FakeEks| eks.put(cluster(AuthenticationMode::Api));
    cloud.eks.beside_next_write(raise);
    let refused = resource.delete(&state).await.unwrap_err();
    let is_error = |one: &&Diagnostic| one.severity == Severity::Error;
    let taken_back = refused.diagnostics.iter().find(is_error).unwrap();
    assert_eq!(taken_back.summary, "Change Of Access Entry Taken Back");
    let detail = &taken_back.detail;
    assert!(detail.contains("The Last Cluster Admin Goes"), "{detail}");
    assert!(cloud.eks.entry_now(ME).is_some());
}
