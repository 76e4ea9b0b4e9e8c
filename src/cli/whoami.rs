//! `whoami` and `explain`: the caller or any principal, in AWS and in a cluster.
//!
//! What the API server itself says counts, and the rules are told beside it. Who the caller is in AWS is printed whatever becomes of the cluster.

use serde_json::{Value, json};

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::access::reconciliation::Reconciliation;
use eksauth_core::aws_auth::read;
use eksauth_core::principal::arn::{CallerArnError, canonical_caller_arn};
use eksauth_provider::Client;
use eksauth_provider::access::cluster_access::cluster_access;
use eksauth_provider::access::reconciliation::ClusterInquiry;
use eksauth_provider::access::unauthorized::Unauthorized;
use eksauth_provider::ports::sts::CallerIdentity;

use crate::command::{ExplainArguments, Format, WhoamiArguments};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::{access_explanation, input, output, session};

/// The caller in a cluster, and, where it is refused, what lets it in.
struct CallerInCluster {
    both: Reconciliation,
    what_to_do: Vec<String>,
}

/// `whoami`.
///
/// # Errors
/// No credentials: who the caller is in AWS is not known.
pub async fn run(arguments: &WhoamiArguments) -> Result<Outcome, Failure> {
    let aws = session::beside_cluster(&arguments.aws, arguments.cluster.as_deref());
    let client = session::connect(&aws, None).await?;
    let identity = session::identity(&client).await?;
    let found = match &arguments.cluster {
        None => None,
        Some(name) => Some(in_cluster(&client, &identity, name).await),
    };
    let text = match arguments.output {
        Format::Json => json_of(&identity, found.as_ref()).to_string() + "\n",
        Format::Table => table(&identity, found.as_ref()),
    };
    let verdict = match &found {
        None => Verdict::Yes,
        Some(Ok(found)) => verdict(&found.both),
        Some(Err(_)) => Verdict::Undetermined,
    };
    Ok(Outcome::new(text, verdict))
}

async fn in_cluster(
    client: &Client,
    identity: &CallerIdentity,
    name: &str,
) -> Result<CallerInCluster, Failure> {
    let principal = session::principal(identity)?;
    let cluster = session::cluster(client, name).await?;
    let inquiry = ClusterInquiry::new(&cluster, client.session());
    let both = inquiry.about_caller(principal.clone()).await;
    let what_to_do = match both.enters() {
        Some(false) => {
            let unauthorized = Unauthorized::new(client.session().clone(), &cluster);
            unauthorized.what_to_do(&principal).await
        }
        _ => Vec::new(),
    };
    Ok(CallerInCluster { both, what_to_do })
}

fn table(identity: &CallerIdentity, found: Option<&Result<CallerInCluster, Failure>>) -> String {
    let aws = format!("AWS      {}\n", identity.arn);
    match found {
        None => aws,
        Some(Err(failure)) => format!("{aws}cluster  could not find out: {failure}\n"),
        Some(Ok(found)) => {
            let rows = access_explanation::lines(&found.both);
            let body = output::aligned(&rows, "         ");
            let lines = found.what_to_do.iter();
            let what_to_do: String = lines.map(|line| format!("         {line}\n")).collect();
            format!("{aws}cluster  {}{what_to_do}", body.trim_start())
        }
    }
}

fn json_of(identity: &CallerIdentity, found: Option<&Result<CallerInCluster, Failure>>) -> Value {
    let cluster = match found {
        Some(Ok(found)) => {
            let mut cluster = access_explanation::json(&found.both);
            if let Value::Object(members) = &mut cluster {
                members.insert("what_to_do".to_owned(), json!(found.what_to_do));
            }
            cluster
        }
        Some(Err(_)) | None => Value::Null,
    };
    let error = match found {
        Some(Err(failure)) => Some(failure.to_string()),
        Some(Ok(_)) | None => None,
    };
    json!({
        "aws": {"arn": identity.arn, "account": identity.account, "user_id": identity.user_id},
        "cluster": cluster,
        "cluster_error": error,
    })
}

/// `explain`.
///
/// # Errors
/// An ARN that names no principal, a file that cannot be read, no credentials or no such cluster.
pub async fn explain(arguments: &ExplainArguments) -> Result<Outcome, Failure> {
    let both = match (&arguments.aws_auth, &arguments.cluster) {
        (Some(file), _) => {
            let view = ClusterView {
                mode: AuthenticationMode::ConfigMap,
                aws_auth: Knowledge::Known(read(&input::config_map(file)?)),
                access_entries: Knowledge::Known(Vec::new()),
            };
            let explanation = AccessExplanation::from_view(&view, named(&arguments.principal)?);
            Reconciliation::by_rules(explanation, view.mode)
        }
        (None, Some(name)) => explained(arguments, name).await?,
        (None, None) => return Err(Failure::new("give --cluster or --aws-auth")),
    };
    let text = match arguments.output {
        Format::Json => access_explanation::json(&both).to_string() + "\n",
        Format::Table => {
            let headline = match both.enters() {
                Some(true) => "access",
                Some(false) => "no access",
                None => "could not find out",
            };
            format!(
                "{headline}\n{}",
                output::aligned(&access_explanation::lines(&both), "  ")
            )
        }
    };
    Ok(Outcome::new(text, verdict(&both)))
}

/// Whoever is asked about, in a cluster.
async fn explained(arguments: &ExplainArguments, name: &str) -> Result<Reconciliation, Failure> {
    let aws = session::beside_cluster(&arguments.aws, Some(name));
    let client = session::connect(&aws, None).await?;
    if arguments.principal == "me" {
        let caller = session::principal(&session::identity(&client).await?)?;
        let cluster = session::cluster(&client, name).await?;
        let inquiry = ClusterInquiry::new(&cluster, client.session());
        return Ok(inquiry.about_caller(caller).await);
    }
    let who = named(&arguments.principal)?;
    let cluster = session::cluster(&client, name).await?;
    let view = cluster_access(&cluster).await;
    let inquiry = ClusterInquiry::new(&cluster, client.session());
    Ok(inquiry.about(&view, who).await)
}

fn verdict(both: &Reconciliation) -> Verdict {
    match both.enters() {
        Some(true) => Verdict::Yes,
        Some(false) => Verdict::No,
        None => Verdict::Undetermined,
    }
}

/// Whom an ARN of the command line names.
pub(crate) fn named(arn: &str) -> Result<Principal, Failure> {
    if arn == "me" {
        return Err(Failure::new("`me` needs --cluster; for a file give an ARN"));
    }
    let principal = Principal::from_arn(arn);
    match canonical_caller_arn(&principal.arn) {
        Ok(_) => Ok(principal),
        Err(error) => Err(Failure::new(format!(
            "`{arn}` names no role, session or user: {}",
            what_is_wrong(error)
        ))),
    }
}

/// The same of an ARN that somebody gave: it is no caller's.
fn what_is_wrong(error: CallerArnError) -> &'static str {
    match error {
        CallerArnError::Prefix => "it does not start with `arn:`",
        CallerArnError::Sections => "it has fewer than six parts",
        CallerArnError::Partition => "its partition is unknown",
        CallerArnError::Service => "it belongs to neither iam nor sts",
        CallerArnError::Account => "the account in it is not 12 digits",
        CallerArnError::Region => "it has a region, and ARNs of iam have none",
        CallerArnError::Resource => {
            "its resource is no user, role, session, federated user or root"
        }
    }
}

#[cfg(test)]
mod tests;
