use std::collections::BTreeMap;

use super::*;

pub(super) const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1";

pub(super) fn trust(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
}

pub(super) fn request() -> WebIdentityRequest {
    WebIdentityRequest {
        role_arn: "arn:aws:iam::111122223333:role/app".to_owned(),
        providers: vec![OidcProvider {
            arn: PROVIDER.to_owned(),
            url: "https://oidc.eks.eu-west-1.amazonaws.com/id/A1".to_owned(),
            client_ids: vec!["sts.amazonaws.com".to_owned()],
        }],
        action: "sts:AssumeRoleWithWebIdentity".to_owned(),
        token: WebIdentityToken {
            issuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/A1".to_owned(),
            subject: Some("system:serviceaccount:apps:reader".to_owned()),
            audiences: vec!["sts.amazonaws.com".to_owned()],
            ..WebIdentityToken::default()
        },
        context: BTreeMap::new(),
    }
}

/// An allowing statement with a condition block in which `KEY` stands for the provider's key prefix.
pub(super) fn allow(condition: &str) -> String {
    let condition = condition.replace("KEY", "oidc.eks.eu-west-1.amazonaws.com/id/A1");
    format!(
        r#"{{"Effect":"Allow","Principal":{{"Federated":"{PROVIDER}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{condition}}}"#
    )
}

fn reason(condition: &str) -> String {
    evaluate(&trust(&allow(condition)), &request()).reason
}

#[test]
fn a_document_is_read_whatever_the_spelling_of_lists() {
    let document = PolicyDocument::parse(
        r#"{"Statement":{"Sid":"a","Effect":"Deny","Principal":"*","NotAction":["sts:TagSession"],
            "Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"aws:MultiFactorAuthAge":[3600]}}}}"#,
    );
    assert_eq!(
        document,
        Ok(PolicyDocument {
            version: PolicyVersion::V2008,
            id: None,
            statements: vec![Statement {
                sid: Some("a".to_owned()),
                effect: Effect::Deny,
                principal: Some(Element::Only(vec![Principal {
                    kind: "AWS".to_owned(),
                    value: "*".to_owned()
                }])),
                action: Element::AllBut(vec!["sts:TagSession".to_owned()]),
                resource: None,
                conditions: vec![
                    Condition {
                        operator: "Bool".to_owned(),
                        key: "aws:SecureTransport".to_owned(),
                        values: vec!["false".to_owned()]
                    },
                    Condition {
                        operator: "NumericLessThan".to_owned(),
                        key: "aws:MultiFactorAuthAge".to_owned(),
                        values: vec!["3600".to_owned()]
                    },
                ],
            }],
        })
    );
}

#[test]
fn a_document_iam_would_refuse_is_refused_with_the_place() {
    let text = |policy: &str| PolicyDocument::parse_trust(policy).unwrap_err().to_string();
    assert_eq!(
        text(r#"{"Version":"2012-10-17"}"#),
        "the policy has no `Statement`"
    );
    assert_eq!(
        text(r#"{"Version":"2012-10-18","Statement":[]}"#),
        "version `2012-10-18` is neither `2012-10-17` nor `2008-10-17`"
    );
    assert_eq!(
        text(r#"{"Statement":[{"Effect":"allow","Principal":"*","Action":"sts:AssumeRole"}]}"#),
        "the effect of statement 1 must be `Allow` or `Deny`"
    );
    assert_eq!(
        text(r#"{"Statement":[{"Effect":"Allow","Principal":"*"}]}"#),
        "statement 1 has no `Action`"
    );
    assert_eq!(
        text(r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}"#),
        "statement 1 has no `Principal`, which a trust policy needs"
    );
    assert_eq!(
        text(
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}"#
        ),
        "statement 1 has `Resource`, which a trust policy must not have"
    );
    assert_eq!(
        text(
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringMatches":{"a":"b"}}}]}"#
        ),
        "`StringMatches` in statement 1 is not a condition operator"
    );
    assert_eq!(
        text(r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"AssumeRole"}]}"#),
        "`AssumeRole` in statement 1 is not an action: it looks like `sts:AssumeRoleWithWebIdentity`"
    );
    assert_eq!(
        text(r#"{"statement":[]}"#),
        "`statement` is not an element of the policy"
    );
    assert_eq!(
        text(
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"a":"1"},"StringEquals":{"b":"2"}}}]}"#
        ),
        "key `StringEquals` stands twice in `Statement[0].Condition`; most readers drop the first without a word, and IAM refuses the document"
    );
}

#[test]
fn formatting_is_never_a_difference() {
    let a = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"},
        {"Sid":"","Effect":"Allow","Principal":{"Federated":["p1","p2"]},"Action":["sts:TagSession","STS:assumerolewithwebidentity"],
         "Condition":{"StringLike":{"k:sub":["b","a"]},"StringEquals":{"K:aud":["x"]},"Bool":{"aws:SecureTransport":true}}}]}"#;
    let b = r#"{"Statement":[
        {"Condition":{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"k:aud":"x"},"StringLike":{"k:sub":["a","b","a"]}},
         "Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Principal":{"Federated":["p2","p1"]},"Effect":"Allow"},
        {"Action":["sts:AssumeRole"],"Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Effect":"Allow"}],"Version":"2012-10-17"}"#;
    assert!(equivalent(a, b));
    assert_eq!(normal_form(a), normal_form(b));
    assert!(equivalent(
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}"#,
        r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["*"]}]}"#
    ));
}

#[test]
fn a_difference_in_meaning_is_a_difference() {
    let base = trust(&allow(r#"{"StringEquals":{"KEY:sub":"a","KEY:aud":"x"}}"#));
    for other in [
        allow(r#"{"StringEquals":{"KEY:sub":"A","KEY:aud":"x"}}"#),
        allow(r#"{"StringLike":{"KEY:sub":"a"},"StringEquals":{"KEY:aud":"x"}}"#),
        allow(r#"{"StringEquals":{"KEY:sub":["a","b"],"KEY:aud":"x"}}"#),
        allow(r#"{"StringEquals":{"KEY:sub":"a"}}"#),
    ] {
        assert!(!equivalent(&base, &trust(&other)), "{other}");
        assert_ne!(normal_form(&base), normal_form(&trust(&other)), "{other}");
    }
    assert!(!equivalent(
        &base,
        &base.replace("2012-10-17", "2008-10-17")
    ));
    assert!(!equivalent(&base, "not json"));
    assert!(equivalent("not json", "not json"));
    assert_eq!(normal_form("not json"), "not json");
}

#[test]
fn an_id_grants_nothing_and_the_version_only_tells_variables() {
    let base = trust(&allow(r#"{"StringEquals":{"KEY:sub":"a","KEY:aud":"x"}}"#));
    let named = base.replacen('{', r#"{"Id":"made-by-hand","#, 1);
    let old = base.replace("2012-10-17", "2008-10-17");
    assert!(grants_the_same(&base, &named));
    assert!(grants_the_same(&base, &old));
    assert!(!grants_the_same(&base, &base.replace("Allow", "Deny")));
    assert!(!grants_the_same(&base, "not json"));
    let variable = base.replace("\"a\"", "\"${aws:username}\"");
    assert!(!grants_the_same(
        &variable,
        &variable.replace("2012-10-17", "2008-10-17")
    ));
}

#[test]
fn a_policy_is_as_long_as_its_characters_without_white_space() {
    assert_eq!(size("{ \"a\" :\n\t\"b ä\" }"), 10);
}

#[test]
fn the_statement_and_the_condition_that_decided_are_reported() {
    let answer = evaluate(
        &trust(&allow(
            r#"{"StringEquals":{"KEY:aud":"sts.amazonaws.com","KEY:sub":"x"}}"#,
        )),
        &request(),
    );
    assert_eq!(
        answer,
        Evaluation {
            decision: Decision::Deny,
            reason: "condition:StringEquals:sub".to_owned(),
            statement_index: Some(0),
            condition: Some(Condition {
                operator: "StringEquals".to_owned(),
                key: "oidc.eks.eu-west-1.amazonaws.com/id/A1:sub".to_owned(),
                values: vec!["x".to_owned()],
            }),
            named_providers: Vec::new(),
            error: None,
        }
    );
}

#[test]
fn a_missing_key_fails_positive_operators_and_satisfies_the_others() {
    for (condition, expected) in [
        (
            r#"{"StringEquals":{"KEY:azp":"x"}}"#,
            "condition:StringEquals:missing_key",
        ),
        (
            r#"{"ForAnyValue:StringEquals":{"KEY:azp":"x"}}"#,
            "condition:ForAnyValue:StringEquals:missing_key",
        ),
        (
            r#"{"ForAnyValue:StringNotEquals":{"KEY:azp":"x"}}"#,
            "condition:ForAnyValue:StringNotEquals:missing_key",
        ),
        (r#"{"StringNotEquals":{"KEY:azp":"x"}}"#, "allow"),
        (r#"{"StringEqualsIfExists":{"KEY:azp":"x"}}"#, "allow"),
        (r#"{"ForAllValues:StringEquals":{"KEY:azp":"x"}}"#, "allow"),
        (r#"{"Null":{"KEY:azp":"true"}}"#, "allow"),
        (
            r#"{"Null":{"KEY:azp":"false"}}"#,
            "condition:Null:missing_key",
        ),
    ] {
        assert_eq!(reason(condition), expected, "{condition}");
    }
}

#[test]
fn policy_variables_exist_only_in_the_younger_version() {
    let policy = trust(&allow(r#"{"StringEquals":{"KEY:sub":"${KEY:sub}"}}"#));
    assert_eq!(evaluate(&policy, &request()).reason, "allow");
    assert_eq!(
        evaluate(&policy.replace("2012-10-17", "2008-10-17"), &request()).reason,
        "condition:StringEquals:sub"
    );
    assert_eq!(
        reason(r#"{"StringLike":{"KEY:sub":"system:serviceaccount:apps:reade${*}"}}"#),
        "condition:StringLike:sub"
    );
    assert_eq!(
        reason(r#"{"StringLike":{"KEY:sub":"system:serviceaccount:apps:${aws:userid}"}}"#),
        "unknown_policy_variable"
    );
    assert_eq!(
        reason(r#"{"StringLike":{"KEY:sub":"system:serviceaccount:apps:${aws:PrincipalTag/x}"}}"#),
        "condition:StringLike:sub"
    );
}

#[test]
fn what_only_the_request_knows_is_not_guessed_unless_something_else_decides() {
    assert_eq!(
        reason(r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#),
        "unknown_context_key"
    );
    assert_eq!(
        reason(r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringEquals":{"KEY:sub":"x"}}"#),
        "condition:StringEquals:sub"
    );
    let mut known = request();
    known
        .context
        .insert("AWS:sourceip".to_owned(), vec!["10.1.2.3".to_owned()]);
    let policy = trust(&allow(r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#));
    assert_eq!(evaluate(&policy, &known).decision, Decision::Allow);
    known
        .context
        .insert("AWS:sourceip".to_owned(), vec!["11.1.2.3".to_owned()]);
    assert_eq!(
        evaluate(&policy, &known).reason,
        "condition:IpAddress:aws:SourceIp"
    );
}

#[test]
fn an_audience_of_several_needs_a_set_operator() {
    let mut several = request();
    several.token.audiences.push("other".to_owned());
    let judge = |condition: &str| evaluate(&trust(&allow(condition)), &several).reason;
    assert_eq!(
        judge(r#"{"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#),
        "multivalued_key"
    );
    assert_eq!(
        judge(r#"{"ForAnyValue:StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#),
        "allow"
    );
}

#[test]
fn session_tags_need_an_action_of_their_own() {
    let mut tagged = request();
    tagged.token.has_session_tags = true;
    let policy = trust(&allow(
        r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader"}}"#,
    ));
    assert_eq!(evaluate(&policy, &tagged).reason, "tag_session:action");
    let both = policy.replace(
        r#""sts:AssumeRoleWithWebIdentity""#,
        r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession"]"#,
    );
    assert_eq!(evaluate(&both, &tagged).reason, "allow");
    let at_request_time = allow(r#"{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}"#);
    assert_eq!(
        evaluate(&trust(&at_request_time), &tagged),
        Evaluation {
            decision: Decision::Deny,
            reason: "tag_session:action".to_owned(),
            statement_index: Some(0),
            condition: None,
            named_providers: Vec::new(),
            error: None,
        }
    );
}

#[test]
fn a_provider_of_another_account_does_not_serve_the_role() {
    let mut other = request();
    other.role_arn = "arn:aws:iam::444455556666:role/app".to_owned();
    assert_eq!(
        evaluate(&trust(&allow("{}")), &other).reason,
        "provider.not_found"
    );
    let mut other = request();
    other.token.audiences = vec!["x".to_owned()];
    assert_eq!(
        evaluate(&trust(&allow("{}")), &other).reason,
        "provider.client_id"
    );
}
