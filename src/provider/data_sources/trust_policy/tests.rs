use std::sync::Arc;

use serde_json::json;
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::config::Settings;
use crate::fakes::{FakeCloud, context_of_unknown_block};

const WILDCARD: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC"},"Action":"sts:AssumeRoleWithWebIdentity",
    "Condition":{"StringEquals":{"oidc.eks.eu-central-1.amazonaws.com/id/ABC:sub":"system:serviceaccount:apps:*",
    "oidc.eks.eu-central-1.amazonaws.com/id/ABC:aud":"sts.amazonaws.com"}}}]}"#;

fn harness(settings: Settings) -> DataSourceHarness<TrustPolicyDataSource> {
    DataSourceHarness::new(
        TrustPolicyDataSource,
        Arc::new(FakeCloud::default()).client(settings),
    )
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn ids(model: &TrustPolicyModel) -> Vec<&str> {
    let id = |finding: &TrustFinding| finding.id.clone().into_known();
    let findings = model.findings.known().unwrap();
    assert!(findings.iter().all(|finding| id(finding).is_some()));
    findings
        .iter()
        .filter_map(|finding| finding.id.known().map(String::as_str))
        .collect()
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(harness(FakeCloud::settings()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn a_wildcard_that_is_compared_by_letter_is_told_with_its_statement() {
    let (model, warnings) = harness(FakeCloud::settings())
        .read(json!({ "policy": WILDCARD }))
        .await
        .unwrap();
    let findings = model.findings.known().unwrap();
    assert_eq!(
        *findings,
        [TrustFinding {
            id: known("lockout.wildcard_in_string_equals"),
            severity: known("error"),
            class: known("lockout"),
            statement_index: Attr::Known(0),
            message: findings[0].message.clone(),
        }]
    );
    let counted = WILDCARD.split_whitespace().collect::<String>().len();
    assert_eq!(model.size, Attr::Known(i64::try_from(counted).unwrap()));
    assert_eq!(
        (model.valid, warnings.is_empty()),
        (Attr::Known(true), true)
    );
}

#[tokio::test]
async fn a_provider_of_another_account_is_found_where_the_role_is_named() {
    let source = harness(FakeCloud::settings());
    let config = json!({ "policy": WILDCARD, "role_arn": "arn:aws:iam::999988887777:role/reader" });
    let (model, _) = source.read(config).await.unwrap();
    assert!(
        ids(&model).contains(&"lockout.provider_other_account"),
        "{model:?}"
    );
}

#[tokio::test]
async fn a_document_that_iam_refuses_is_an_answer_and_no_error() {
    let (model, _) = harness(FakeCloud::settings())
        .read(json!({ "policy": "{\"Version\":\"2012-10-17\"}" }))
        .await
        .unwrap();
    assert_eq!(model.valid, Attr::Known(false));
    let findings = model.findings.clone().into_known().unwrap();
    assert_eq!(
        findings,
        [TrustFinding {
            id: known("lockout.invalid_policy"),
            severity: known("error"),
            class: known("lockout"),
            statement_index: Attr::Null,
            message: known("the policy has no `Statement`"),
        }]
    );
}

#[tokio::test]
async fn a_finding_that_the_provider_block_silences_is_left_out() {
    let settings = Settings {
        suppress_findings: ["lockout.wildcard_in_string_equals".to_owned()].into(),
        ..FakeCloud::settings()
    };
    let (model, _) = harness(settings)
        .read(json!({ "policy": WILDCARD }))
        .await
        .unwrap();
    assert_eq!(ids(&model), Vec::<&str>::new());
}

#[tokio::test]
async fn an_unknown_provider_block_does_not_matter() {
    let client = context_of_unknown_block(Settings::default()).client;
    let (model, _) = DataSourceHarness::new(TrustPolicyDataSource, client)
        .read(json!({ "policy": WILDCARD }))
        .await
        .unwrap();
    assert_eq!(model.valid, Attr::Known(true));
}
