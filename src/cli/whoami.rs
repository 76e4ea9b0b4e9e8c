//! `whoami` and `explain`: the caller or any principal, in AWS and in a cluster.

use serde_json::json;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::aws_auth::read;
use eksauth_core::principal::arn::canonical_caller_arn;
use eksauth_provider::access::cluster_access::cluster_access;
use eksauth_provider::ports::sts::CallerIdentity;

use crate::command::{ClusterArguments, ExplainArguments, Format};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::{access_explanation, input, output, session};

/// `whoami`.
///
/// # Errors
/// No credentials or no such cluster.
pub async fn run(arguments: &ClusterArguments) -> Result<Outcome, Failure> {
    let client = session::connect(&arguments.aws, None).await?;
    let identity = client.identity().await?;
    let cluster = session::cluster(&client, &arguments.cluster).await?;
    let answer = AccessExplanation::from_view(
        &cluster_access(&cluster).await,
        session::principal(&identity)?,
    );
    let text = match arguments.output {
        Format::Json => json!({"aws": {"arn": identity.arn, "account": identity.account, "user_id": identity.user_id}, "cluster": access_explanation::json(&answer)}).to_string() + "\n",
        Format::Table => table(&identity, &answer),
    };
    Ok(Outcome::new(text, verdict(&answer)))
}

fn table(identity: &CallerIdentity, answer: &AccessExplanation) -> String {
    let rows = access_explanation::lines(answer);
    let body = output::aligned(&rows, "         ");
    format!("AWS      {}\ncluster  {}", identity.arn, body.trim_start())
}

/// `explain`.
///
/// # Errors
/// An ARN that names no principal, a file that cannot be read, no credentials or no such cluster.
pub async fn explain(arguments: &ExplainArguments) -> Result<Outcome, Failure> {
    let answer = match (&arguments.aws_auth, &arguments.cluster) {
        (Some(file), _) => {
            let view = ClusterView {
                mode: AuthenticationMode::ConfigMap,
                aws_auth: Knowledge::Known(read(&input::config_map(file)?)),
                access_entries: Knowledge::Known(Vec::new()),
            };
            AccessExplanation::from_view(&view, named(&arguments.principal)?)
        }
        (None, Some(name)) => {
            let client = session::connect(&arguments.aws, None).await?;
            let who = match arguments.principal.as_str() {
                "me" => session::principal(&client.identity().await?)?,
                arn => named(arn)?,
            };
            let cluster = session::cluster(&client, name).await?;
            AccessExplanation::from_view(&cluster_access(&cluster).await, who)
        }
        (None, None) => return Err(Failure::new("give --cluster or --aws-auth")),
    };
    let text = match arguments.output {
        Format::Json => access_explanation::json(&answer).to_string() + "\n",
        Format::Table => {
            let headline = match answer.enters() {
                Some(true) => "access",
                Some(false) => "no access",
                None => "not known",
            };
            format!(
                "{headline}\n{}",
                output::aligned(&access_explanation::lines(&answer), "  ")
            )
        }
    };
    Ok(Outcome::new(text, verdict(&answer)))
}

fn verdict(answer: &AccessExplanation) -> Verdict {
    match answer.enters() {
        Some(true) => Verdict::Yes,
        Some(false) => Verdict::No,
        None => Verdict::Undetermined,
    }
}

fn named(arn: &str) -> Result<Principal, Failure> {
    if arn == "me" {
        return Err(Failure::new("`me` needs --cluster; for a file give an ARN"));
    }
    let principal = Principal::from_arn(arn);
    match canonical_caller_arn(&principal.arn) {
        Ok(_) => Ok(principal),
        Err(error) => Err(Failure::new(format!(
            "`{arn}` names no role, session or user: {error}"
        ))),
    }
}
