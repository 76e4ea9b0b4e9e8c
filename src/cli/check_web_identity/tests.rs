use super::*;
use crate::command::AwsArguments;

const ISSUER: &str =
    "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";

async fn judged(policy: &str, service_account: &str, format: Format) -> Outcome {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), policy).unwrap();
    run(&arguments(file.path(), service_account, format))
        .await
        .unwrap()
}

fn arguments(file: &Path, service_account: &str, output: Format) -> WebIdentityArguments {
    WebIdentityArguments {
        role: "arn:aws:iam::111122223333:role/reader".to_owned(),
        service_account: service_account.to_owned(),
        cluster: None,
        issuer: Some(ISSUER.to_owned()),
        trust_policy: Some(file.to_owned()),
        oidc_provider: None,
        audience: None,
        output,
        aws: AwsArguments::default(),
    }
}

fn policy(conditions: &str) -> String {
    let host = ISSUER.strip_prefix("https://").unwrap();
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{host}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{}}}]}}"#,
        conditions.replace("ISSUER", host)
    )
}

#[tokio::test]
async fn the_named_service_account_is_allowed_and_another_is_told_the_condition() {
    let policy = policy(
        r#"{"StringEquals":{"ISSUER:sub":"system:serviceaccount:apps:reader","ISSUER:aud":"sts.amazonaws.com"}}"#,
    );
    let allowed = judged(&policy, "apps:reader", Format::Table).await;
    assert_eq!(allowed.verdict, Verdict::Yes);
    assert!(
        allowed
            .text
            .starts_with("allowed\n  role      arn:aws:iam::111122223333:role/reader\n"),
        "{}",
        allowed.text
    );
    let refused = judged(&policy, "apps:intruder", Format::Table).await;
    assert_eq!(refused.verdict, Verdict::No);
    let why = "why       Statement 0 would allow it, but its condition `StringEquals` on\n\
               \x20           `oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub`\n\
               \x20           (`system:serviceaccount:apps:reader`) does not hold.\n\
               \x20 reason    condition:StringEquals:sub\n";
    assert!(refused.text.contains(why), "{}", refused.text);
}

#[tokio::test]
async fn findings_stand_beside_the_verdict() {
    let policy =
        policy(r#"{"StringEquals":{"https://ISSUER:sub":"system:serviceaccount:apps:reader"}}"#);
    let outcome = judged(&policy, "apps:reader", Format::Json).await;
    let json: Value = serde_json::from_str(&outcome.text).unwrap();
    assert_eq!(
        (outcome.verdict, json["decision"].as_str()),
        (Verdict::No, Some("deny"))
    );
    let ids: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert!(ids.iter().any(|id| id.starts_with("lockout.")), "{ids:?}");
    let invalid = judged("{}", "apps:reader", Format::Table).await;
    assert!(
        invalid
            .text
            .starts_with("refused, the trust policy is not valid\n"),
        "{}",
        invalid.text
    );
}

#[tokio::test]
async fn a_policy_is_found_in_what_get_role_prints_and_judged_for_its_role() {
    let policy = policy(
        r#"{"StringEquals":{"ISSUER:sub":"system:serviceaccount:apps:reader","ISSUER:aud":"sts.amazonaws.com"}}"#,
    );
    let role = |arn: &str| {
        json!({"Role": {"RoleName": "reader", "Arn": arn, "AssumeRolePolicyDocument": policy}})
            .to_string()
    };
    let text = role("arn:aws:iam::111122223333:role/reader");
    let allowed = judged(&text, "apps:reader", Format::Table).await;
    assert_eq!(allowed.verdict, Verdict::Yes, "{}", allowed.text);
    let string = Value::from(policy.as_str()).to_string();
    let allowed = judged(&string, "apps:reader", Format::Table).await;
    assert_eq!(allowed.verdict, Verdict::Yes, "{}", allowed.text);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), role("arn:aws:iam::111122223333:role/other")).unwrap();
    let error = run(&arguments(file.path(), "apps:reader", Format::Table))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the trust policy in the file is that of `arn:aws:iam::111122223333:role/other`, not of `arn:aws:iam::111122223333:role/reader`"
    );
}

#[tokio::test]
async fn audiences_that_the_described_provider_does_not_list_are_refused() {
    let policy = policy(
        r#"{"StringEquals":{"ISSUER:sub":"system:serviceaccount:apps:reader","ISSUER:aud":"sts.amazonaws.com"}}"#,
    );
    let (trust, provider) = (
        tempfile::NamedTempFile::new().unwrap(),
        tempfile::NamedTempFile::new().unwrap(),
    );
    std::fs::write(trust.path(), policy).unwrap();
    let host = ISSUER.strip_prefix("https://").unwrap();
    for (audience, wanted) in [("sts.amazonaws.com", Verdict::Yes), ("other", Verdict::No)] {
        let answer = json!({"Url": host, "ClientIDList": [audience], "ThumbprintList": []});
        std::fs::write(provider.path(), answer.to_string()).unwrap();
        let outcome = run(&WebIdentityArguments {
            oidc_provider: Some(provider.path().to_owned()),
            ..arguments(trust.path(), "apps:reader", Format::Table)
        })
        .await
        .unwrap();
        assert_eq!(outcome.verdict, wanted, "{}", outcome.text);
    }
}

#[test]
fn only_a_whole_arn_of_a_role_has_an_account() {
    assert!(partition_and_account("arn:aws:iam::111122223333:role/a/b").is_some());
    for arn in [
        "reader",
        "arn:aws:iam::111122223333:user/a",
        "arn:aws:sts::111122223333:assumed-role/a/b",
    ] {
        assert!(partition_and_account(arn).is_none(), "{arn}");
    }
}
