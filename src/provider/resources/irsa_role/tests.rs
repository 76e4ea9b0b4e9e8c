use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tf_provider::testing::{Action, Harness, UNKNOWN};
use tf_provider::{Attr, Diagnostic, Diagnostics};

use super::*;
use crate::config::Settings;
use crate::fakes::{
    FakeCloud, FakeRole, active_cluster, context_of_unknown_block, creating_cluster, refusal,
};
use crate::ports::iam::Role;
use crate::ports::{ApiError, ErrorKind};
use crate::values::{to_map, to_set};

mod imported;

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
            ..made()
        }
    );
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
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

#[test]
fn wrong_configurations_are_refused_before_anything_is_asked() {
    let resource = harness(&cloud());
    let refused = |more: serde_json::Value| {
        let diagnostics = resource.validate(with(reader(), more));
        diagnostics
            .iter()
            .map(|diagnostic| diagnostic.summary.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(refused(json!({})), Vec::<String>::new());
    assert_eq!(
        refused(json!({ "service_accounts": ["reader"] })),
        ["Invalid Service Account"]
    );
    assert_eq!(
        refused(json!({ "service_accounts": ["apps:*"] })),
        ["Invalid Service Account"]
    );
    assert_eq!(
        refused(json!({ "service_account_patterns": ["Apps:*"] })),
        ["Invalid Service Account Pattern"]
    );
    assert_eq!(
        refused(json!({ "service_accounts": [] })),
        ["Missing Service Account"]
    );
    assert_eq!(
        refused(json!({ "name": "x".repeat(65) })),
        ["Role Name Too Long"]
    );
    assert_eq!(refused(json!({ "name": "a/b" })), ["Invalid Role Name"]);
    assert_eq!(
        refused(json!({ "name_prefix": "x" })),
        ["Conflicting Attributes"]
    );
    assert_eq!(refused(json!({ "path": "teams" })), ["Invalid Path"]);
    assert_eq!(
        refused(json!({ "max_session_duration": 60 })),
        ["Invalid Session Duration"]
    );
    assert_eq!(
        refused(json!({ "oidc_provider_arn": PROVIDER })),
        ["Conflicting Attributes"]
    );
    assert_eq!(
        refused(json!({ "policy_arns": ["arn:aws:iam::111122223333:role/x"] })),
        ["Invalid Policy ARN"]
    );
    assert_eq!(
        refused(json!({ "inline_policies": { "x": "{" } })),
        ["Invalid Inline Policy"]
    );
    assert_eq!(
        refused(json!({ "extra_statements": ["{}"] })),
        ["Invalid Statement"]
    );
    assert_eq!(
        refused(json!({ "pod_identity_condition": "{}" })),
        ["Condition Without Pod Identity"]
    );
    assert_eq!(
        refused(json!({ "node_role_arns": ["arn:aws:sts::111122223333:assumed-role/nodes/i-1"] })),
        ["Invalid Node Role ARN"]
    );
    assert_eq!(refused(json!({ "audience": "" })), ["Invalid Audience"]);
    let trust = json!([{ "service_accounts": ["apps:reader"] }]);
    assert_eq!(
        titles(&resource.validate(json!({ "name": "reader", "trust": trust }))),
        ["Missing Cluster Name"]
    );
    let trust = json!([{ "cluster_name": "prod" }]);
    assert_eq!(
        titles(&resource.validate(json!({ "name": "reader", "trust": trust }))),
        ["Missing Service Account"]
    );
    assert_eq!(
        titles(&resource.validate(json!({ "name": "reader" }))),
        ["Role Trusts No One"]
    );
}

#[test]
fn a_prefix_that_is_too_long_is_explained_with_the_count() {
    let diagnostics =
        harness(&cloud()).validate(json!({ "name_prefix": "x".repeat(40), "pod_identity": true }));
    assert_eq!(
        first(&diagnostics).detail,
        format!(
            "`{}` has 40 characters, and a prefix 38 at most: 26 are added to make the name unique, and IAM takes 64. Shorten it by 2, or set \
             `name`.",
            "x".repeat(40)
        )
    );
}

#[tokio::test]
async fn the_size_of_the_trust_policy_is_counted_at_plan() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let many: Vec<String> = (0..60)
        .map(|number| format!("apps:reader-of-many-things-{number:02}"))
        .collect();
    let config = with(reader(), json!({ "service_accounts": many }));
    let planned = resource
        .plan_create(config.clone())
        .await
        .unwrap()
        .model
        .unwrap();
    let size = eksauth_core::policy_document::size(planned.assume_role_policy.known().unwrap());
    let warnings = resource.take_warnings();
    assert_eq!(titles(&warnings), ["Long Trust Policy"]);
    assert!(first(&warnings).detail.starts_with(&format!(
        "The trust policy has {size} characters without white space"
    )));
    let refused = resource
        .plan_create(with(
            config.clone(),
            json!({ "trust_policy_quota": size - 1 }),
        ))
        .await
        .unwrap_err();
    assert_eq!(titles(&refused), ["Trust Policy Over Quota"]);
    resource
        .plan_create(with(config, json!({ "trust_policy_quota": size })))
        .await
        .unwrap();
    assert_eq!(titles(&resource.take_warnings()), Vec::<&str>::new());
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
async fn a_trust_policy_edited_by_hand_is_drift_and_one_only_formatted_is_none() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(TRUST).unwrap())
            .unwrap();
    cloud
        .iam
        .change_role("reader", |found| found.role.assume_role_policy = pretty);
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, reader()).await.unwrap().action,
        Action::None
    );

    let edited = TRUST.replace("apps:reader", "apps:intruder");
    cloud.iam.change_role("reader", |found| {
        found.role.assume_role_policy = edited.clone()
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.assume_role_policy, Attr::Known(edited));
    cloud.iam.calls.take();
    let mended = resource.update(&read, reader()).await.unwrap();
    assert_eq!(mended.model, made());
    assert_eq!(cloud.iam.calls.take(), ["UpdateAssumeRolePolicy reader"]);
}

#[tokio::test]
async fn every_setting_is_changed_in_place_and_the_boundary_goes_when_it_is_unset() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let before = json!({ "permissions_boundary": "arn:aws:iam::111122223333:policy/bound", "policy_arns": [FOREIGN], "tags": { "a": "1" } });
    let state = resource.create(with(reader(), before)).await.unwrap();
    cloud.iam.calls.take();
    let after = with(
        reader(),
        json!({ "description": "new", "policy_arns": [POLICY], "tags": { "b": "2" } }),
    );
    let state = resource.update(&state, after.clone()).await.unwrap();
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "UpdateRole reader",
            "DeleteRolePermissionsBoundary reader",
            &format!("AttachRolePolicy reader {POLICY}"),
            &format!("DetachRolePolicy reader {FOREIGN}"),
            "TagRole reader",
            "UntagRole reader",
        ]
    );
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, after).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn policies_of_others_are_left_alone_unless_the_list_is_exclusive() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let config = with(reader(), json!({ "policy_arns": [POLICY] }));
    let state = resource.create(config.clone()).await.unwrap();
    cloud.iam.change_role("reader", |found| {
        found.attached.insert(FOREIGN.to_owned());
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource
            .plan_update(&read, config.clone())
            .await
            .unwrap()
            .action,
        Action::None
    );

    let exclusive = with(config, json!({ "exclusive_policy_arns": true }));
    let planned = resource
        .plan_update(&read, exclusive.clone())
        .await
        .unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["Policies Will Be Detached"]
    );
    let state = resource.apply(planned).await.unwrap().unwrap();
    assert_eq!(
        cloud.iam.role_now("reader").unwrap().attached,
        BTreeSet::from([POLICY.to_owned()])
    );
    cloud.iam.change_role("reader", |found| {
        found.attached.insert(FOREIGN.to_owned());
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, exclusive).await.unwrap().action,
        Action::Update
    );
}

#[tokio::test]
async fn destroy_stops_at_what_others_attached_and_takes_it_along_when_told() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(with(reader(), json!({ "policy_arns": [POLICY] })))
        .await
        .unwrap();
    cloud.iam.change_role("reader", |found| {
        found.attached.insert(FOREIGN.to_owned());
        found.inline.insert("theirs".to_owned(), "{}".to_owned());
        found.instance_profiles.push("nodes".to_owned());
    });
    let failure = resource.delete(&state).await.unwrap_err();
    let detail = &first(&failure.diagnostics).detail;
    let listed = format!(
        "  managed policy    {FOREIGN}\n  inline policy     theirs\n  instance profile  nodes"
    );
    assert!(detail.contains(&listed), "{detail}");

    let forced = with(
        reader(),
        json!({ "policy_arns": [POLICY], "force_detach_policies": true }),
    );
    let state = resource.update(&state, forced).await.unwrap();
    resource.delete(&state).await.unwrap();
    assert_eq!(cloud.iam.role_now("reader"), None);
}

#[tokio::test]
async fn a_role_whose_policies_could_not_be_attached_is_in_the_state() {
    let cloud = cloud();
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:AttachRolePolicy",
        "AccessDenied",
        "no",
    );
    cloud.iam.calls.fail_next("AttachRolePolicy", denied);
    let config = with(reader(), json!({ "policy_arns": [POLICY] }));
    let failure = harness(&cloud).create(config).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Made Only In Part"]);
    assert_eq!(
        failure.state.unwrap().model,
        IrsaRoleModel {
            policy_arns: to_set([]),
            ..made()
        }
    );
}

#[tokio::test]
async fn a_principal_that_iam_does_not_see_yet_is_waited_for() {
    let cloud = cloud();
    let message = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/nodes\"";
    let unseen = refusal(
        ErrorKind::Invalid,
        "iam:CreateRole",
        "MalformedPolicyDocument",
        message,
    );
    cloud.iam.calls.fail_next("CreateRole", unseen.clone());
    cloud.iam.calls.fail_next("CreateRole", unseen);
    let state = harness(&cloud).create(reader()).await.unwrap();
    assert_eq!(state.model, made());
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "CreateRole reader",
            "CreateRole reader",
            "CreateRole reader"
        ]
    );
}

#[tokio::test]
async fn a_policy_that_does_not_exist_is_waited_for_with_a_bound() {
    let cloud = cloud();
    for _ in 0..100 {
        let missing = refusal(
            ErrorKind::NotFound,
            "iam:AttachRolePolicy",
            "NoSuchEntity",
            "Policy does not exist",
        );
        cloud.iam.calls.fail_next("AttachRolePolicy", missing);
    }
    let started = crate::ports::Clock::now(cloud.clock.as_ref());
    let failure = harness(&cloud)
        .create(with(reader(), json!({ "policy_arns": [POLICY] })))
        .await
        .unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Made Only In Part"]);
    let waited = crate::ports::Clock::now(cloud.clock.as_ref())
        .duration_since(started)
        .unwrap();
    assert_eq!(waited, Duration::from_secs(32));
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_recognised_as_ours() {
    let cloud = cloud();
    let lost = refusal(
        ErrorKind::AlreadyExists,
        "iam:CreateRole",
        "EntityAlreadyExists",
        "exists",
    );
    cloud.iam.calls.lose_answer_of_next(
        "CreateRole",
        ApiError {
            attempts: 2,
            ..lost
        },
    );
    assert_eq!(
        harness(&cloud).create(reader()).await.unwrap().model,
        made()
    );
}

#[tokio::test]
async fn a_role_of_that_name_is_an_error_that_shows_both_and_prints_the_import_block() {
    let cloud = cloud();
    cloud.iam.put_role(role_of_others("reader", TRUST));
    let failure = harness(&cloud).create(reader()).await.unwrap_err();
    assert_eq!(
        (titles(&failure.diagnostics), &failure.state),
        (vec!["Role Exists Already"], &None)
    );
    let detail = &first(&failure.diagnostics).detail;
    assert!(
        detail.contains("import {\n    to = eksauth_irsa_role.NAME\n    id = \"reader\"\n  }"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_role_that_disappeared_is_planned_anew() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    cloud.iam.remove_role("reader");
    assert_eq!(resource.read(&state).await.unwrap(), None);
    resource.delete(&state).await.unwrap();
}

#[tokio::test]
async fn a_replaced_cluster_changes_the_trust_in_place_and_never_against_the_old_issuer() {
    let cloud = cloud();
    let state = harness(&cloud).create(reader()).await.unwrap();
    cloud.eks.put(active_cluster("prod", "NEW"));
    let resource = harness(&cloud);
    let planned = resource.plan_update(&state, reader()).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    assert_eq!(
        planned.model.as_ref().unwrap().assume_role_policy,
        Attr::Known(TRUST.replace("ABC", "NEW"))
    );
    cloud.eks.put(active_cluster("prod", "NEWER"));
    cloud.clock.advance(Duration::from_secs(1));
    cloud.iam.calls.take();
    let failure = resource.apply(planned).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cluster Was Replaced"]);
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cluster_that_is_being_replaced_by_the_same_apply_leaves_the_trust_unknown() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    let planned = resource
        .plan_update(&state, with(reader(), json!({ "cluster_name": UNKNOWN })))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Update);
    assert_eq!(planned.model.unwrap().assume_role_policy, Attr::Unknown);
}

#[tokio::test]
async fn another_account_is_an_error_and_never_an_emptied_state() {
    let state = harness(&cloud()).create(reader()).await.unwrap();
    let other = Arc::new(FakeCloud::of_account("999988887777"));
    other.eks.put(active_cluster("prod", "ABC"));
    let resource = harness(&other);
    assert_eq!(
        titles(&resource.read(&state).await.unwrap_err()),
        ["Another Account"]
    );
    other.iam.put_role(FakeRole {
        role: Role {
            arn: "arn:aws:iam::999988887777:role/reader".to_owned(),
            ..role_of_others("reader", TRUST).role
        },
        ..role_of_others("reader", TRUST)
    });
    assert_eq!(
        titles(&resource.read(&state).await.unwrap_err()),
        ["Another Account"]
    );
    assert_eq!(
        titles(&resource.delete(&state).await.unwrap_err().diagnostics),
        ["Another Account"]
    );
}

#[tokio::test]
async fn another_region_is_an_error_and_never_an_emptied_state() {
    let cloud = cloud();
    let state = harness(&cloud).create(reader()).await.unwrap();
    let elsewhere = Settings {
        region: known("us-east-1"),
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, elsewhere);
    assert_eq!(
        titles(&resource.read(&state).await.unwrap_err()),
        ["Another Region"]
    );
    assert_eq!(
        titles(&resource.plan_update(&state, reader()).await.unwrap_err()),
        ["Another Region"]
    );
}

#[tokio::test]
async fn an_unknown_provider_block_keeps_the_state_with_a_warning() {
    let state = harness(&cloud()).create(reader()).await.unwrap();
    let settings = Settings {
        region: Attr::Unknown,
        ..Settings::default()
    };
    let resource = Harness::new(IrsaRoleResource, context_of_unknown_block(settings).client);
    assert_eq!(
        resource.read(&state).await.unwrap().unwrap().model,
        state.model
    );
    assert_eq!(titles(&resource.take_warnings()), ["Not Refreshed"]);
    assert_eq!(
        resource.plan_update(&state, reader()).await.unwrap().action,
        Action::None
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
