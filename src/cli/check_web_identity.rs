//! `check web-identity`: would a service account get a role, judged on the trust policy as IAM would, with no call in the pod's name.
//!
//! API actions: iam:GetRole, iam:GetOpenIDConnectProvider, eks:DescribeCluster where `--cluster` names the issuer. With `--trust-policy`
//! IAM is not asked: the provider then counts as registered in the role's account for the audience, or as `--oidc-provider` describes it.

use std::path::Path;

use serde_json::{Value, json};

use eksauth_core::document::{
    Content, Document, TrustPolicy, described_providers, passed_over, trust_policy,
};
use eksauth_core::iam_policy::policy_document::{Decision, OidcProvider};
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
        Some(file) => given(arguments, file, subject).await,
        None => live(arguments, subject).await,
    }
}

async fn given(
    arguments: &WebIdentityArguments,
    file: &Path,
    subject: String,
) -> Result<WebIdentity, Failure> {
    let mut documents = input::documents(file)?;
    let trust = trust_of(&documents, arguments, file)?;
    let role_arn = role_arn(&arguments.role, &trust)?;
    let (partition, account) = partition_and_account(&role_arn).ok_or_else(|| {
        Failure::new("--trust-policy needs the role's whole ARN: its account decides")
    })?;
    let issuer = match (&arguments.issuer, &arguments.cluster) {
        (None, Some(name)) => {
            let aws = session::beside_cluster(&arguments.aws, Some(name));
            let client = session::connect(&aws, None).await?;
            issuer_of(&client, name).await?
        }
        (url, _) => issuer(url.as_deref().unwrap_or_default())?,
    };
    let audience = audience(arguments, partition);
    let provider = provider_of(&issuer, (partition, &account), &audience);
    if let Some(path) = &arguments.oidc_provider {
        documents.extend(providers_in(path)?);
    }
    Ok(WebIdentity {
        provider_arn: provider.arn.clone(),
        providers: providers(&documents, &trust.policy, &role_arn, provider),
        role_arn,
        policy: trust.policy,
        issuer,
        subject,
        audience,
    })
}

/// The trust policy of a file. An object that is nothing known is judged as it is: it is said to be no valid policy.
fn trust_of(
    documents: &[Document],
    arguments: &WebIdentityArguments,
    file: &Path,
) -> Result<TrustPolicy, Failure> {
    match (trust_policy(documents, &arguments.role), documents) {
        (Ok(policy), _) => Ok(policy.clone()),
        (
            Err(_),
            [
                Document {
                    content: Content::Unknown(json),
                    ..
                },
            ],
        ) => Ok(TrustPolicy {
            policy: json.clone(),
            role_arn: None,
            role_name: None,
            statement_lines: Vec::new(),
        }),
        (Err(error), _) => Err(Failure::new(format!("`{}`: {error}", file.display()))),
    }
}

/// The role as it was named, or as the file that has its trust policy names it.
fn role_arn(role: &str, trust: &TrustPolicy) -> Result<String, Failure> {
    let Some(there) = &trust.role_arn else {
        return Ok(role.to_owned());
    };
    let is_same = match role.starts_with("arn:") {
        true => there == role,
        false => there.rsplit('/').next() == Some(role),
    };
    match is_same {
        true => Ok(there.clone()),
        false => Err(Failure::new(format!(
            "the trust policy in the file is that of `{there}`, not of `{role}`"
        ))),
    }
}

fn providers_in(path: &Path) -> Result<Vec<Document>, Failure> {
    let documents = input::documents(path)?;
    let is_provider = |document: &Document| matches!(document.content, Content::OidcProvider(_));
    if documents.iter().any(is_provider) {
        return Ok(documents);
    }
    let found = passed_over(&documents, |_| false).join("; ");
    Err(Failure::new(format!(
        "`{}` holds no answer of `aws iam get-open-id-connect-provider`: {found}",
        path.display()
    )))
}

/// What files say of the providers, else the issuer's as it would be registered.
fn providers(
    documents: &[Document],
    policy: &str,
    role_arn: &str,
    assumed: OidcProvider,
) -> Providers {
    if let Some(all) = described_providers(documents, policy, Some(role_arn)) {
        return Providers::Read(all);
    }
    let host = |url: &str| url.strip_prefix("https://").unwrap_or(url).to_owned();
    let described = documents
        .iter()
        .find_map(|document| match &document.content {
            Content::OidcProvider(provider) if host(&provider.url) == host(&assumed.url) => {
                Some(provider.client_ids.clone())
            }
            _ => None,
        });
    Providers::Assumed(OidcProvider {
        client_ids: described.unwrap_or(assumed.client_ids.clone()),
        ..assumed
    })
}

async fn live(arguments: &WebIdentityArguments, subject: String) -> Result<WebIdentity, Failure> {
    let aws = session::beside_cluster(&arguments.aws, arguments.cluster.as_deref());
    let client = session::connect(&aws, None).await?;
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
        Decision::Indeterminate => "could not find out",
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
mod tests;
