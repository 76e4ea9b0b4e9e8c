//! Keys that only requests with credentials of AWS have, keys that every request may have, and the one that names the provider.

use super::super::super::tests::PROVIDER;
use super::super::super::{Decision, evaluate, findings_for_token};
use super::*;

fn with_deny(condition: &str) -> String {
    let deny = allow(condition).replace("Allow", "Deny");
    trust(&format!("{},{deny}", allow(GOOD)))
}

fn decision(policy: &str) -> Decision {
    let mut request = request();
    request.token.subject = Some("system:serviceaccount:apps:reader".to_owned());
    evaluate(policy, &request).decision
}

#[test]
fn a_deny_on_a_key_that_is_absent_is_decided_by_its_operator() {
    for key in [
        "aws:PrincipalArn",
        "aws:principalorgid",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalTag/team",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalServiceName",
        "aws:username",
        "aws:MultiFactorAuthPresent",
        "aws:TokenIssueTime",
        "aws:SourceIdentity",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:CalledViaFirst",
        "sts:ExternalId",
        "aws:RequestTag/team",
        "aws:TagKeys",
    ] {
        for (operator, value, expected) in [
            ("StringEquals", "x", Decision::Allow),
            ("StringLike", "*", Decision::Allow),
            ("Bool", "true", Decision::Allow),
            ("ArnLike", "arn:aws:iam::111122223333:*", Decision::Allow),
            ("DateLessThan", "2030-01-01T00:00:00Z", Decision::Allow),
            ("ForAnyValue:StringEquals", "x", Decision::Allow),
            ("Null", "false", Decision::Allow),
            ("StringNotEquals", "x", Decision::Deny),
            ("ArnNotLike", "arn:aws:iam::111122223333:*", Decision::Deny),
            ("BoolIfExists", "false", Decision::Deny),
            ("StringNotEqualsIfExists", "x", Decision::Deny),
            ("ForAllValues:StringEquals", "x", Decision::Deny),
            ("Null", "true", Decision::Deny),
        ] {
            let policy = with_deny(&format!(r#"{{"{operator}":{{"{key}":"{value}"}}}}"#));
            assert_eq!(decision(&policy), expected, "{operator} {key}");
        }
    }
}

#[test]
fn keys_that_a_request_may_have_stay_unknown() {
    for key in [
        "aws:SourceIp",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:CurrentTime",
        "aws:SecureTransport",
        "aws:RequestedRegion",
        "aws:UserAgent",
        "aws:ViaAWSService",
        "aws:userid",
        "aws:PrincipalType",
        "aws:PrincipalAccount",
        "aws:ResourceAccount",
        "aws:ResourceTag/team",
        "sts:RoleSessionName",
        "sts:SourceIdentity",
    ] {
        for operator in ["StringEquals", "StringNotEquals"] {
            let policy = with_deny(&format!(r#"{{"{operator}":{{"{key}":"x"}}}}"#));
            assert_eq!(
                decision(&policy),
                Decision::Indeterminate,
                "{operator} {key}"
            );
            assert_eq!(lint_ids(&policy), [] as [&str; 0], "{operator} {key}");
        }
    }
    let mut request = request();
    request.token.subject = Some("system:serviceaccount:apps:reader".to_owned());
    request.token.has_session_tags = true;
    let policy = with_deny(r#"{"StringEquals":{"aws:RequestTag/team":"x"}}"#)
        .replace(r#""sts:AssumeRoleWithWebIdentity""#, r#""sts:*""#);
    assert_eq!(
        evaluate(&policy, &request).decision,
        Decision::Indeterminate
    );
}

#[test]
fn the_provider_is_known_to_every_request_of_its_tokens() {
    let policy = |operator: &str, provider: &str| {
        with_deny(&format!(
            r#"{{"{operator}":{{"aws:FederatedProvider":"{provider}"}}}}"#
        ))
    };
    assert_eq!(decision(&policy("StringEquals", PROVIDER)), Decision::Deny);
    assert_eq!(
        decision(&policy("StringNotEquals", PROVIDER)),
        Decision::Allow
    );
    assert_eq!(
        decision(&policy("StringNotEquals", "accounts.google.com")),
        Decision::Deny
    );
}

#[test]
fn what_an_absent_key_makes_of_a_statement_is_said() {
    let organization = with_deny(r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#);
    assert_eq!(
        said(&organization)[1].2,
        "`StringNotEquals` holds where `aws:PrincipalOrgID` is missing, so this denies every service account"
    );
    let by_arn =
        with_deny(r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/x"}}"#);
    assert_eq!(
        said(&by_arn),
        [(
            "privilege.deny_never_applies",
            Severity::Error,
            "`ArnEquals` does not hold where `aws:PrincipalArn` is missing, and no request with a token has it, so this denies nobody".to_owned()
        )]
    );
    let of_callers = by_arn.replace(
        &format!(r#""Effect":"Deny","Principal":{{"Federated":"{PROVIDER}"}},"Action":"sts:AssumeRoleWithWebIdentity""#),
        r#""Effect":"Deny","Principal":"*","Action":"sts:Assume*""#,
    );
    assert_ne!(of_callers, by_arn);
    assert_eq!(lint_ids(&of_callers), ["hygiene.action_wildcard"]);
    let allowing =
        |condition: &str| trust(&allow(&GOOD.replacen('{', &format!("{{{condition},"), 1)));
    assert_eq!(
        lint_ids(&allowing(
            r#""ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/x"}"#
        )),
        ["lockout.condition_key_unknown_claim"]
    );
    let found = said(&allowing(
        r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}"#,
    ));
    assert_eq!(
        found,
        [(
            "privilege.condition_key_unknown_claim",
            Severity::Warning,
            "no request with a token has `aws:MultiFactorAuthPresent`, so the condition always holds".to_owned()
        )]
    );
    let by_tag = on_subject(
        "StringEquals",
        "system:serviceaccount:${aws:PrincipalTag/namespace}:app",
    );
    assert!(lint_ids(&by_tag).contains(&"lockout.admits_nobody"));
}

#[test]
fn a_role_of_an_eks_capability_is_left_alone_and_told_where_a_token_asks_for_it() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"capabilities.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
    assert_eq!(findings(policy, None, None), []);
    let asked = findings_for_token(policy, None, None);
    let ids: Vec<_> = asked.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, ["hygiene.capability_only"]);
}

#[test]
fn a_role_for_pod_identity_alone_is_only_remarkable_where_a_token_asks_for_it() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
    assert_eq!(findings(policy, None, None), []);
    let asked: Vec<_> = findings_for_token(policy, None, None)
        .iter()
        .map(|finding| finding.id)
        .collect();
    assert_eq!(asked, ["hygiene.pod_identity_only"]);
    let both = policy.replace(
        r#""Statement":["#,
        &format!(
            r#""Statement":[{},"#,
            allow(GOOD).replace("KEY", "oidc.eks.eu-west-1.amazonaws.com/id/A1")
        ),
    );
    assert_eq!(findings_for_token(&both, None, None), []);
}
