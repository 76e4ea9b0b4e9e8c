//! The published cases of `testdata/`, run as the `conformance` example runs them.

use std::path::Path;

#[path = "../examples/conformance/suites/mod.rs"]
mod suites;

#[track_caller]
fn assert_all_pass(file: &str, at_least: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(file);
    for suite in suites::read(&path).unwrap() {
        assert!(
            suite.cases.len() >= at_least,
            "{file} has {} cases",
            suite.cases.len()
        );
        assert_eq!(suite.passed(), suite.cases.len(), "{suite}");
    }
}

#[test]
fn every_published_arn_case_passes() {
    assert_all_pass("arn.json", 33);
}

#[test]
fn every_published_token_case_passes() {
    assert_all_pass("token.json", 138);
}

#[test]
fn every_published_trust_case_passes() {
    assert_all_pass("trust.json", 52);
}

#[test]
fn every_published_case_of_kube2iam_and_kiam_passes() {
    assert_all_pass("legacy_pod_role.json", 28);
}

#[test]
fn every_published_webhook_case_passes() {
    assert_all_pass("webhook.json", 11);
}

#[test]
fn every_published_mapping_case_passes() {
    assert_all_pass("mapping.json", 73);
}

#[test]
fn every_published_username_template_case_passes() {
    assert_all_pass("aws_auth/username_template.json", 29);
}
