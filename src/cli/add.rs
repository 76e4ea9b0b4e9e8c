//! `add role` and `add user`: an entry of aws-auth, written by the same writer and under the same guard as a resource's.
//!
//! Only the entry's own lines are added; every other byte stays. The same entry there already is success without a write, a different one is
//! refused. API actions: eks:DescribeCluster, sts:GetCallerIdentity; in the cluster get, patch and create on `configmaps` `aws-auth`.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::aws_auth::{Change, Entry, edit, read};
use eksauth_core::principal::arn::{canonical_role_arn, canonical_user_arn};
use eksauth_provider::aws_auth::{
    ChangeOutcome, ChangeRequest, Document, OnConflict, Unwritable, Upsert, with_section_texts,
};
use tokio_util::sync::CancellationToken;

use crate::command::{Addition, EntryArguments};
use crate::difference::diff;
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::session;

/// Adds the entry, or says what would be written.
///
/// # Errors
/// An ARN that no entry can have, no credentials, no such cluster, a document that cannot be read.
pub async fn run(addition: &Addition) -> Result<Outcome, Failure> {
    let (wanted, arguments) = wanted(addition)?;
    let client = session::connect(&arguments.aws, None).await?;
    let cluster = session::cluster(&client, &arguments.cluster).await?;
    let writer = client.aws_auth().writer(&cluster)?;
    let before = writer.document().await?;
    match existing(&before, &wanted.entry) {
        Existing::Same => {
            let text = format!(
                "{} is there already; nothing was written\n",
                wanted.entry.arn()
            );
            return Ok(wanted.outcome(text, Verdict::Yes));
        }
        Existing::Different(entry) => {
            let text = format!(
                "refused  another entry of this ARN is there and nothing was written: username {}, groups {}\n",
                entry.username(),
                entry.groups().join(", ")
            );
            return Ok(wanted.outcome(text, Verdict::No));
        }
        Existing::None => {}
    }
    if arguments.dry_run {
        let after = edited(&before, &wanted.entry)?;
        return Ok(wanted.outcome(diff(before.data(), &after), Verdict::Yes));
    }
    let request = wanted.request();
    let outcome_of_change = writer.change(&CancellationToken::new(), request).await?;
    let after = writer.document().await?;
    let mut outcome = wanted.outcome(diff(before.data(), after.data()), Verdict::Yes);
    outcome.warning = notes(outcome.warning, &outcome_of_change);
    Ok(outcome)
}

/// What is to be there, and what was done to the ARN.
#[derive(Debug)]
struct Wanted {
    entry: Entry,
    command: &'static str,
    written: String,
}

impl Wanted {
    fn outcome(&self, text: String, verdict: Verdict) -> Outcome {
        let warning = (self.written != self.entry.arn()).then(|| {
            format!(
                "`{}` is written as `{}`, which is what the authenticator compares with",
                self.written,
                self.entry.arn()
            )
        });
        Outcome {
            text,
            warning,
            verdict,
        }
    }

    fn request(&self) -> ChangeRequest {
        let upsert = Upsert {
            entry: self.entry.clone(),
            prior: None,
            on_conflict: OnConflict::Error,
        };
        ChangeRequest::upsert(self.command, &self.written, upsert)
    }
}

fn wanted(addition: &Addition) -> Result<(Wanted, &EntryArguments), Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    Ok(match addition {
        Addition::Role(role) => {
            let rolearn = canonical_role_arn(&role.rolearn).map_err(|error| refused(&error))?;
            let entry = Entry::Role {
                rolearn,
                username: username(&role.entry)?,
                groups: groups(&role.entry),
            };
            let (command, written) = ("add role", role.rolearn.clone());
            let wanted = Wanted {
                entry,
                command,
                written,
            };
            (wanted, &role.entry)
        }
        Addition::User(user) => {
            let userarn = canonical_user_arn(&user.userarn).map_err(|error| refused(&error))?;
            let entry = Entry::User {
                userarn,
                username: username(&user.entry)?,
                groups: groups(&user.entry),
            };
            let (command, written) = ("add user", user.userarn.clone());
            let wanted = Wanted {
                entry,
                command,
                written,
            };
            (wanted, &user.entry)
        }
    })
}

fn username(arguments: &EntryArguments) -> Result<String, Failure> {
    match arguments.username.trim() {
        "" => Err(Failure::new("--username is empty")),
        _ => Ok(arguments.username.clone()),
    }
}

/// Distinct and without empty names.
fn groups(arguments: &EntryArguments) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let names = arguments.groups.iter().map(|name| name.trim());
    names
        .filter(|name| !name.is_empty() && seen.insert(*name))
        .map(str::to_owned)
        .collect()
}

/// What stands under the ARN.
#[derive(Debug, PartialEq)]
enum Existing {
    None,
    Same,
    Different(Entry),
}

fn existing(document: &Document, entry: &Entry) -> Existing {
    let found = document.find(entry.section(), entry.arn());
    if found.iter().any(|there| there.same_meaning(entry)) {
        return Existing::Same;
    }
    found
        .last()
        .and_then(|there| there.to_entry())
        .map_or(Existing::None, Existing::Different)
}

fn edited(document: &Document, entry: &Entry) -> Result<BTreeMap<String, String>, Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::new(format!("aws-auth: {error}"));
    if document.config_map().is_some_and(|map| map.immutable) {
        return Err(refused(&Unwritable::Immutable));
    }
    let edited = edit(document.data(), &[Change::Add(entry.clone())]);
    let sections = edited.map_err(|error| refused(&error))?.sections;
    let after = with_section_texts(document.data(), sections);
    // What would be written must be read as it is meant.
    if read(&after).find(entry.section(), entry.arn()).is_empty() {
        return Err(Failure::new(
            "the edit cannot be read back; this is a bug, please report it",
        ));
    }
    Ok(after)
}

fn notes(warning: Option<String>, outcome: &ChangeOutcome) -> Option<String> {
    let notes = outcome
        .messages()
        .map(|note| format!("{}: {}", note.summary, note.detail));
    let all: Vec<String> = warning.into_iter().chain(notes).collect();
    (!all.is_empty()).then(|| all.join("\n"))
}

#[cfg(test)]
mod tests;
