use serde_json::json;

use super::*;
use crate::iam_policy::policy_document::PolicyError;

const A: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1";
const B: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/B2";

fn web_identity(
    provider_arn: &str,
    service_accounts: &[&str],
    patterns: &[&str],
) -> WebIdentityTrust {
    WebIdentityTrust {
        provider_arn: provider_arn.to_owned(),
        service_accounts: service_accounts
            .iter()
            .map(|given| ServiceAccount::parse(given).unwrap())
            .collect(),
        patterns: patterns
            .iter()
            .map(|given| ServiceAccountPattern::parse(given).unwrap())
            .collect(),
        audiences: Vec::new(),
    }
}

fn of_web_identities(web_identities: Vec<WebIdentityTrust>) -> TrustPolicy {
    TrustPolicy {
        web_identities,
        ..TrustPolicy::default()
    }
}

#[test]
fn one_service_account_gives_the_policy_of_the_user_guide() {
    assert_eq!(
        of_web_identities(vec![web_identity(A, &["apps:reader"], &[])])
            .to_json()
            .unwrap(),
        concat!(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","#,
            r#""Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1"},"#,
            r#""Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"#,
            r#""oidc.eks.eu-west-1.amazonaws.com/id/A1:aud":"sts.amazonaws.com","#,
            r#""oidc.eks.eu-west-1.amazonaws.com/id/A1:sub":"system:serviceaccount:apps:reader"}}}]}"#
        )
    );
}

#[test]
fn patterns_stand_in_a_statement_of_their_own_and_audiences_are_always_exact() {
    let mut trust = web_identity(A, &["apps:reader", "apps:admin"], &["jobs:*"]);
    trust.audiences = vec!["sts.amazonaws.com".to_owned(), "other".to_owned()];
    assert_eq!(
        of_web_identities(vec![trust]).to_json().unwrap(),
        concat!(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","#,
            r#""Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1"},"#,
            r#""Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"#,
            r#""oidc.eks.eu-west-1.amazonaws.com/id/A1:aud":["other","sts.amazonaws.com"],"#,
            r#""oidc.eks.eu-west-1.amazonaws.com/id/A1:sub":["system:serviceaccount:apps:admin","system:serviceaccount:apps:reader"]}}},"#,
            r#"{"Effect":"Allow","#,
            r#""Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1"},"#,
            r#""Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"#,
            r#""oidc.eks.eu-west-1.amazonaws.com/id/A1:aud":["other","sts.amazonaws.com"]},"#,
            r#""StringLike":{"oidc.eks.eu-west-1.amazonaws.com/id/A1:sub":"system:serviceaccount:jobs:*"}}}]}"#
        )
    );
}

#[test]
fn subjects_of_one_provider_share_a_statement_whatever_their_order() {
    let apart = of_web_identities(vec![
        web_identity(A, &["b:b"], &[]),
        web_identity(B, &["c:c"], &[]),
        web_identity(A, &["a:a", "b:b"], &[]),
    ]);
    let together = of_web_identities(vec![
        web_identity(A, &["a:a", "b:b"], &[]),
        web_identity(B, &["c:c"], &[]),
    ]);
    assert_eq!(apart.to_json(), together.to_json());
    assert_eq!(apart.to_json().unwrap().matches("\"Effect\"").count(), 2);
}

#[test]
fn other_trusts_follow_in_a_fixed_order() {
    let policy = TrustPolicy {
        pod_identity: true,
        pod_identity_condition: Some(
            json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "apps"}}),
        ),
        node_role_arns: vec!["arn:aws:iam::111122223333:role/eks/node".to_owned()],
        ec2: true,
        statements: vec![
            json!({"Action": "sts:AssumeRole", "Principal": {"AWS": "111122223333"}, "Effect": "Allow", "Sid": "Own"}),
        ],
        ..TrustPolicy::default()
    };
    assert_eq!(
        policy.to_json().unwrap(),
        concat!(
            r#"{"Version":"2012-10-17","Statement":["#,
            r#"{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],"#,
            r#""Condition":{"StringEquals":{"aws:RequestTag/kubernetes-namespace":"apps"}}},"#,
            r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/eks/node"},"Action":"sts:AssumeRole"},"#,
            r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"},"#,
            r#"{"Sid":"Own","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}"#
        )
    );
}

#[test]
fn whatever_is_built_is_a_valid_policy_that_admits_exactly_its_subjects() {
    use crate::iam_policy::policy_document::{
        Decision, OidcProvider, WebIdentityRequest, WebIdentityToken, evaluate, findings,
    };
    let policy = of_web_identities(vec![
        web_identity(A, &["apps:reader"], &["jobs:run-*"]),
        web_identity(B, &["apps:reader"], &[]),
    ]);
    let json = policy.to_json().unwrap();
    let url = |provider: &str| {
        format!(
            "https://{}",
            provider.split_once("oidc-provider/").unwrap().1
        )
    };
    let providers: Vec<OidcProvider> = [A, B]
        .map(|arn| OidcProvider {
            arn: arn.to_owned(),
            url: url(arn),
            client_ids: vec!["sts.amazonaws.com".to_owned()],
        })
        .to_vec();
    let ask = |provider: &str, subject: &str| {
        let request = WebIdentityRequest {
            role_arn: "arn:aws:iam::111122223333:role/app".to_owned(),
            providers: providers.clone(),
            action: "sts:AssumeRoleWithWebIdentity".to_owned(),
            token: WebIdentityToken {
                issuer: url(provider),
                subject: Some(format!("system:serviceaccount:{subject}")),
                audiences: vec!["sts.amazonaws.com".to_owned()],
                ..WebIdentityToken::default()
            },
            context: Default::default(),
        };
        evaluate(&json, &request).decision == Decision::Allow
    };
    assert_eq!(
        [
            (A, "apps:reader"),
            (A, "jobs:run-1"),
            (A, "jobs:other"),
            (B, "apps:reader"),
            (B, "jobs:run-1")
        ]
        .map(|(p, s)| ask(p, s)),
        [true, true, false, true, false]
    );
    assert_eq!(
        findings(
            &json,
            Some("arn:aws:iam::111122223333:role/app"),
            Some(&providers)
        ),
        []
    );
}

#[test]
fn a_policy_that_would_trust_no_one_or_everyone_is_refused() {
    assert_eq!(
        TrustPolicy::default().to_json(),
        Err(TrustPolicyError::Empty)
    );
    assert_eq!(
        of_web_identities(vec![web_identity(A, &[], &[])]).to_json(),
        Err(TrustPolicyError::NoServiceAccount {
            provider_arn: A.to_owned()
        })
    );
    let statement = TrustPolicy {
        statements: vec![json!({"Effect": "Allow"})],
        ..TrustPolicy::default()
    };
    assert_eq!(
        statement.to_json(),
        Err(TrustPolicyError::Statement {
            number: 1,
            source: PolicyError::MissingAction {
                place: "statement 1".to_owned()
            }
        })
    );
    let session = TrustPolicy {
        node_role_arns: vec!["arn:aws:sts::111122223333:assumed-role/n/i-1".to_owned()],
        ..TrustPolicy::default()
    };
    assert_eq!(
        session.to_json(),
        Err(TrustPolicyError::NodeRoleSession {
            arn: "arn:aws:sts::111122223333:assumed-role/n/i-1".to_owned()
        })
    );
}

#[test]
fn a_wrong_service_account_says_what_is_right() {
    let text = |given: &str| ServiceAccount::parse(given).unwrap_err().to_string();
    assert_eq!(
        text("reader"),
        "service account `reader` has no namespace: write `namespace:name`"
    );
    assert_eq!(
        text("apps/reader"),
        "service account `apps/reader` must be written as `apps:reader`"
    );
    assert_eq!(
        text("system:serviceaccount:apps:reader"),
        "service account `system:serviceaccount:apps:reader` must be written as `apps:reader`"
    );
    assert_eq!(
        text("a:b:c"),
        "service account `a:b:c` has more than one colon: write `namespace:name`"
    );
    assert_eq!(
        text("apps:*"),
        "service account `apps:*` has a wildcard, which would be taken literally here: move it to service_account_patterns"
    );
    assert_eq!(
        text("Apps:reader"),
        "namespace `Apps` of service account `Apps:reader` is not valid: 1 to 63 lower-case letters, digits and inner hyphens"
    );
    assert_eq!(
        text("apps:reader_1"),
        "name `reader_1` of service account `apps:reader_1` is not valid: 1 to 253 lower-case letters, digits, inner hyphens and dots"
    );
    assert_eq!(
        text("apps:"),
        "name `` of service account `apps:` is not valid: 1 to 253 lower-case letters, digits, inner hyphens and dots"
    );
    assert_eq!(
        ServiceAccount::parse("kube-system:a.b-c")
            .unwrap()
            .to_string(),
        "kube-system:a.b-c"
    );
}

#[test]
fn a_pattern_keeps_namespace_and_name_apart() {
    assert_eq!(
        ServiceAccountPattern::parse("*:*").unwrap().subject(),
        "system:serviceaccount:*:*"
    );
    assert_eq!(
        ServiceAccountPattern::parse("prod*").unwrap_err(),
        ServiceAccountError::NoNamespace {
            given: "prod*".to_owned()
        }
    );
    assert!(ServiceAccountPattern::parse("apps:${aws:username}").is_err());
}

#[test]
fn node_roles_may_have_to_give_an_external_id() {
    let policy = TrustPolicy {
        node_role_arns: vec!["arn:aws:iam::111122223333:role/nodes".to_owned()],
        node_external_id: Some("a-\"b".to_owned()),
        ec2: true,
        ..TrustPolicy::default()
    };
    assert_eq!(
        policy.to_json().unwrap(),
        concat!(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","#,
            r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/nodes"},"Action":"sts:AssumeRole","#,
            r#""Condition":{"StringEquals":{"sts:ExternalId":"a-\"b"}}},"#,
            r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
        )
    );
}
