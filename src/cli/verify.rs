//! `verify`: whose a token is and what a cluster makes of it, by the rules that the cluster's own authenticator follows.
//!
//! The token is read and never written: refusals name the rule that failed. Session names are chosen by the caller, so what a terminal
//! would act on is escaped. No is a refusal, "could not find out" is STS or the cluster that did not answer. A token that STS vouches for is shown to the
//! API server of the cluster that it was made for, which says whom it admits.

use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::reconciliation::{ClusterAnswer, Reconciliation};
use eksauth_core::authenticator::token_mapping::KubernetesUser;
use eksauth_core::aws_auth::read;
use eksauth_core::aws_auth::username_template::TemplateError;
use eksauth_core::document::text_of;
use eksauth_core::token::{Identity, TOKEN_PREFIX};
use eksauth_provider::access::reconciliation::ClusterInquiry;
use eksauth_provider::access::token_verification::{self, Finding, Unverified, examine};
use eksauth_provider::attributes::cluster::NamedCluster;

use crate::command::{Format, VerifyArguments};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::sts::{Sts, region, verifier};
use crate::{access_explanation, input, output, session};

/// A token inside its ExecCredential has some 200 bytes around it; what is longer than this is no token.
const MOST_INPUT_BYTES: u64 = 64 * 1024;

/// The verdict on a token.
///
/// # Errors
/// Input that cannot be read, a partition that does not exist, a cluster that cannot be asked.
pub async fn run(arguments: &VerifyArguments) -> Result<Outcome, Failure> {
    judged(arguments, SystemTime::now()).await
}

async fn judged(arguments: &VerifyArguments, now: SystemTime) -> Result<Outcome, Failure> {
    let token = token(arguments.token.as_deref())?;
    let finding = find(arguments, &token, now).await?;
    let text = match arguments.output {
        Format::Json => json_of(&finding).to_string() + "\n",
        Format::Table => table(&finding),
    };
    Ok(Outcome::new(text, verdict(&finding)))
}

async fn find(
    arguments: &VerifyArguments,
    token: &str,
    now: SystemTime,
) -> Result<Finding, Failure> {
    let client = match &arguments.cluster {
        Some(name) => {
            let aws = session::beside_cluster(&arguments.aws, Some(name));
            Some(session::connect(&aws, None).await?)
        }
        None => None,
    };
    let (cluster_id, region) = match (&client, &arguments.cluster, &arguments.cluster_id) {
        (Some(client), Some(name), _) => {
            let reference = session::reference(client, name)?;
            (reference.name, Some(reference.region))
        }
        (_, _, Some(id)) => {
            let named = NamedCluster::parse(id);
            let given = arguments.aws.region.as_deref().or(named.region);
            (named.name.to_owned(), region(given))
        }
        _ => return Err(Failure::new("give --cluster-id or --cluster")),
    };
    let verifier = verifier(&cluster_id, arguments.partition.as_deref(), region)?;
    let sts = match arguments.offline {
        true => None,
        false => Some(Sts::of_environment(&arguments.sts, &arguments.aws).await?),
    };
    let finding = examine(token, &verifier, now, sts.as_ref().map(Sts::client)).await;
    if !matches!(finding, Finding::Verified(..)) {
        return Ok(finding);
    }
    Ok(match (&client, &arguments.aws_auth) {
        (Some(client), _) => {
            let cluster = session::cluster(client, &cluster_id).await?;
            let inquiry = ClusterInquiry::new(&cluster, client.session());
            finding.in_cluster(&inquiry, token).await
        }
        (None, Some(file)) => finding.in_view(&ClusterView {
            mode: AuthenticationMode::ConfigMap,
            aws_auth: Knowledge::Known(read(&input::config_map(file)?)),
            access_entries: Knowledge::Known(Vec::new()),
        }),
        (None, None) => finding,
    })
}

/// The token of the argument or of standard input, out of its ExecCredential where it is in one.
fn token(argument: Option<&str>) -> Result<String, Failure> {
    let text = match argument {
        Some(text) if text != "-" => text.to_owned(),
        _ => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .take(MOST_INPUT_BYTES)
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::read("-", &error))?;
            of_bytes(bytes)?
        }
    };
    let text = text.trim_end_matches(['\n', '\r']);
    if is_no_token(text) {
        return Err(Failure::new(
            "this is no token; give a file by standard input: verify … < FILE",
        ));
    }
    if !text.trim_start().starts_with('{') {
        return Ok(text.to_owned());
    }
    let credential: Option<Value> = serde_json::from_str(text).ok();
    credential
        .as_ref()
        .and_then(|credential| credential.pointer("/status/token")?.as_str())
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("the input is JSON and no ExecCredential with a token"))
}

/// What a shell piped, in UTF-8 or UTF-16 as PowerShell writes it. Bytes that are no text are no token either, which the verifier says.
fn of_bytes(bytes: Vec<u8>) -> Result<String, Failure> {
    let text =
        text_of(bytes.clone()).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned());
    match text.trim().is_empty() {
        true => Err(Failure::new(
            "standard input is empty; the command that should print the token may have failed",
        )),
        false => Ok(text),
    }
}

/// Nothing at all, or a file's name where its content belongs: neither is a token that anybody could refuse.
fn is_no_token(text: &str) -> bool {
    text.trim().is_empty() || !text.starts_with(TOKEN_PREFIX) && Path::new(text).is_file()
}

/// A well-formed token is what `--offline` asks for, so it is a yes here.
fn verdict(finding: &Finding) -> Verdict {
    match (finding, finding.verdict()) {
        (Finding::WellFormed(_), _) | (_, token_verification::Verdict::Accepted) => Verdict::Yes,
        (_, token_verification::Verdict::Refused) => Verdict::No,
        (_, token_verification::Verdict::Undecided) => Verdict::Undetermined,
    }
}

fn table(finding: &Finding) -> String {
    match finding {
        Finding::Refused(unverified) => refusal_text(unverified, verdict(finding)),
        Finding::WellFormed(_) => {
            "well-formed  STS was not asked, so whose the token is stays unknown\n".to_owned()
        }
        Finding::Verified(_, identity, both) => {
            let headline = match verdict(finding) {
                Verdict::Yes => "accepted",
                Verdict::No => "refused",
                Verdict::Undetermined => {
                    "could not find out  STS accepts the token; whether the cluster does is open"
                }
            };
            let mut rows = identity_rows(identity);
            if let Some(both) = both {
                if both.answer.enters().is_none() {
                    rows.extend(finding.kubernetes_users().into_iter().flat_map(as_rows));
                }
                rows.extend(access_explanation::lines(both));
            }
            let rows: Vec<[String; 3]> = rows.into_iter().map(|row| row.map(printable)).collect();
            format!("{headline}\n{}", output::aligned(&rows, "  "))
        }
    }
}

/// A token that STS could not be asked about is not refused.
fn refusal_text(unverified: &Unverified, verdict: Verdict) -> String {
    let Unverified { refusal, causes } = unverified;
    let headline = match verdict {
        Verdict::Undetermined => "could not find out",
        Verdict::Yes | Verdict::No => "refused",
    };
    let mut text = format!("{headline}  {}: {refusal}\n", refusal.reason());
    for cause in causes {
        text.push_str(&format!("  caused by: {}\n", printable(cause.clone())));
    }
    text
}

fn identity_rows(identity: &Identity) -> Vec<[String; 3]> {
    let row = |label: &str, value: &str| [label.to_owned(), value.to_owned(), String::new()];
    let mut rows = vec![row("identity", identity.arn())];
    if identity.canonical_arn() != identity.arn() {
        rows.push(row("canonical", identity.canonical_arn()));
    }
    rows.push(row("user id", identity.user_id()));
    if !identity.session_name().is_empty() {
        let note = "chosen by the caller".to_owned();
        let name = identity.session_name().to_owned();
        rows.push(["session".to_owned(), name, note]);
    }
    rows
}

fn as_rows(user: Result<KubernetesUser, TemplateError>) -> Vec<[String; 3]> {
    match user {
        Ok(KubernetesUser { username, groups }) => vec![
            [
                "user".to_owned(),
                username,
                "as the cluster sees it".to_owned(),
            ],
            ["in groups".to_owned(), groups.join(", "), String::new()],
        ],
        Err(error) => vec![["template".to_owned(), error.to_string(), String::new()]],
    }
}

/// Control characters of a name that somebody else chose do nothing to a terminal.
fn printable(text: String) -> String {
    match text.chars().any(char::is_control) {
        true => text.escape_debug().to_string(),
        false => text,
    }
}

fn json_of(finding: &Finding) -> Value {
    let told = match verdict(finding) {
        Verdict::Yes => json!(true),
        Verdict::No => json!(false),
        Verdict::Undetermined => Value::Null,
    };
    match finding {
        Finding::Refused(Unverified { refusal, causes }) => json!({
            "accepted": told,
            "refusal": {"class": refusal.class().id(), "reason": refusal.reason(), "text": refusal.to_string(), "causes": causes},
        }),
        Finding::WellFormed(_) => json!({"accepted": Value::Null, "well_formed": true}),
        Finding::Verified(_, identity, both) => {
            let users = users(finding, both.as_deref());
            json!({
                "accepted": told,
                "identity": {
                    "arn": identity.arn(),
                    "canonical_arn": identity.canonical_arn(),
                    "account": identity.account_id(),
                    "user_id": identity.user_id(),
                    "session_name": identity.session_name(),
                    "sts_endpoint": identity.sts_endpoint(),
                },
                "users": users,
                "mapping": both.as_ref().map(|both| access_explanation::json(both)),
            })
        }
    }
}

/// As whom the token's owner comes: as the API server says, else by each entry that may admit it.
fn users(finding: &Finding, both: Option<&Reconciliation>) -> Vec<Value> {
    match both.map(|both| &both.answer) {
        Some(ClusterAnswer::Admitted(user)) => {
            vec![json!({"username": user.username, "groups": user.own_groups()})]
        }
        Some(ClusterAnswer::Refused | ClusterAnswer::Remembered(_)) => Vec::new(),
        _ => finding
            .kubernetes_users()
            .into_iter()
            .map(|user| match user {
                Ok(KubernetesUser { username, groups }) => {
                    json!({"username": username, "groups": groups})
                }
                Err(error) => json!({"error": error.to_string()}),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
