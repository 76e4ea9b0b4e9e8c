//! What is said of those who come in by other ways than a token of a cluster, and of statements that deny everyone.

use super::*;

fn of(principal: &str, action: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":{action},"Condition":{condition}}}]}}"#
    )
}

const SAML: &str = r#"{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"}"#;
const SAML_ACTION: &str = r#"["sts:AssumeRoleWithSAML","sts:TagSession"]"#;
const SAML_AUDIENCE: &str = r#"{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}"#;
const WEB_IDENTITY: &str = r#""sts:AssumeRoleWithWebIdentity""#;
const GITHUB: &str = r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;

#[test]
fn federations_that_are_no_oidc_provider_are_not_told_that_nobody_gets_in() {
    assert_eq!(
        lint_ids(&of(SAML, SAML_ACTION, SAML_AUDIENCE)),
        [] as [&str; 0]
    );
    assert_eq!(
        lint_ids(&of(SAML, r#""sts:*""#, "{}")),
        ["hygiene.action_wildcard"]
    );
    for (provider, key) in [
        (
            "cognito-identity.amazonaws.com",
            "cognito-identity.amazonaws.com:aud",
        ),
        ("accounts.google.com", "accounts.google.com:sub"),
        ("www.amazon.com", "www.amazon.com:app_id"),
        ("graph.facebook.com", "graph.facebook.com:app_id"),
    ] {
        let principal = format!(r#"{{"Federated":"{provider}"}}"#);
        let condition = format!(r#"{{"StringEquals":{{"{key}":"x"}}}}"#);
        let policy = of(&principal, WEB_IDENTITY, &condition);
        assert_eq!(lint_ids(&policy), [] as [&str; 0], "{provider}");
    }
    let wrong_action = of(SAML, WEB_IDENTITY, SAML_AUDIENCE);
    assert_eq!(lint_ids(&wrong_action), ["lockout.admits_nobody"]);
}

#[test]
fn a_deny_of_everyone_is_no_wide_principal_and_keeps_tokens_out() {
    let with = |principal: &str, condition: &str| {
        let good = allow(GOOD);
        trust(&format!(
            r#"{good},{{"Effect":"Deny","Principal":{principal},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{condition}}}"#
        ))
        .replace("KEY", "oidc.eks.eu-west-1.amazonaws.com/id/A1")
    };
    for principal in [r#""*""#, r#"{"AWS":"*"}"#] {
        let all = with(principal, "{}");
        assert_eq!(lint_ids(&all), ["lockout.admits_nobody"], "{principal}");
        let other = with(
            principal,
            r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:writer"}}"#,
        );
        assert_eq!(lint_ids(&other), [] as [&str; 0], "{principal}");
        let own = with(
            principal,
            r#"{"StringLike":{"KEY:sub":"system:serviceaccount:apps:*"}}"#,
        );
        assert_eq!(lint_ids(&own), ["lockout.admits_nobody"], "{principal}");
    }
    let organization = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole"},
        {"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}]}"#;
    assert_eq!(lint_ids(organization), [] as [&str; 0]);
}

#[test]
fn everybody_is_not_said_where_conditions_choose() {
    let condition = r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#;
    let of_organization = of(r#"{"AWS":"*"}"#, r#""sts:AssumeRole""#, condition);
    assert_eq!(
        said(&of_organization),
        [(
            "privilege.principal_wildcard",
            Severity::Error,
            "a principal of `*` is anyone of any account of AWS who meets the conditions"
                .to_owned()
        )]
    );
}

#[test]
fn tokens_of_a_build_system_are_no_service_accounts() {
    let audience =
        r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}"#;
    assert_eq!(
        said(&of(GITHUB, WEB_IDENTITY, audience)),
        [(
            "privilege.no_sub_condition",
            Severity::Error,
            "whoever has a token of the provider may assume the role".to_owned()
        )]
    );
    let repository = r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:repository":"octo-org/octo-repo"}}"#;
    assert_eq!(
        lint_ids(&of(GITHUB, WEB_IDENTITY, repository)),
        [] as [&str; 0]
    );
}
