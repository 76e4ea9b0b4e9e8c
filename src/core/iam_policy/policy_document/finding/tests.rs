//! Findings, each kind with several of its shapes, and what is said of who may assume the role.

use super::super::tests::{allow, request, trust};
use super::*;

mod absent_keys;
mod claims;
mod others;
mod public_issuers;

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
    assert_eq!(
        ids(&with_its_own_issuer),
        ["lockout.provider_missing", "privilege.sub_wildcard_owner"]
    );
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

/// Level and message of each finding by id, with nothing known of the account, as `lint` asks.
fn said(policy: &str) -> Vec<(&'static str, Severity, String)> {
    findings(policy, None, None)
        .into_iter()
        .map(|finding| (finding.id, finding.level, finding.message))
        .collect()
}

fn lint_ids(policy: &str) -> Vec<&'static str> {
    findings(policy, None, None)
        .iter()
        .map(|finding| finding.id)
        .collect()
}

const GOOD: &str = r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com"}}"#;

fn on_subject(operator: &str, value: &str) -> String {
    let value = serde_json::json!(value);
    trust(&allow(&format!(
        r#"{{"{operator}":{{"KEY:sub":{value}}},"ForAnyValue:StringEquals":{{"KEY:aud":"sts.amazonaws.com"}}}}"#
    )))
}

#[test]
fn a_provider_that_is_no_arn_is_found() {
    let good = trust(&allow(GOOD));
    for written in [
        "oidc.eks.eu-west-1.amazonaws.com/id/A1",
        "https://oidc.eks.eu-west-1.amazonaws.com/id/A1",
        "my-provider",
    ] {
        let policy = good.replace(super::super::tests::PROVIDER, written);
        let found = said(&policy);
        assert_eq!(
            found,
            [(
                "lockout.provider_arn_format",
                Severity::Error,
                format!(
                    "`{written}` is not the ARN of an OIDC provider, and IAM finds none by it, so nobody can assume the role by this statement"
                )
            )]
        );
    }
    for written in [
        "arn:aws:iam::111122223333:oidc-provider/*",
        "arn:aws:iam::111122223333:oidc-provider/",
        "arn:aws:iam::1111:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1",
    ] {
        let policy = good.replace(super::super::tests::PROVIDER, written);
        let found = lint_ids(&policy);
        let is_named = |id: &&str| id.contains(".provider_");
        assert!(found.iter().any(is_named), "{written}: {found:?}");
    }
    for written in ["accounts.google.com", "cognito-identity.amazonaws.com"] {
        let policy = good.replace(super::super::tests::PROVIDER, written);
        assert!(!lint_ids(&policy).contains(&"lockout.provider_arn_format"));
    }
}

#[test]
fn an_action_that_never_applies_is_found() {
    let good = trust(&allow(GOOD));
    let with = |action: &str| good.replace(r#""sts:AssumeRoleWithWebIdentity""#, action);
    for (action, expected) in [
        (
            r#""AssumeRoleWithWebIdentity""#,
            vec!["lockout.action", "lockout.invalid_policy"],
        ),
        (
            r#"["AssumeRole","sts:AssumeRoleWithWebIdentity"]"#,
            vec!["lockout.action", "lockout.invalid_policy"],
        ),
        (r#""sts:TagSession""#, vec!["lockout.action"]),
        (
            r#""sts:AssumeRole""#,
            vec!["lockout.action", "lockout.wrong_action"],
        ),
        (
            r#""sts:AssumeRoleWithSAML""#,
            vec!["lockout.action", "lockout.wrong_action"],
        ),
        (
            r#""sts:AssumeRoleWithWebIdentiy""#,
            vec!["lockout.action", "lockout.wrong_action"],
        ),
        (
            r#""iam:PassRole""#,
            vec!["lockout.action", "lockout.wrong_action"],
        ),
        (
            r#"["sts:AssumeRoleWithWebIdentity","sts:AssumeRole"]"#,
            vec!["lockout.action"],
        ),
        (
            r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession"]"#,
            vec![],
        ),
        (r#""STS:assumerolewithwebidentity""#, vec![]),
        (r#""sts:AssumeRole*""#, vec!["hygiene.action_wildcard"]),
        (r#""*""#, vec!["hygiene.action_wildcard"]),
    ] {
        assert_eq!(lint_ids(&with(action)), expected, "{action}");
    }
    let tags = allow(GOOD).replace("AssumeRoleWithWebIdentity", "TagSession");
    assert_eq!(
        lint_ids(&trust(&format!("{},{tags}", allow(GOOD)))),
        [] as [&str; 0]
    );
    let of_account = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRoleWithWebIdentity"}"#;
    assert_eq!(lint_ids(&trust(of_account)), ["lockout.action"]);
    assert_eq!(
        lint_ids(&trust(
            &of_account.replace("AssumeRoleWithWebIdentity", "AssumeRole")
        )),
        [] as [&str; 0]
    );
}

#[test]
fn a_document_with_an_action_without_service_never_allows() {
    let mixed = trust(&allow(GOOD)).replace(
        r#""sts:AssumeRoleWithWebIdentity""#,
        r#"["AssumeRole","sts:AssumeRoleWithWebIdentity"]"#,
    );
    let answer = super::super::evaluate(&mixed, &request());
    assert_eq!(answer.reason, "policy.action");
    let alone = trust(&allow(GOOD)).replace(r#""sts:Assume"#, r#""Assume"#);
    let answer = super::super::evaluate(&alone, &request());
    assert_eq!(
        (answer.decision.id(), answer.reason.as_str()),
        ("deny", "action")
    );
}

#[test]
fn set_operators_versions_and_session_names_have_their_findings() {
    let set = on_subject(
        "ForAllValues:StringEquals",
        "system:serviceaccount:apps:reader",
    );
    assert_eq!(
        ids(&set),
        [
            "hygiene.set_operator_single_valued",
            "hygiene.set_operator_single_valued",
            "privilege.forallvalues_allow"
        ]
    );
    let of_several = allow(
        r#"{"ForAllValues:StringEquals":{"aws:TagKeys":"a"},"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&of_several)), ["privilege.forallvalues_allow"]);
    for version in [r#""Version":"2008-10-17","#, ""] {
        let policy = trust(&allow(GOOD)).replace(r#""Version":"2012-10-17","#, version);
        assert_eq!(ids(&policy), ["hygiene.policy_version"]);
    }
    for (test, expected) in [
        (
            r#""StringLike":{"sts:RoleSessionName":"app-*"}"#,
            vec!["lockout.session_name_condition"],
        ),
        (
            r#""StringEquals":{"STS:rolesessionname":"app"}"#,
            vec!["lockout.session_name_condition"],
        ),
        (r#""StringLike":{"sts:RoleSessionName":"*"}"#, vec![]),
        (r#""StringNotEquals":{"sts:RoleSessionName":"app"}"#, vec![]),
    ] {
        let policy = trust(&allow(&format!(
            r#"{{{test},"ForAllValues:StringEquals":{{"aws:TagKeys":"a"}},"StringEqualsIgnoreCase":{{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com"}}}}"#
        )));
        let found: Vec<_> = ids(&policy)
            .into_iter()
            .filter(|id| *id != "privilege.forallvalues_allow")
            .collect();
        assert_eq!(found, expected, "{test}");
    }
}

#[test]
fn a_deny_says_whom_it_denies() {
    let with = |condition: &str| {
        trust(&format!(
            "{},{}",
            allow(GOOD),
            allow(condition).replace("Allow", "Deny")
        ))
    };
    for condition in [
        r#"{"StringNotEquals":{"KEY:azp":"x"}}"#,
        r#"{"StringEqualsIfExists":{"KEY:azp":"x"}}"#,
        r#"{"ForAllValues:StringEquals":{"KEY:amr":"x"}}"#,
        r#"{"Null":{"KEY:azp":"true"}}"#,
    ] {
        let policy = with(condition);
        assert_eq!(
            lint_ids(&policy),
            ["lockout.admits_nobody", "lockout.deny_on_missing_key"],
            "{condition}"
        );
        let found = said(&policy);
        assert!(
            found[1]
                .2
                .ends_with("is missing, so this denies every service account"),
            "{found:?}"
        );
    }
    for condition in [
        r#"{"StringEquals":{"KEY:azp":"x"}}"#,
        r#"{"ForAnyValue:StringNotEquals":{"KEY:amr":"x"}}"#,
        r#"{"Null":{"KEY:azp":"false"}}"#,
        r#"{"StringEquals":{"KEY:sub":"apps:reader"}}"#,
        r#"{"Null":{"KEY:sub":"true"}}"#,
    ] {
        assert_eq!(
            lint_ids(&with(condition)),
            ["privilege.deny_never_applies"],
            "{condition}"
        );
    }
    let partly = with(
        r#"{"StringNotEquals":{"KEY:azp":"x"},"StringEquals":{"KEY:sub":"system:serviceaccount:apps:writer"}}"#,
    );
    assert_eq!(
        said(&partly),
        [(
            "lockout.deny_on_missing_key",
            Severity::Error,
            "`StringNotEquals` holds where `oidc.eks.eu-west-1.amazonaws.com/id/A1:azp` is missing, so the other conditions alone decide whom this denies: only `apps:writer`"
                .to_owned()
        )]
    );
    let by_everyone = with(r#"{"StringNotLike":{"KEY:sub":"system:serviceaccount:apps:*"}}"#)
        .replacen(
            &format!(r#"{{"Federated":"{}"}}"#, super::super::tests::PROVIDER),
            r#""*""#,
            2,
        )
        .replacen(
            r#""Principal":"*""#,
            &format!(
                r#""Principal":{{"Federated":"{}"}}"#,
                super::super::tests::PROVIDER
            ),
            1,
        );
    assert_eq!(lint_ids(&by_everyone), [] as [&str; 0]);
}
