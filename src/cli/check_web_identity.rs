//! `check web-identity`: would a service account get a role, judged on the trust policy as IAM would, with no call in the pod's name.
//!
//! API actions: iam:GetRole, iam:GetOpenIDConnectProvider, eks:DescribeCluster where `--cluster` names the issuer. With `--trust-policy`
//! nobody is asked: the provider then counts as registered in the role's account for the audience.

use serde_json::{Value, json};

use eksauth_core::iam_policy::policy_document::Decision;
use eksauth_core::iam_policy::trust_policy::ServiceAccount;
use eksauth_core::principal::arn::AccountId;
use eksauth_core::principal::oidc_issuer::Issuer;
use eksauth_core::principal::partition::Partition;
use eksauth_provider::Client;
use eksauth_provider::access::web_identity::{
    Judgement, Providers, WebIdentity, provider_of, read_providers,
};

use crate::command::{Format, WebIdentityArguments};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::{input, output, session};

/// The verdict.
///
/// # Errors
/// Names that cannot be read, a role that does not exist, no credentials, no such cluster.
pub async fn run(arguments: &WebIdentityArguments) -> Result<Outcome, Failure> {
    let asked = web_identity(arguments).await?;
    let judgement = asked.judge();
    let text = match arguments.output {
        Format::Json => json_of(&asked, &judgement).to_string() + "\n",
        Format::Table => table(&asked, &judgement),
    };
    let verdict = match judgement.evaluation.decision {
        Decision::Allow => Verdict::Yes,
        Decision::Deny | Decision::Invalid => Verdict::No,
        Decision::Indeterminate => Verdict::Undetermined,
    };
    let unread = match &asked.providers {
        Providers::Unreadable { reason, .. } => Some(reason.clone()),
        Providers::Read(_) | Providers::Assumed(_) => None,
    };
    Ok(Outcome {
        warning: unread,
        ..Outcome::new(text, verdict)
    })
}

async fn web_identity(arguments: &WebIdentityArguments) -> Result<WebIdentity, Failure> {
    let subject = ServiceAccount::parse(&arguments.service_account)
        .map_err(|error| Failure::new(error.to_string()))?
        .subject();
    match &arguments.trust_policy {
        Some(file) => given(arguments, input::text(file)?, subject),
        None => live(arguments, subject).await,
    }
}

fn given(
    arguments: &WebIdentityArguments,
    policy: String,
    subject: String,
) -> Result<WebIdentity, Failure> {
    let issuer = issuer(arguments.issuer.as_deref().unwrap_or_default())?;
    let (partition, account) = partition_and_account(&arguments.role).ok_or_else(|| {
        Failure::new("--trust-policy needs the role's whole ARN: its account decides")
    })?;
    let audience = audience(arguments, partition);
    let provider = provider_of(&issuer, (partition, &account), &audience);
    Ok(WebIdentity {
        role_arn: arguments.role.clone(),
        policy,
        issuer,
        provider_arn: provider.arn.clone(),
        subject,
        audience,
        providers: Providers::Assumed(provider),
    })
}

async fn live(arguments: &WebIdentityArguments, subject: String) -> Result<WebIdentity, Failure> {
    let client = session::connect(&arguments.aws, None).await?;
    let issuer = match (&arguments.issuer, &arguments.cluster) {
        (Some(url), _) => issuer(url)?,
        (None, Some(name)) => issuer_of(&client, name).await?,
        (None, None) => return Err(Failure::new("give --cluster or --issuer")),
    };
    let name = arguments.role.rsplit('/').next().unwrap_or(&arguments.role);
    let iam = client.iam().await?;
    let role = iam
        .role(name)
        .await?
        .ok_or_else(|| Failure::new(format!("there is no role `{name}`")))?;
    if arguments.role.starts_with("arn:") && arguments.role != role.arn {
        return Err(Failure::new(format!(
            "the role `{name}` of this account is `{}`, not `{}`",
            role.arn, arguments.role
        )));
    }
    let (partition, account) = partition_and_account(&role.arn)
        .ok_or_else(|| Failure::new(format!("`{}` is no ARN of a role", role.arn)))?;
    let audience = audience(arguments, partition);
    let provider = provider_of(&issuer, (partition, &account), &audience);
    let provider_arn = provider.arn.clone();
    let providers = read_providers(iam, &role.arn, &role.assume_role_policy, provider).await?;
    Ok(WebIdentity {
        role_arn: role.arn,
        policy: role.assume_role_policy,
        issuer,
        provider_arn,
        subject,
        audience,
        providers,
    })
}

async fn issuer_of(client: &Client, name: &str) -> Result<Issuer, Failure> {
    let cluster = session::cluster(client, name).await?;
    let url = cluster.cluster.issuer.as_deref();
    issuer(url.ok_or_else(|| Failure::new(format!("cluster `{name}` has no issuer yet")))?)
}

fn issuer(url: &str) -> Result<Issuer, Failure> {
    Issuer::parse(url).map_err(|error| Failure::new(error.to_string()))
}

/// Partition and account of a role's ARN.
fn partition_and_account(arn: &str) -> Option<(Partition, AccountId)> {
    let mut parts = arn.split(':');
    let (Some("arn"), Some(partition), Some("iam"), Some(""), Some(account), Some(resource)) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return None;
    };
    resource.strip_prefix("role/")?;
    Some((
        Partition::parse(partition).ok()?,
        AccountId::parse(account).ok()?,
    ))
}

fn audience(arguments: &WebIdentityArguments, partition: Partition) -> String {
    arguments
        .audience
        .clone()
        .unwrap_or_else(|| partition.default_audience().to_owned())
}

fn table(asked: &WebIdentity, judgement: &Judgement) -> String {
    let headline = match judgement.evaluation.decision {
        Decision::Allow => "allowed",
        Decision::Deny => "refused",
        Decision::Invalid => "refused, the trust policy is not valid",
        Decision::Indeterminate => "not known",
    };
    let row = |label: &str, value: String| [label.to_owned(), value];
    let mut rows = vec![
        row("role", asked.role_arn.clone()),
        row("subject", asked.subject.clone()),
        row("issuer", asked.issuer.url()),
        row("audience", asked.audience.clone()),
        row("why", asked.explanation(&judgement.evaluation)),
        row("reason", judgement.evaluation.reason.clone()),
    ];
    rows.extend(judgement.findings.iter().map(|finding| {
        let statement = finding
            .statement_index
            .map(|index| format!("statement {index}: "))
            .unwrap_or_default();
        row(
            "finding",
            format!("{}  {statement}{}", finding.id, finding.message),
        )
    }));
    format!("{headline}\n{}", output::aligned(&rows, "  "))
}

fn json_of(asked: &WebIdentity, judgement: &Judgement) -> Value {
    let evaluation = &judgement.evaluation;
    let condition = evaluation.condition.as_ref().map(|condition| {
        json!({"operator": condition.operator, "key": condition.key, "values": condition.values})
    });
    let findings: Vec<Value> = judgement
        .findings
        .iter()
        .map(|finding| {
            json!({"id": finding.id, "statement": finding.statement_index, "message": finding.message})
        })
        .collect();
    json!({
        "decision": evaluation.decision.id(),
        "reason": evaluation.reason,
        "why": asked.explanation(evaluation),
        "statement": evaluation.statement_index,
        "condition": condition,
        "role_arn": asked.role_arn,
        "subject": asked.subject,
        "issuer": asked.issuer.url(),
        "audience": asked.audience,
        "findings": findings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::AwsArguments;

    const ISSUER: &str =
        "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";

    async fn judged(policy: &str, service_account: &str, format: Format) -> Outcome {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), policy).unwrap();
        run(&WebIdentityArguments {
            role: "arn:aws:iam::111122223333:role/reader".to_owned(),
            service_account: service_account.to_owned(),
            cluster: None,
            issuer: Some(ISSUER.to_owned()),
            trust_policy: Some(file.path().to_owned()),
            audience: None,
            output: format,
            aws: AwsArguments::default(),
        })
        .await
        .unwrap()
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
        let why = "why       Statement 0 would allow it, but its condition `StringEquals` on \
                   `oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub` (`system:serviceaccount:apps:reader`) does not hold.\n\
                   \x20 reason    condition:StringEquals:sub\n";
        assert!(refused.text.contains(why), "{}", refused.text);
    }

    #[tokio::test]
    async fn findings_stand_beside_the_verdict() {
        let policy = policy(
            r#"{"StringEquals":{"https://ISSUER:sub":"system:serviceaccount:apps:reader"}}"#,
        );
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
}
