//! Findings, each kind with several of its shapes, and what is said of who may assume the role.

use super::super::tests::{allow, request, trust};
use super::*;

fn ids(policy: &str) -> Vec<&'static str> {
    let request = request();
    findings(policy, Some(&request.role_arn), Some(&request.providers))
        .iter()
        .map(|finding| finding.id)
        .collect()
}

#[test]
fn a_good_policy_has_no_findings() {
    let good = allow(
        r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&good)), [] as [&str; 0]);
    let pattern = allow(
        r#"{"StringLike":{"KEY:sub":"system:serviceaccount:apps:*"},"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&pattern)), ["privilege.sub_wildcard_namespace"]);
    let part = allow(
        r#"{"StringLike":{"KEY:sub":"system:serviceaccount:apps:run-*"},"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&part)), [] as [&str; 0]);
}

#[test]
fn each_trap_has_its_finding() {
    let aud = r#""StringEquals":{"KEY:aud":"sts.amazonaws.com"}"#;
    for (condition, expected) in [
        (format!("{{{aud}}}"), vec!["privilege.no_sub_condition"]),
        (format!(r#"{{{aud},"StringLike":{{"KEY:sub":"system:serviceaccount:*:app"}}}}"#), vec!["privilege.sub_wildcard_any_namespace"]),
        (format!(r#"{{{aud},"StringLike":{{"KEY:sub":"system:serviceaccount:prod*"}}}}"#), vec!["privilege.sub_wildcard_crosses_colon"]),
        (format!(r#"{{{aud},"StringNotEquals":{{"KEY:sub":"x"}}}}"#), vec!["privilege.negated_sub_only"]),
        (
            r#"{"StringEquals":{"https://KEY:sub":"x","KEY:aud":"sts.amazonaws.com"}}"#.to_owned(),
            vec!["lockout.condition_key_issuer_mismatch", "lockout.condition_key_scheme"],
        ),
        (
            r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:*","KEY:aud":"sts.amazonaws.com"}}"#.to_owned(),
            vec!["lockout.wildcard_in_string_equals"],
        ),
        (
            r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com.cn"}}"#.to_owned(),
            vec!["lockout.aud_mismatch"],
        ),
    ] {
        assert_eq!(ids(&trust(&allow(&condition))), expected, "{condition}");
    }
    let of_build_system = allow(
        r#"{"StringLike":{"KEY:sub":"repo:org/*"},"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&of_build_system)), ["lockout.sub_format"]);
    let with_its_own_issuer = trust(&of_build_system).replace(
        "oidc.eks.eu-west-1.amazonaws.com/id/A1",
        "token.actions.githubusercontent.com",
    );
    assert_eq!(ids(&with_its_own_issuer), ["lockout.provider_missing"]);
    let stale = allow(
        r#"{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/B2:sub":"x","KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(
        ids(&trust(&stale)),
        [
            "lockout.condition_key_issuer_mismatch",
            "lockout.condition_key_stale_cluster"
        ]
    );
    let one_unknown = allow(
        r#"{"StringLike":{"KEY:sub":"system:serviceaccount:?rod:app"},"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(
        ids(&trust(&one_unknown)),
        ["privilege.sub_wildcard_crosses_colon"]
    );
    let other_account = trust(&allow(
        r#"{"StringEquals":{"KEY:sub":"x","KEY:aud":"sts.amazonaws.com"}}"#,
    ))
    .replace("111122223333", "444455556666");
    assert_eq!(
        ids(&other_account),
        [
            "lockout.provider_missing",
            "lockout.provider_other_account",
            "lockout.sub_format"
        ]
    );
    let wrong_action = trust(&allow("{}")).replace("AssumeRoleWithWebIdentity", "AssumeRole");
    assert_eq!(
        ids(&wrong_action),
        ["lockout.action", "lockout.wrong_action"]
    );
    assert_eq!(
        ids(r#"{"Statement":[],"Statement":[]}"#),
        ["privilege.duplicate_json_key"]
    );
}
