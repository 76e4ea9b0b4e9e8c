//! A role through its life, and what pods and nodes need for it.

use super::*;

#[tokio::test]
async fn a_role_is_made_changed_and_removed() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    let expected = NodeAssumedRoleModel {
        name: known("reader"),
        path: known("/pods/"),
        max_session_duration: Attr::Known(3600),
        force_detach_policies: Attr::Known(false),
        system: known("kube2iam"),
        node_role_arns: crate::attributes::values::to_set([NODES.to_owned()]),
        ec2: Attr::Known(false),
        attach_node_policy: Attr::Known(false),
        exclusive_policy_arns: Attr::Known(false),
        on_conflict: known("error"),
        id: known("reader"),
        arn: known(ARN),
        unique_id: known("AROAEXAMPLE0000000001"),
        assume_role_policy: known(TRUST),
        adopted: Attr::Known(false),
        tags_all: to_map([]),
        pod_annotations: to_map([("iam.amazonaws.com/role".to_owned(), ARN.to_owned())]),
        node_policy_json: known(POLICY),
        ..NodeAssumedRoleModel::default()
    };
    assert_eq!(state.model, expected);
    let read = resource.read(&state).await.unwrap().unwrap();
    let plan = resource.plan_update(&read, reader()).await.unwrap();
    assert_eq!(plan.action, Action::None);
    let other = with(
        reader(),
        json!({ "node_role_arns": [NODES, SPOT], "ec2": true }),
    );
    let plan = resource.plan_update(&read, other.clone()).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    let state = resource.update(&read, other).await.unwrap();
    assert_eq!(state.model.unique_id, known("AROAEXAMPLE0000000001"));
    let trust = cloud
        .iam
        .role_now("reader")
        .unwrap()
        .role
        .assume_role_policy;
    assert!(
        trust.contains(SPOT) && trust.contains("ec2.amazonaws.com"),
        "{trust}"
    );
    assert_eq!(inline(&cloud, "nodes"), []);
    resource.delete(&state).await.unwrap();
    assert_eq!(cloud.iam.role_now("reader"), None);
}

#[tokio::test]
async fn annotations_and_policy_are_those_of_the_system() {
    let short = |base: &str| with(reader(), json!({ "base_arn": base }));
    let role = "arn:aws:iam::111122223333:role/";
    for (config, annotation) in [
        (reader(), ARN),
        (short(role), "pods/reader"),
        (short("arn:aws:iam::111122223333:role/pods/"), "reader"),
        // kiam drops the slash that kube2iam keeps, so only the ARN means the same to both.
        (short("arn:aws:iam::111122223333:role"), ARN),
        (short("arn:aws:iam::111122223333:role/other/"), ARN),
        (short(ARN), ARN),
    ] {
        let state = harness(&cloud()).create(config.clone()).await.unwrap();
        let annotations = [("iam.amazonaws.com/role".to_owned(), annotation.to_owned())];
        assert_eq!(state.model.pod_annotations, to_map(annotations), "{config}");
    }
    let resource = harness(&cloud());
    let kiam = with(
        reader(),
        json!({ "system": "kiam", "external_id": "team-a" }),
    );
    let state = resource.create(kiam).await.unwrap();
    let policy = r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Resource":"arn:aws:iam::111122223333:role/pods/reader"}],"Version":"2012-10-17"}"#;
    assert_eq!(state.model.node_policy_json, known(policy));
    let annotations = state.model.pod_annotations.known().unwrap();
    assert_eq!(
        annotations.get("iam.amazonaws.com/external-id"),
        Some(&known("team-a"))
    );
    let trust = state.model.assume_role_policy.known().unwrap();
    assert!(
        trust.contains(r#""Condition":{"StringEquals":{"sts:ExternalId":"team-a"}}"#),
        "{trust}"
    );
    assert_eq!(titles(&resource.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn kube2iam_does_not_check_an_external_id_per_pod() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let config = with(reader(), json!({ "external_id": "team-a" }));
    let state = resource.create(config.clone()).await.unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["External Id Is Not Checked Per Pod"]
    );
    let plan = resource.plan_update(&state, config).await.unwrap();
    assert_eq!(plan.action, Action::None);
    assert_eq!(
        titles(&resource.take_warnings()),
        Vec::<&str>::new(),
        "said once"
    );
}

#[tokio::test]
async fn a_generated_name_is_in_everything_that_follows_from_it() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let config =
        json!({ "name_prefix": "pods-", "node_role_arns": [NODES], "attach_node_policy": true });
    let state = resource.create(config.clone()).await.unwrap();
    let name = state.model.name.known().unwrap();
    let arn = format!("arn:aws:iam::111122223333:role/{name}");
    assert_eq!(state.model.arn, known(&arn));
    let policies = inline(&cloud, "nodes");
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0].0, format!("eksauth-assume-{name}"));
    assert!(policies[0].1.contains(&arn), "{policies:?}");
    let plan = resource.plan_update(&state, config).await.unwrap();
    assert_eq!(plan.action, Action::None);
    resource.delete(&state).await.unwrap();
    assert_eq!(inline(&cloud, "nodes"), []);
}

#[tokio::test]
async fn a_role_that_is_there_is_adopted_only_where_told() {
    let cloud = cloud();
    cloud.iam.put_role(existing_role(
        ARN,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
    ));
    let resource = harness(&cloud);
    let refused = resource.create(reader()).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["Role Exists Already"]);
    let detail = &first(&refused.diagnostics).detail;
    assert!(
        detail.contains("to = eksauth_node_assumed_role.NAME"),
        "{detail}"
    );
    let adopting = with(attached(), json!({ "on_conflict": "adopt" }));
    let state = resource.create(adopting).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(true));
    assert_eq!(inline(&cloud, "nodes").len(), 1);
    resource.take_warnings();
    resource.delete(&state).await.unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["Adopted Role Stays", "Node Policies Stay"]
    );
    assert_eq!(inline(&cloud, "nodes").len(), 1, "its pods go on");
}
