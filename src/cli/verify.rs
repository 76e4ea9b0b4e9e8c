//! `verify`: whose a token is and what a cluster makes of it, by the rules that the cluster's own authenticator follows.
//!
//! The token is read and never written: refusals name the rule that failed. Session names are chosen by the caller, so what a terminal
//! would act on is escaped. No is a refusal, "could not find out" is STS or the cluster that did not answer.

use std::io::Read;
use std::time::SystemTime;

use serde_json::{Value, json};

use eksauth_core::access_entry::AuthenticationMode;
use eksauth_core::aws_auth::read;
use eksauth_core::aws_auth::username_template::{TemplateIdentity, render};
use eksauth_core::cluster_view::{Access, ClusterView, Grant, Knowledge, Principal};
use eksauth_core::token::{Identity, Refusal, RefusalClass, judge};
use eksauth_provider::doors::doors;

use crate::command::{Format, VerifyArguments};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::standing::Answer;
use crate::sts::{Sts, Unverified, region, verifier};
use crate::{input, output, session};

/// A token inside its ExecCredential has some 200 bytes around it; what is longer than this is no token.
const MOST_INPUT_BYTES: u64 = 64 * 1024;

/// What was found out.
#[derive(Debug)]
enum Finding {
    Refused(Unverified),
    /// The form is right; STS was not asked.
    WellFormed,
    Verified(Box<Identity>, Option<Box<Answer>>),
}

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
        Some(_) => Some(session::connect(&arguments.aws, None).await?),
        None => None,
    };
    let (cluster_id, region) = match (&client, &arguments.cluster, &arguments.cluster_id) {
        (Some(client), Some(name), _) => {
            let reference = session::reference(client, name)?;
            (reference.name, Some(reference.region))
        }
        (_, _, Some(id)) => (id.clone(), region(arguments.aws.region.as_deref())),
        _ => return Err(Failure::new("give --cluster-id or --cluster")),
    };
    let verifier = verifier(&cluster_id, arguments.partition.as_deref(), region)?;
    let request = match judge(token, &verifier, now) {
        Ok(request) => request,
        Err(refusal) => return Ok(Finding::Refused(unasked(refusal))),
    };
    if arguments.offline {
        return Ok(Finding::WellFormed);
    }
    let identity = match Sts::new(&arguments.sts)?.identity(&request).await {
        Ok(identity) => identity,
        Err(unverified) => return Ok(Finding::Refused(unverified)),
    };
    let view = match (&client, &arguments.aws_auth) {
        (Some(client), _) => {
            let cluster = session::cluster(client, &cluster_id).await?;
            Some(doors(client, &cluster).await)
        }
        (None, Some(file)) => Some(ClusterView {
            mode: AuthenticationMode::ConfigMap,
            aws_auth: Knowledge::Known(read(&input::config_map(file)?)),
            access_entries: Knowledge::Known(Vec::new()),
        }),
        (None, None) => None,
    };
    let principal = || Principal {
        arn: identity.canonical_arn().to_owned(),
        account: identity.account_id().to_owned(),
    };
    let answer = view.map(|view| Box::new(Answer::of(&view, principal())));
    Ok(Finding::Verified(Box::new(identity), answer))
}

fn unasked(refusal: Refusal) -> Unverified {
    Unverified {
        refusal,
        causes: Vec::new(),
    }
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
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    let text = text.trim_end_matches(['\n', '\r']);
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

fn verdict(finding: &Finding) -> Verdict {
    match finding {
        Finding::WellFormed | Finding::Verified(_, None) => Verdict::Yes,
        Finding::Refused(unverified) => match (unverified.refusal.class(), &unverified.refusal) {
            (RefusalClass::Throttling, _) | (_, Refusal::StsTransport | Refusal::StsRead) => {
                Verdict::NotFoundOut
            }
            _ => Verdict::No,
        },
        Finding::Verified(identity, Some(answer)) => match answer.verdict() {
            Some(true) if rendered(identity, answer).iter().any(Result::is_err) => Verdict::No,
            Some(true) => Verdict::Yes,
            Some(false) => Verdict::No,
            None => Verdict::NotFoundOut,
        },
    }
}

/// User name and groups as the API server would see them, or why a template cannot be filled.
type Rendered = Result<(String, Vec<String>), String>;

fn rendered(identity: &Identity, answer: &Answer) -> Vec<Rendered> {
    let grants: Vec<&Grant> = match &answer.standing.access {
        Access::Granted(grant) => vec![grant],
        Access::Random(grants) => grants.iter().collect(),
        Access::None | Access::Unknown(_) => Vec::new(),
    };
    let values = TemplateIdentity {
        account_id: identity.account_id(),
        session_name: identity.session_name(),
        access_key_id: identity.access_key_id(),
    };
    // An instance's name is EC2's to tell, and no verdict depends on it but whether the session is an instance's at all.
    let fill = |template: &str| {
        render(template, &values, |instance| {
            Some(format!("(private DNS name of {instance})"))
        })
        .map_err(|error| error.to_string())
    };
    grants
        .into_iter()
        .map(|grant| {
            let groups = grant.groups.iter().map(|group| fill(group));
            Ok((fill(&grant.username)?, groups.collect::<Result<_, _>>()?))
        })
        .collect()
}

fn table(finding: &Finding) -> String {
    match finding {
        Finding::Refused(unverified) => refusal_text(unverified),
        Finding::WellFormed => {
            "well-formed  STS was not asked, so whose the token is stays unknown\n".to_owned()
        }
        Finding::Verified(identity, answer) => {
            let headline = match (verdict(finding), answer) {
                (Verdict::Yes, None) => "verified",
                (Verdict::Yes, Some(_)) => "accepted",
                (Verdict::No, _) => "refused",
                (Verdict::NotFoundOut, _) => "verified, mapping not known",
            };
            let mut rows = identity_rows(identity);
            if let Some(answer) = answer {
                rows.extend(rendered(identity, answer).into_iter().flat_map(as_rows));
                rows.extend(answer.lines());
            }
            let rows: Vec<[String; 3]> = rows.into_iter().map(|row| row.map(printable)).collect();
            format!("{headline}\n{}", output::aligned(&rows, "  "))
        }
    }
}

fn refusal_text(unverified: &Unverified) -> String {
    let Unverified { refusal, causes } = unverified;
    let mut text = format!("refused  {}: {refusal}\n", refusal.reason());
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

fn as_rows(rendered: Rendered) -> Vec<[String; 3]> {
    match rendered {
        Ok((username, groups)) => vec![
            [
                "user".to_owned(),
                username,
                "as the cluster sees it".to_owned(),
            ],
            ["in groups".to_owned(), groups.join(", "), String::new()],
        ],
        Err(reason) => vec![["template".to_owned(), reason, String::new()]],
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
        Verdict::NotFoundOut => Value::Null,
    };
    match finding {
        Finding::Refused(Unverified { refusal, causes }) => json!({
            "accepted": told,
            "refusal": {"class": refusal.class().id(), "reason": refusal.reason(), "text": refusal.to_string(), "causes": causes},
        }),
        Finding::WellFormed => json!({"accepted": Value::Null, "well_formed": true}),
        Finding::Verified(identity, answer) => {
            let users: Vec<Value> = answer
                .iter()
                .flat_map(|answer| rendered(identity, answer))
                .map(|rendered| match rendered {
                    Ok((username, groups)) => json!({"username": username, "groups": groups}),
                    Err(error) => json!({"error": error}),
                })
                .collect();
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
                "mapping": answer.as_ref().map(|answer| answer.json()),
            })
        }
    }
}

#[cfg(test)]
mod tests;
