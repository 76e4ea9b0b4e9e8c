//! `add role` and `add user`: an entry of aws-auth, judged by the rules of a resource, written by the same writer and under the same guard.
//!
//! Only the entry's own lines are added; every other byte stays. The same entry there already is success without a write, a different one is
//! refused. API actions: eks:DescribeCluster, sts:GetCallerIdentity; in the cluster get, patch and create on `configmaps` `aws-auth`.

use std::collections::BTreeSet;
use std::sync::Arc;

use eksauth_core::aws_auth::Entry;
use eksauth_provider::aws_auth::rules::{Kind, WrittenEntry, check_entry};
use eksauth_provider::aws_auth::{
    ChangeError, ChangeRequest, Document, OnConflict, Upsert, Writer,
};
use tf_provider::{AttributePath, Diagnostics};
use tokio_util::sync::CancellationToken;

use crate::command::{Addition, EntryArguments};
use crate::difference::diff;
use crate::failure::{Failure, messages, sentences};
use crate::outcome::{Outcome, Verdict, warnings};
use crate::session;

/// Adds the entry, or says what would be written, or what speaks against it.
///
/// # Errors
/// An ARN that no entry can have, no credentials, no such cluster, a document that cannot be read or written.
pub async fn run(addition: &Addition) -> Result<Outcome, Failure> {
    let mut wanted = Wanted::from_arguments(addition)?;
    if let Err(reasons) = wanted.check() {
        return Ok(wanted.refused(&reasons));
    }
    let arguments = arguments(addition);
    let aws = session::beside_cluster(&arguments.aws, Some(&arguments.cluster));
    let client = session::connect_to_write(&aws, &arguments.protected).await?;
    let cluster = session::cluster(&client, &arguments.cluster).await?;
    let writer = client.aws_auth().writer(&cluster)?;
    let before = writer
        .document_or_reason()
        .await
        .map_err(Diagnostics::from)?;
    check_readable(&before, &wanted.entry)?;
    if let Some(outcome) = wanted.already_there(&before) {
        return Ok(outcome);
    }
    match writer.planned_change(&before, &wanted.request()).await {
        Ok(planned) => {
            wanted.remarks.extend(planned.remarks);
            if arguments.dry_run {
                let text = diff(before.data(), &planned.after);
                return Ok(wanted.outcome(text, Verdict::Yes));
            }
        }
        Err(ChangeError::Refused(reasons)) => return Ok(wanted.refused(&reasons)),
        Err(ChangeError::Failed(reasons)) => return Err(reasons.into()),
    }
    write(wanted, &writer, &before).await
}

async fn write(
    mut wanted: Wanted,
    writer: &Arc<Writer>,
    before: &Document,
) -> Result<Outcome, Failure> {
    let cancel = CancellationToken::new();
    match writer.try_change(&cancel, wanted.request()).await {
        Ok(outcome) => {
            let notes = outcome.notes.into_iter().chain(outcome.remarks);
            notes.for_each(|note| wanted.remarks.push(note));
            let after = writer.document().await?;
            Ok(wanted.outcome(diff(before.data(), after.data()), Verdict::Yes))
        }
        Err(ChangeError::Refused(reasons)) => {
            // Somebody else may have written an entry of the ARN since.
            let now = writer.document().await?;
            let there = wanted.already_there(&now);
            Ok(there.unwrap_or_else(|| wanted.refused(&reasons)))
        }
        Err(ChangeError::Failed(reasons)) => Err(reasons.into()),
    }
}

/// What is to be there, what was done to the ARN, and what should be known.
#[derive(Debug)]
struct Wanted {
    kind: Kind,
    entry: Entry,
    written: String,
    remarks: Diagnostics,
}

impl Wanted {
    /// # Errors
    /// An ARN that no entry of the kind can have, or no username.
    fn from_arguments(addition: &Addition) -> Result<Self, Failure> {
        let (kind, written) = match addition {
            Addition::Role(role) => (Kind::Role, &role.rolearn),
            Addition::User(user) => (Kind::User, &user.userarn),
        };
        let arn = kind
            .canonical(written)
            .map_err(|reason| Failure::new(other_command(kind, written).unwrap_or(reason)))?;
        let arguments = arguments(addition);
        Ok(Self {
            kind,
            entry: kind.entry(arn, username(arguments)?, groups(arguments)),
            written: written.clone(),
            remarks: Diagnostics::new(),
        })
    }

    /// Asks the rules of the resource; what they warn of is kept.
    ///
    /// # Errors
    /// What they refuse.
    fn check(&mut self) -> Result<(), Diagnostics> {
        let entry = WrittenEntry {
            kind: self.kind,
            written: Some(&self.written),
            caller: self.kind.caller(Some(&self.written)),
            username: Some(self.entry.username()),
            groups: self.entry.groups().iter().map(String::as_str).collect(),
        };
        let found = check_entry(&entry, |_| AttributePath::root());
        if found.has_errors() {
            return Err(found);
        }
        self.remarks.extend(found);
        Ok(())
    }

    fn request(&self) -> ChangeRequest {
        let upsert = Upsert {
            entry: self.entry.clone(),
            prior: None,
            on_conflict: OnConflict::Error,
        };
        let command = match self.kind {
            Kind::User => "add user",
            Kind::Role | Kind::Account => "add role",
        };
        ChangeRequest::upsert(command, &self.written, upsert)
    }

    /// The answer where the ARN has an entry.
    fn already_there(&self, document: &Document) -> Option<Outcome> {
        let (text, verdict) = match existing(document, &self.entry) {
            Existing::None => return None,
            Existing::Same => {
                let arn = self.entry.arn();
                (
                    format!("{arn} is there already; nothing was written\n"),
                    Verdict::Yes,
                )
            }
            Existing::Different(entry) => {
                let text = format!(
                    "refused  another entry of this ARN is there and nothing was written: username {}, groups {}\n",
                    entry.username(),
                    entry.groups().join(", ")
                );
                (text, Verdict::No)
            }
        };
        Some(self.outcome(text, verdict))
    }

    fn refused(&self, reasons: &Diagnostics) -> Outcome {
        let text = format!("refused  {}\nnothing was written\n", sentences(reasons));
        self.outcome(text, Verdict::No)
    }

    fn outcome(&self, text: String, verdict: Verdict) -> Outcome {
        let respelt = (self.written != self.entry.arn()).then(|| {
            format!(
                "`{}` is written as `{}`, which is what the authenticator compares with",
                self.written,
                self.entry.arn()
            )
        });
        Outcome {
            text,
            warning: warnings(respelt.into_iter().chain(messages(&self.remarks))),
            verdict,
        }
    }
}

fn arguments(addition: &Addition) -> &EntryArguments {
    match addition {
        Addition::Role(role) => &role.entry,
        Addition::User(user) => &user.entry,
    }
}

fn username(arguments: &EntryArguments) -> Result<String, Failure> {
    match arguments.username.trim() {
        "" => Err(Failure::new("--username is empty")),
        _ => Ok(arguments.username.clone()),
    }
}

/// What to call for an ARN of the other kind.
fn other_command(kind: Kind, written: &str) -> Option<String> {
    let (other, found) = match kind {
        Kind::User => (
            Kind::Role,
            "a role's ARN, or a session's of one: use `add role`",
        ),
        Kind::Role => (Kind::User, "a user's ARN: use `add user`"),
        Kind::Account => return None,
    };
    let is_of_other = other.canonical(written).is_ok();
    is_of_other.then(|| format!("`{written}` is {found}"))
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

/// Where the section does not parse, nobody can tell whether the ARN has an entry.
fn check_readable(document: &Document, entry: &Entry) -> Result<(), Failure> {
    match document.unparsed(entry.section()) {
        None => Ok(()),
        Some(place) => Err(Failure::new(format!(
            "{} of aws-auth does not parse, so nothing of it can be known or changed: {place}",
            entry.section()
        ))),
    }
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

#[cfg(test)]
mod tests;
