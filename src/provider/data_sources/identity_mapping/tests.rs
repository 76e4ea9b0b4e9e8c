use std::sync::Arc;

use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::aws_auth::fixture::{Bed, ROLES, only, role_arn};
use crate::fakes::{FakeReviews, active_cluster, context_of_unknown_block, refusal};
use crate::ports::ErrorKind;
use crate::ports::access_review::ReviewedUser;
use crate::ports::eks::{AccessEntry, AuthenticationMode};

fn source(bed: &Bed) -> DataSourceHarness<IdentityMappingDataSource> {
    DataSourceHarness::new(IdentityMappingDataSource, bed.client())
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn list(values: &[&str]) -> Attr<Vec<Attr<String>>> {
    Attr::Known(values.iter().map(|value| known(value)).collect())
}

fn none<T>() -> Attr<Vec<T>> {
    Attr::Known(Vec::new())
}

/// Turns the bed's cluster to a mode.
fn in_mode(bed: &Bed, mode: AuthenticationMode) {
    let mut cluster = active_cluster("prod", "A");
    cluster.authentication_mode = Some(mode);
    bed.cloud.eks.put(cluster);
}

fn ids(misses: &Attr<Vec<Miss>>) -> Vec<Attr<String>> {
    let misses = misses.known().unwrap();
    misses.iter().map(|miss| miss.id.clone()).collect()
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(source(&Bed::lived_in()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn the_caller_is_asked_about_where_no_arn_is_given() {
    let (model, warnings) = source(&Bed::lived_in()).read(json!({})).await.unwrap();
    let expected = IdentityMappingModel {
        cluster_name: known("prod"),
        region: known("eu-central-1"),
        arn: known("arn:aws:sts::111122223333:assumed-role/admins/eve"),
        canonical_arn: known(&role_arn("admins")),
        authentication_mode: known("CONFIG_MAP"),
        access: Attr::Known(true),
        access_by_rules: Attr::Known(true),
        access_by_api_server: Attr::Null,
        difference: Attr::Null,
        may_write_aws_auth: Attr::Known(true),
        is_cluster_admin: Attr::Known(true),
        summary: known("admin · system:masters"),
        username: known("admin"),
        groups: list(&["system:masters"]),
        policies: none(),
        rule: known("aws-auth mapRoles[1], line 7"),
        shadowed: none(),
        near_misses: none(),
        findings: none(),
    };
    assert_eq!((model, warnings.is_empty()), (expected, true));
}

#[tokio::test]
async fn a_role_with_a_path_in_the_map_is_the_near_miss_of_its_role() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/teams/dev', username: dev, groups: [view]}\n",
    )]);
    let arn = "arn:aws:iam::111122223333:role/teams/dev";
    let (model, _) = source(&bed).read(json!({ "arn": arn })).await.unwrap();
    assert_eq!(
        (model.access, model.canonical_arn),
        (Attr::Known(false), known(&role_arn("dev")))
    );
    assert_eq!(
        (model.username, model.rule, model.groups, model.policies),
        (Attr::Null, Attr::Null, Attr::Null, Attr::Null)
    );
    assert_eq!(ids(&model.near_misses), [known("lockout.rolearn_has_path")]);
    let findings = model.findings.into_known().unwrap();
    let expected = Finding {
        id: known("lockout.rolearn_has_path"),
        severity: known("error"),
        section: known("mapRoles"),
        line: Attr::Known(1),
        text: findings[0].text.clone(),
    };
    assert_eq!(findings, [expected]);
}

#[tokio::test]
async fn an_access_entry_wins_and_shows_what_it_hides() {
    let bed = Bed::lived_in();
    in_mode(&bed, AuthenticationMode::ApiAndConfigMap);
    bed.cloud.eks.admit(AccessEntry {
        created_at: None,
        principal_arn: role_arn("admins"),
        kind: "STANDARD".to_owned(),
        username: "from-eks".to_owned(),
        groups: vec!["view".to_owned()],
        policies: Vec::new(),
    });
    let (model, _) = source(&bed)
        .read(json!({ "arn": role_arn("admins") }))
        .await
        .unwrap();
    assert_eq!(
        (model.username, model.groups, model.rule, model.shadowed),
        (
            known("from-eks"),
            list(&["view"]),
            known("access entry of arn:aws:iam::111122223333:role/admins"),
            list(&["aws-auth mapRoles[1], line 7"])
        )
    );
}

#[tokio::test]
async fn a_mode_without_aws_auth_is_named_as_the_reason() {
    let bed = Bed::lived_in();
    in_mode(&bed, AuthenticationMode::Api);
    let (model, _) = source(&bed).read(json!({})).await.unwrap();
    assert_eq!(
        (model.access, model.authentication_mode),
        (Attr::Known(false), known("API"))
    );
    assert_eq!(
        ids(&model.near_misses),
        [known("lockout.mode-ignores-aws-auth")]
    );
}

#[tokio::test]
async fn what_could_not_be_read_makes_access_null_and_is_said() {
    let bed = Bed::lived_in();
    in_mode(&bed, AuthenticationMode::ApiAndConfigMap);
    let denied = refusal(
        ErrorKind::AccessDenied,
        "eks:ListAccessEntries",
        "AccessDeniedException",
        "no",
    );
    bed.cloud.eks.calls.fail_next("ListAccessEntries", denied);
    let (model, warnings) = source(&bed).read(json!({})).await.unwrap();
    assert_eq!((model.access, model.username), (Attr::Null, Attr::Null));
    let warning = only(&warnings);
    assert_eq!(warning.summary, "Access Not Known");
    assert!(
        warning
            .detail
            .contains("the access entries could not be read"),
        "{}",
        warning.detail
    );
}

#[tokio::test]
async fn users_that_differ_only_in_case_are_left_to_chance() {
    let bed = Bed::new(&[(
        "mapUsers",
        "- {userarn: 'arn:aws:iam::111122223333:user/Eve', username: one}\n- {userarn: 'arn:aws:iam::111122223333:user/eve', username: two}\n",
    )]);
    let (model, warnings) = source(&bed)
        .read(json!({ "arn": "arn:aws:iam::111122223333:user/eve" }))
        .await
        .unwrap();
    assert_eq!(
        (model.access, model.username, model.rule),
        (Attr::Known(true), Attr::Null, Attr::Null)
    );
    assert_eq!(only(&warnings).summary, "Several Entries Match");
}

#[tokio::test]
async fn findings_of_others_are_left_out_and_those_of_a_section_are_not() {
    let bed = Bed::new(&[
        (
            "mapRoles",
            &format!(
                "{ROLES}- {{rolearn: 'arn:aws:iam::111122223333:role/teams/dev', username: dev}}\n"
            ),
        ),
        ("mapUsers", "- userarn: x\n\tusername: y\n"),
    ]);
    let (model, _) = source(&bed).read(json!({})).await.unwrap();
    let findings = model.findings.into_known().unwrap();
    let found: Vec<_> = findings
        .iter()
        .map(|finding| (finding.id.clone(), finding.section.clone()))
        .collect();
    assert_eq!(found, [(known("lockout.yaml_error"), known("mapUsers"))]);
}

#[tokio::test]
async fn an_arn_of_no_principal_and_a_cluster_that_is_not_there_are_errors() {
    let bed = Bed::lived_in();
    let wrong = source(&bed)
        .read(json!({ "arn": "arn:aws:s3:::bucket" }))
        .await
        .unwrap_err();
    assert_eq!(only(&wrong).summary, "Invalid Principal ARN");
    let missing = source(&bed)
        .read(json!({ "cluster_name": "pord" }))
        .await
        .unwrap_err();
    assert_eq!(only(&missing).summary, "Cluster Not Found");
}

#[tokio::test]
async fn an_unknown_provider_block_is_the_reason_given() {
    let client = context_of_unknown_block(Bed::settings()).client;
    let refused = DataSourceHarness::new(IdentityMappingDataSource, Arc::clone(&client))
        .read(json!({}))
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Provider Block Not Known");
}

/// What the API server says of the caller.
fn admits(bed: &Bed, username: &str, groups: &[&str]) {
    let groups = groups.iter().chain(&["system:authenticated"]);
    let arn = ("canonicalArn".to_owned(), vec![role_arn("admins")]);
    bed.kube().set_reviews(FakeReviews {
        user: Some(ReviewedUser {
            username: username.to_owned(),
            groups: groups.map(|group| (*group).to_owned()).collect(),
            extra: [arn].into(),
        }),
        may: Some(["patch configmaps".to_owned(), "* *".to_owned()].into()),
        ..FakeReviews::default()
    });
}

#[tokio::test]
async fn the_creator_enters_though_no_entry_names_it() {
    let bed = Bed::new(&[("mapUsers", "[]")]);
    admits(&bed, "kubernetes-admin", &["system:masters"]);
    let (model, warnings) = source(&bed).read(json!({})).await.unwrap();
    assert!(warnings.is_empty());
    assert_eq!(
        (
            model.access,
            model.access_by_rules,
            model.access_by_api_server
        ),
        (Attr::Known(true), Attr::Known(false), Attr::Known(true))
    );
    assert_eq!(
        (model.username, model.groups, model.rule),
        (
            known("kubernetes-admin"),
            list(&["system:masters"]),
            Attr::Null
        )
    );
    assert_eq!(
        (model.may_write_aws_auth, model.is_cluster_admin),
        (Attr::Known(true), Attr::Known(true))
    );
    let why = model.difference.into_known().unwrap();
    assert!(
        why.contains("most likely the identity that created the cluster"),
        "{why}"
    );
    let summary = model.summary.into_known().unwrap();
    assert!(
        summary.starts_with(
            "kubernetes-admin · system:masters, as the API server says; by the rules: no access"
        ),
        "{summary}"
    );
}

#[tokio::test]
async fn whom_the_api_server_refuses_does_not_enter_whatever_could_be_read() {
    let bed = Bed::lived_in();
    bed.kube().refuse_caller();
    let (model, warnings) = source(&bed).read(json!({})).await.unwrap();
    assert!(warnings.is_empty());
    assert_eq!(
        (
            model.access,
            model.access_by_rules,
            model.access_by_api_server
        ),
        (Attr::Known(false), Attr::Null, Attr::Known(false))
    );
    assert_eq!(
        (
            model.may_write_aws_auth,
            model.is_cluster_admin,
            model.username
        ),
        (Attr::Known(false), Attr::Known(false), Attr::Null)
    );
}

#[tokio::test]
async fn whom_the_api_server_admits_enters_whatever_could_be_read() {
    let bed = Bed::lived_in();
    bed.kube().deny("get", "configmaps");
    admits(&bed, "dev", &["view"]);
    let (model, warnings) = source(&bed).read(json!({})).await.unwrap();
    assert!(warnings.is_empty());
    assert_eq!(
        (
            model.access,
            model.access_by_rules,
            model.username,
            model.groups
        ),
        (Attr::Known(true), Attr::Null, known("dev"), list(&["view"]))
    );
}
