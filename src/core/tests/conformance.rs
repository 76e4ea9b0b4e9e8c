//! The published cases of `testdata/`, run as the `conformance` example runs them.

use std::path::Path;

#[path = "../examples/conformance/suites/mod.rs"]
mod suites;

/// The cases that fail, and whether there are as many as were published.
fn run(file: &str, at_least: usize) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(file);
    for suite in suites::read(&path)? {
        if suite.cases.len() < at_least || suite.passed() < suite.cases.len() {
            return Err(format!("of {at_least} cases or more: {suite}"));
        }
    }
    Ok(())
}

#[test]
fn every_published_arn_case_passes() -> Result<(), String> {
    run("arn.json", 35)
}

#[test]
fn every_published_token_case_passes() -> Result<(), String> {
    run("token.json", 141)
}

#[test]
fn every_published_trust_case_passes() -> Result<(), String> {
    run("trust.json", 59)
}

#[test]
fn every_published_case_of_kube2iam_and_kiam_passes() -> Result<(), String> {
    run("legacy_pod_role.json", 30)
}

#[test]
fn every_published_webhook_case_passes() -> Result<(), String> {
    run("webhook.json", 15)
}

#[test]
fn every_published_mapping_case_passes() -> Result<(), String> {
    run("mapping.json", 80)
}

#[test]
fn every_published_username_template_case_passes() -> Result<(), String> {
    run("aws_auth/username_template.json", 30)
}

#[test]
fn every_published_aws_auth_document_is_read_and_edited_as_published() -> Result<(), String> {
    run("aws_auth/documents", 20)
}
