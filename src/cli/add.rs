//! `add role`, `add user` and `add account`: an entry of aws-auth, judged by the rules of a resource, written by the same writer and under the same guard.
//!
//! Only the entry's own lines are added; every other byte stays. The same entry there already is success without a write, a different one is
//! refused, or overwritten with `--on-conflict adopt`. API actions: eks:DescribeCluster, sts:GetCallerIdentity; in the cluster get, patch and create on `configmaps` `aws-auth`.

use std::collections::BTreeSet;
use std::sync::Arc;

use eksauth_core::aws_auth::{Entry, Section};
use eksauth_provider::Client;
use eksauth_provider::access::role_findings::warning_of_missing;
use eksauth_provider::aws_auth::rules::{Kind, WrittenEntry, check_entry};
use eksauth_provider::aws_auth::{
    ChangeError, ChangeRequest, ClusterName, Document, OnConflict, Upsert, Writer, meaning,
};
use eksauth_provider::clusters::FoundCluster;
use tf_provider::{AttributePath, Diagnostics};
use tokio_util::sync::CancellationToken;

use crate::command::{Addition, ConflictChoice, MappingArguments};
use crate::difference::diff;
use crate::entry_arguments::{EntryTarget, TargetDocument};
use crate::failure::{Failure, messages, sentences};
use crate::outcome::{NOT_WRITTEN, Outcome, Verdict, done, warnings};

/// Adds the entry, or says what would be written, or what speaks against it.
///
/// # Errors
/// An ARN that no entry can have, no credentials, no such cluster, a document that cannot be read or written.
pub async fn run(addition: &Addition) -> Result<Outcome, Failure> {
    let target = EntryTarget::of_addition(addition);
    let mut wanted = Wanted::from_arguments(addition)?;
    if let Err(reasons) = wanted.check() {
        return Ok(wanted.refused(&reasons));
    }
    let TargetDocument {
        client,
        cluster,
        writer,
        before,
    } = target.read().await?;
    if let Some(outcome) = wanted.already_there(&before) {
        return Ok(outcome);
    }
    match writer.planned_change(&before, &wanted.request()).await {
        Ok(planned) => {
            wanted.remarks.extend(planned.remarks);
            wanted
                .look_up_role(&client, &cluster, writer.cluster())
                .await;
            if target.arguments.dry_run {
                let text = diff(before.data(), &planned.after) + NOT_WRITTEN;
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
            let last = done(wanted.done(before), writer.kept_copy(before).as_ref());
            let text = diff(before.data(), after.data()) + &last;
            Ok(wanted.outcome(text, Verdict::Yes))
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
    on_conflict: OnConflict,
    remarks: Diagnostics,
}

impl Wanted {
    /// # Errors
    /// An ARN that no entry of the kind can have, or no username.
    fn from_arguments(addition: &Addition) -> Result<Self, Failure> {
        let target = EntryTarget::of_addition(addition);
        let kind = target.kind;
        let arn = kind
            .canonical(target.written)
            .map_err(|reason| target.nobodys("add", reason))?;
        let mapping = match addition {
            Addition::Role(role) => Some(&role.mapping),
            Addition::User(user) => Some(&user.mapping),
            Addition::Account(_) => None,
        };
        let username = mapping.map(username).transpose()?.unwrap_or_default();
        let groups = mapping.map(groups).unwrap_or_default();
        Ok(Self {
            kind,
            entry: kind.entry(arn, username, groups),
            written: target.written.to_owned(),
            on_conflict: mapping.map_or(OnConflict::Error, on_conflict),
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
            username: (self.kind != Kind::Account).then(|| self.entry.username()),
            groups: self.entry.groups().iter().map(String::as_str).collect(),
        };
        let found = check_entry(&entry, |_| AttributePath::root());
        if found.has_errors() {
            return Err(found);
        }
        self.remarks.extend(found);
        Ok(())
    }

    /// Warns of a role that IAM does not have, where it may be asked.
    async fn look_up_role(&mut self, client: &Client, cluster: &FoundCluster, name: &ClusterName) {
        if self.kind == Kind::Role {
            let arns = [self.entry.arn()];
            let told = warning_of_missing(client.roles(), cluster, name, arns).await;
            told.into_iter().for_each(|told| self.remarks.push(told));
        }
    }

    fn request(&self) -> ChangeRequest {
        let upsert = Upsert {
            entry: self.entry.clone(),
            prior: None,
            on_conflict: self.on_conflict,
        };
        let command = match self.kind {
            Kind::Role => "add role",
            Kind::User => "add user",
            Kind::Account => "add account",
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
            Existing::Different(_) | Existing::Spellings(_)
                if self.on_conflict == OnConflict::Adopt =>
            {
                return None;
            }
            Existing::Different(entry) => {
                let text = format!(
                    "refused  another entry of this ARN is there and nothing was written: {}\n         `--on-conflict adopt` overwrites it\n",
                    meaning(&entry)
                );
                (text, Verdict::No)
            }
            Existing::Spellings(entries) => {
                let list: String = entries
                    .iter()
                    .map(|entry| format!("         `{}`: {}\n", entry.arn(), meaning(entry)))
                    .collect();
                let text = format!(
                    "refused  this ARN has entries in several spellings, of which the authenticator takes any, and nothing was written:\n{list}         \
                     `--on-conflict adopt` makes one of them\n"
                );
                (text, Verdict::No)
            }
        };
        Some(self.outcome(text, verdict))
    }

    /// What a write has done.
    fn done(&self, before: &Document) -> &'static str {
        match existing(before, &self.entry) {
            Existing::Different(_) | Existing::Spellings(_) => "overwritten",
            Existing::None | Existing::Same => "added",
        }
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

/// # Errors
/// It is empty.
fn username(mapping: &MappingArguments) -> Result<String, Failure> {
    match mapping.username.trim() {
        "" => Err(Failure::new("--username is empty")),
        _ => Ok(mapping.username.clone()),
    }
}

fn on_conflict(mapping: &MappingArguments) -> OnConflict {
    match mapping.on_conflict {
        ConflictChoice::Error => OnConflict::Error,
        ConflictChoice::Adopt => OnConflict::Adopt,
    }
}

/// Distinct and without empty names.
fn groups(mapping: &MappingArguments) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let names = mapping.groups.iter().map(|name| name.trim());
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
    /// Users in spellings that differ in case and do not all say what is wanted: any of them answers.
    Spellings(Vec<Entry>),
}

/// Of several entries of the ARN the last one counts, but of a user's spellings each does.
fn existing(document: &Document, entry: &Entry) -> Existing {
    let found = document.find(entry.section(), entry.arn());
    let Some(counts) = found.last() else {
        return Existing::None;
    };
    let is_one_spelling = found.iter().all(|other| other.arn == counts.arn);
    match counts.to_entry() {
        _ if document.answers_as(entry) => Existing::Same,
        _ if entry.section() == Section::MapUsers && !is_one_spelling => {
            let spellings = found.iter().filter_map(|entry| entry.to_entry());
            Existing::Spellings(spellings.collect())
        }
        Some(other) => Existing::Different(other),
        None => Existing::None,
    }
}

#[cfg(test)]
mod tests;
