//! A role that moves between resources: nothing is replaced.

use tf_provider::resource::MoveSource;

use super::*;
use crate::fakes::active_cluster;
use crate::resources::irsa_role::IrsaRoleResource;

const OURS: &str = "registry.terraform.io/eksauth/eksauth";

fn source(type_name: &str, state: serde_json::Value) -> MoveSource {
    MoveSource {
        provider_address: OURS.to_owned(),
        type_name: type_name.to_owned(),
        schema_version: 0,
        state,
        private: Vec::new(),
    }
}

fn irsa(cloud: &Arc<FakeCloud>) -> Harness<IrsaRoleResource> {
    cloud.eks.put(active_cluster("prod", "ABC"));
    Harness::new(IrsaRoleResource, cloud.client(FakeCloud::settings()))
}

/// What Terraform hands over of a state.
fn json_of<M: serde::Serialize>(model: &M) -> serde_json::Value {
    serde_json::to_value(model).unwrap()
}

#[tokio::test]
async fn a_role_moves_to_irsa_with_both_trusts_and_nothing_is_replaced() {
    let cloud = cloud();
    let more = json!({
        "description": "Reads",
        "policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "inline_policies": { "s3": POLICY },
        "tags": { "team": "apps" },
    });
    let made = harness(&cloud)
        .create(with(reader(), more.clone()))
        .await
        .unwrap();
    let resource = irsa(&cloud);
    let moved = resource
        .move_from(source("eksauth_node_assumed_role", json_of(&made.model)))
        .unwrap();
    let read = resource.read(&moved).await.unwrap().unwrap();
    let same = with(reader(), more.clone());
    let plan = resource.plan_update(&read, same.clone()).await.unwrap();
    assert_eq!(
        plan.action,
        Action::None,
        "the old trust alone changes nothing"
    );
    let both = with(
        same,
        json!({ "cluster_name": "prod", "service_accounts": ["apps:reader"] }),
    );
    let plan = resource.plan_update(&read, both.clone()).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    let state = resource.update(&read, both).await.unwrap();
    assert_eq!(state.model.unique_id, made.model.unique_id);
    let trust = cloud
        .iam
        .role_now("reader")
        .unwrap()
        .role
        .assume_role_policy;
    assert!(
        trust.contains(NODES) && trust.contains("AssumeRoleWithWebIdentity"),
        "{trust}"
    );
    // And back, with what only a statement can say.
    let back = harness(&cloud);
    let moved = back
        .move_from(source("eksauth_irsa_role", json_of(&state.model)))
        .unwrap();
    let read = back.read(&moved).await.unwrap().unwrap();
    assert_eq!(read.model.node_role_arns, made.model.node_role_arns);
    assert!(read.model.extra_statements.is_known());
}

#[tokio::test]
async fn a_role_with_an_external_id_moves_as_a_statement() {
    let cloud = cloud();
    let config = with(
        reader(),
        json!({ "system": "kiam", "external_id": "team-a" }),
    );
    let made = harness(&cloud).create(config).await.unwrap();
    let resource = irsa(&cloud);
    let moved = resource
        .move_from(source("eksauth_node_assumed_role", json_of(&made.model)))
        .unwrap();
    let statements = moved.model.extra_statements.known().unwrap();
    assert_eq!(statements.len(), 1);
    let config = json!({ "name": "reader", "path": "/pods/", "extra_statements": [statements[0].known().unwrap()] });
    let plan = resource.plan_update(&moved, config).await.unwrap();
    assert_eq!(plan.action, Action::None);
}

#[tokio::test]
async fn a_role_with_node_policies_does_not_leave_them_behind() {
    let cloud = cloud();
    let made = harness(&cloud).create(attached()).await.unwrap();
    let source = source("eksauth_node_assumed_role", json_of(&made.model));
    let refused = irsa(&cloud).move_from(source).unwrap_err();
    assert_eq!(titles(&refused), ["Node Policies Would Be Lost"]);
    assert!(first(&refused).detail.contains(NODES));
}

#[tokio::test]
async fn a_role_of_hashicorp_aws_is_taken_over() {
    let cloud = cloud();
    cloud.iam.put_role(existing_role(ARN, TRUST));
    let state = json!({
        "arn": ARN, "assume_role_policy": TRUST, "name": "reader", "path": "/pods/", "max_session_duration": 3600,
        "force_detach_policies": false, "unique_id": "AROAreader", "managed_policy_arns": [], "inline_policy": [],
    });
    let source = MoveSource {
        provider_address: "registry.terraform.io/hashicorp/aws".to_owned(),
        ..source("aws_iam_role", state)
    };
    let resource = harness(&cloud);
    let moved = resource.move_from(source).unwrap();
    let read = resource.read(&moved).await.unwrap().unwrap();
    let plan = resource.plan_update(&read, reader()).await.unwrap();
    assert_eq!(plan.action, Action::None);
}
