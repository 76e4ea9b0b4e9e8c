use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tf_provider::testing::{Action, Harness, UNKNOWN};
use tf_provider::{Attr, Diagnostic, Diagnostics};

use super::*;
use crate::attributes::values::{to_map, to_set};
use crate::config::{OnUnreadable, Settings};
use crate::fakes::{
    FakeCloud, FakeRole, active_cluster, context_of_unknown_block, creating_cluster, refusal,
};
use crate::ports::iam::Role;
use crate::ports::{ApiError, ErrorKind};

mod addon_policies;
mod adopted;
mod changes;
mod completed;
mod destroy_refused;
mod elsewhere;
mod existing;
mod failures;
mod id;
mod identity;
mod imported;
mod left_behind;
mod moved;
mod passing_on;
mod policy_room;
mod refused;
mod unfinished;

const ARN: &str = "arn:aws:iam::111122223333:role/reader";
const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.eu-central-1.amazonaws.com/id/ABC:aud":"sts.amazonaws.com","oidc.eks.eu-central-1.amazonaws.com/id/ABC:sub":"system:serviceaccount:apps:reader"}}}]}"#;
const POLICY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const FOREIGN: &str = "arn:aws:iam::aws:policy/AuditorAccess";

fn cloud() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    cloud
}

fn harness(cloud: &Arc<FakeCloud>) -> Harness<IrsaRoleResource> {
    with_settings(cloud, FakeCloud::settings())
}

fn with_settings(cloud: &Arc<FakeCloud>, settings: Settings) -> Harness<IrsaRoleResource> {
    Harness::new(IrsaRoleResource, cloud.client(settings))
}

fn titles(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

fn first(diagnostics: &Diagnostics) -> &Diagnostic {
    diagnostics.iter().next().unwrap()
}

fn reader() -> serde_json::Value {
    json!({ "name": "reader", "cluster_name": "prod", "service_accounts": ["apps:reader"] })
}

fn with(mut config: serde_json::Value, more: serde_json::Value) -> serde_json::Value {
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn made() -> IrsaRoleModel {
    IrsaRoleModel {
        name: known("reader"),
        path: known("/"),
        max_session_duration: Attr::Known(3600),
        force_detach_policies: Attr::Known(false),
        cluster_name: known("prod"),
        service_accounts: to_set(["apps:reader".to_owned()]),
        pod_identity: Attr::Known(false),
        ec2: Attr::Known(false),
        exclusive_policy_arns: Attr::Known(false),
        on_conflict: known("error"),
        id: known("reader"),
        adopted: Attr::Known(false),
        arn: known(ARN),
        unique_id: known("AROAEXAMPLE0000000001"),
        assume_role_policy: known(TRUST),
        service_account_annotations: to_map([(
            "eks.amazonaws.com/role-arn".to_owned(),
            ARN.to_owned(),
        )]),
        cluster_arn: known("arn:aws:eks:eu-central-1:111122223333:cluster/prod"),
        tags_all: to_map([]),
        ..IrsaRoleModel::default()
    }
}

fn role_of_others(name: &str, trust: &str) -> FakeRole {
    FakeRole {
        role: Role {
            name: name.to_owned(),
            arn: format!("arn:aws:iam::111122223333:role/{name}"),
            unique_id: "AROATHEIRS".to_owned(),
            path: "/".to_owned(),
            assume_role_policy: trust.to_owned(),
            description: String::new(),
            max_session_duration: 3600,
            permissions_boundary: None,
            tags: [].into(),
            created_at: 1_700_000_000,
        },
        attached: BTreeSet::new(),
        inline: [].into(),
        instance_profiles: Vec::new(),
    }
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(harness(&cloud()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_knows_arn_and_trust_policy_where_the_cluster_exists() {
    let cloud = cloud();
    let planned = harness(&cloud)
        .plan_create(reader())
        .await
        .unwrap()
        .model
        .unwrap();
    assert_eq!(
        planned,
        IrsaRoleModel {
            unique_id: Attr::Unknown,
            adopted: Attr::Unknown,
            ..made()
        }
    );
    assert_eq!(cloud.iam.calls.take(), ["GetRole reader"]);
}

#[tokio::test]
async fn what_was_made_is_what_was_planned_and_the_second_plan_is_empty() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let inline = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let config = with(
        reader(),
        json!({
            "policy_arns": [POLICY], "inline_policies": { "s3": inline }, "description": "reads", "tags": { "env": "prod" },
            "permissions_boundary": "arn:aws:iam::111122223333:policy/bound", "max_session_duration": 7200,
        }),
    );
    let state = resource.create(config.clone()).await.unwrap();
    let tags = to_map([("env".to_owned(), "prod".to_owned())]);
    let expected = IrsaRoleModel {
        description: known("reads"),
        max_session_duration: Attr::Known(7200),
        permissions_boundary: known("arn:aws:iam::111122223333:policy/bound"),
        policy_arns: to_set([POLICY.to_owned()]),
        inline_policies: to_map([("s3".to_owned(), inline.to_owned())]),
        tags: tags.clone(),
        tags_all: tags,
        ..made()
    };
    assert_eq!(state.model, expected);
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "GetRole reader",
            &format!("GetPolicy {POLICY}"),
            "GetPolicy arn:aws:iam::111122223333:policy/bound",
            "CreateRole reader",
            &format!("AttachRolePolicy reader {POLICY}"),
            "PutRolePolicy reader s3"
        ]
    );
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model, expected);
    assert_eq!(
        resource.plan_update(&read, config).await.unwrap().action,
        Action::None
    );
    resource.delete(&read).await.unwrap();
    assert_eq!(cloud.iam.role_now("reader"), None);
}

#[tokio::test]
async fn a_cluster_that_is_not_known_yet_leaves_the_trust_policy_unknown() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let config = with(reader(), json!({ "cluster_name": UNKNOWN }));
    let planned = resource.plan_create(config).await.unwrap().model.unwrap();
    let expected = IrsaRoleModel {
        cluster_name: Attr::Unknown,
        cluster_arn: Attr::Unknown,
        assume_role_policy: Attr::Unknown,
        unique_id: Attr::Unknown,
        adopted: Attr::Unknown,
        ..made()
    };
    assert_eq!(planned, expected);
    let config = with(
        reader(),
        json!({ "service_accounts": ["apps:reader", UNKNOWN] }),
    );
    let planned = resource.plan_create(config).await.unwrap().model.unwrap();
    assert_eq!(planned.assume_role_policy, Attr::Unknown);
    assert_eq!(planned.arn, known(ARN));
}

#[tokio::test]
async fn a_missing_cluster_is_a_warning_at_plan_and_waited_for_at_apply() {
    let cloud = Arc::new(FakeCloud::default());
    let resource = harness(&cloud);
    let planned = resource.plan_create(reader()).await.unwrap();
    assert_eq!(
        planned.model.as_ref().unwrap().assume_role_policy,
        Attr::Unknown
    );
    assert_eq!(titles(&resource.take_warnings()), ["Cluster Not Found"]);
    cloud.eks.put_sequence(
        "prod",
        vec![creating_cluster("prod"), active_cluster("prod", "ABC")],
    );
    assert_eq!(
        resource.apply(planned).await.unwrap().unwrap().model,
        made()
    );
}

#[tokio::test]
async fn many_clusters_and_kinds_of_trust_make_one_policy() {
    let cloud = cloud();
    cloud.eks.put(active_cluster("staging", "DEF"));
    let settings = Settings {
        cluster_name: known("prod"),
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, settings);
    let state = resource
        .create(json!({
            "name": "reader",
            "trust": [
                { "cluster_name": "staging", "service_accounts": ["apps:reader"], "audience": "other" },
                { "oidc_provider_arn": PROVIDER, "service_account_patterns": ["apps:reader-*"] },
            ],
            "pod_identity": true,
            "node_role_arns": ["arn:aws:iam::111122223333:role/nodes"],
            "ec2": true,
            "extra_statements": [r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#],
        }))
        .await
        .unwrap();
    assert_eq!(state.model.cluster_name, Attr::Null);
    let document = state.model.assume_role_policy.known().unwrap();
    for part in [
        r#""oidc.eks.eu-central-1.amazonaws.com/id/DEF:aud":"other""#,
        r#""StringLike":{"oidc.eks.eu-central-1.amazonaws.com/id/ABC:sub":"system:serviceaccount:apps:reader-*"}"#,
        r#""Service":"pods.eks.amazonaws.com""#,
        r#""AWS":"arn:aws:iam::111122223333:role/nodes""#,
        r#""Service":"ec2.amazonaws.com""#,
        r#""AWS":"111122223333""#,
    ] {
        assert!(document.contains(part), "{part} is missing in {document}");
    }
    assert_eq!(document.matches(r#""Effect""#).count(), 6);
}

#[tokio::test]
async fn a_generated_name_begins_with_the_prefix_and_stays() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let config = json!({ "name_prefix": "reader-", "pod_identity": true });
    let state = resource.create(config.clone()).await.unwrap();
    let name = state.model.name.known().unwrap().clone();
    assert_eq!(
        (name.len(), name.starts_with("reader-202501010000000000")),
        (33, true),
        "{name}"
    );
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, config).await.unwrap().action,
        Action::None
    );
    let shorter = json!({ "name_prefix": "read", "pod_identity": true });
    assert_eq!(
        resource.plan_update(&read, shorter).await.unwrap().action,
        Action::Update
    );
    let other = json!({ "name_prefix": "writer-", "pod_identity": true });
    assert_eq!(
        resource.plan_update(&read, other).await.unwrap().action,
        Action::Replace
    );
}

#[tokio::test]
async fn a_read_of_a_role_without_inline_policies_of_ours_asks_once() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    cloud.iam.calls.take();
    cloud.sts.calls.take();
    resource.read(&state).await.unwrap();
    assert_eq!(cloud.iam.calls.take(), ["RoleDetails reader"]);
    assert_eq!(cloud.sts.calls.take(), Vec::<String>::new());
}
