//! Changes of aws-auth by the provider's own writer, many in one process: what a story of many worlds has no time to do with Terraform.
//!
//! One request a line on standard input, one answer a line on standard output, JSON both. A request says who acts, on which settings, and what each
//! of several resources wants at once; each request is a configuration of its own, as `terraform apply` has it. Never shipped: only stories run it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, Write};
use std::sync::Arc;

use eksauth_cloud::{Factory, SystemClock};
use eksauth_core::aws_auth::Entry;
use eksauth_provider::Client;
use eksauth_provider::aws_auth::{
    ChangeRequest, Doubt, OnConflict, Removal, SectionReplacement, Upsert, Writer,
};
use eksauth_provider::config::{Acknowledgements, LockoutGuard, Recovery, Settings};
use eksauth_provider::ports::secret::Secret;
use eksauth_provider::ports::{AwsSettings, CloudFactory, ClusterAccess};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tf_provider::{Attr, Diagnostics, Severity};
use tokio_util::sync::CancellationToken;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for line in std::io::stdin().lock().lines() {
        let answer = match runtime.block_on(answer(&serde_json::from_str(&line?)?)) {
            Ok(answers) => json!({"answers": answers}),
            Err(error) => json!({"error": error.to_string()}),
        };
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{answer}")?;
        stdout.flush()?;
    }
    Ok(())
}

/// One answer for each wanted change, in their order.
async fn answer(request: &Value) -> Outcome<Vec<Value>> {
    let cluster = text(request, "cluster").ok_or("a request names no cluster")?;
    let client = connect(request, &cluster).await?;
    let writer = writer(&client, &cluster).await?;
    let mut changes = Vec::new();
    for wanted in request
        .get("changes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        changes.push(change(&writer, wanted).await?);
    }
    let cancel = CancellationToken::new();
    let made = changes
        .into_iter()
        .map(|change| writer.change(&cancel, change));
    let outcomes = join_all(made).await;
    Ok(outcomes
        .into_iter()
        .map(|outcome| match outcome {
            Ok(outcome) => {
                let said: Vec<Value> = outcome
                    .messages()
                    .map(|one| described(&one.summary, &one.detail))
                    .collect();
                json!({"is_written": true, "said": said})
            }
            Err(reasons) => json!({"is_written": false, "said": errors(&reasons)}),
        })
        .collect())
}

fn errors(reasons: &Diagnostics) -> Vec<Value> {
    reasons
        .iter()
        .filter(|one| one.severity == Severity::Error)
        .map(|one| described(&one.summary, &one.detail))
        .collect()
}

fn described(summary: &str, detail: &str) -> Value {
    json!({"summary": summary, "detail": detail})
}

/// The clients of a provider block.
async fn connect(request: &Value, cluster: &str) -> Outcome<Client> {
    let secret = |name: &str| text(request, name).map(Secret::new);
    let aws = AwsSettings {
        region: text(request, "region"),
        access_key: secret("access_key"),
        secret_key: secret("secret_key"),
        token: secret("session_token"),
        max_retries: Some(2),
        user_agent: "guarded-writer".to_owned(),
        ..AwsSettings::default()
    };
    let cloud = Factory::new().connect(aws).await?;
    let access = ClusterAccess {
        kubernetes_role_arn: text(request, "kubernetes_role_arn"),
        client_certificate: text(request, "client_certificate"),
        client_key: secret("client_key"),
        ..ClusterAccess::default()
    };
    let settings = Settings {
        region: Attr::from(text(request, "region")),
        clusters: Attr::Known(BTreeMap::from([(cluster.to_owned(), Attr::Known(access))])),
        lockout_guard: match text(request, "guard").as_deref() {
            Some("off") => LockoutGuard::Off,
            Some("strict") => LockoutGuard::Strict,
            _ => LockoutGuard::Error,
        },
        protected_principals: texts(request, "protected_principals"),
        apply_principal_arns: texts(request, "apply_principal_arns"),
        acknowledgements: Acknowledgements::parse(
            &text(request, "acknowledgements").unwrap_or_default(),
        ),
        recovery: Recovery::Off,
        ..Settings::default()
    };
    Ok(Client::new(settings, Some(cloud), Arc::new(SystemClock)))
}

async fn writer(client: &Client, cluster: &str) -> Outcome<Arc<Writer>> {
    let reference = match client
        .clusters()
        .resolve(&Attr::Known(cluster.to_owned()), &Attr::Null)
    {
        Ok(Attr::Known(reference)) => reference,
        _ => return Err("the cluster's region is not known".into()),
    };
    let found = client.clusters().find(&reference).await?;
    let found = found.ok_or("there is no such cluster")?;
    Ok(client.aws_auth().writer(&found)?)
}

async fn change(writer: &Arc<Writer>, wanted: &Value) -> Outcome<ChangeRequest> {
    const NAME: &str = "guarded_writer";
    match text(wanted, "do").as_deref() {
        Some("replace") => {
            let after: BTreeMap<String, String> =
                serde_json::from_value(wanted.get("data").cloned().unwrap_or_default())?;
            let document = writer.document().await?;
            let texts = SectionReplacement::between(document.data(), &after);
            Ok(ChangeRequest::replace_sections(NAME, "a whole map", texts))
        }
        Some("put") => {
            let entry = entry(wanted)?;
            let written = entry.arn().to_owned();
            let upsert = Upsert {
                entry,
                prior: None,
                on_conflict: OnConflict::Adopt,
            };
            Ok(ChangeRequest::upsert(NAME, written, upsert))
        }
        Some("remove") => {
            let entry = entry(wanted)?;
            let written = entry.arn().to_owned();
            let removal = Removal {
                entry,
                undo: None,
                doubt: Doubt::None,
            };
            Ok(ChangeRequest::remove(NAME, written, removal))
        }
        _ => Err("a change that is none".into()),
    }
}

fn entry(wanted: &Value) -> Outcome<Entry> {
    let field = |name| text(wanted, name).ok_or(format!("an entry without {name}"));
    let (arn, groups) = (field("arn")?, texts(wanted, "groups"));
    Ok(match field("section")?.as_str() {
        "mapRoles" => Entry::Role {
            rolearn: arn,
            username: field("username")?,
            groups,
        },
        "mapUsers" => Entry::User {
            userarn: arn,
            username: field("username")?,
            groups,
        },
        _ => Entry::Account(arn),
    })
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    let items = value.get(name).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
