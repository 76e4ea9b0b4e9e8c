//! `remove role`, `remove user` and `remove account`: every entry of a principal in its section, by the same writer and under the same guard as a
//! resource's.
//!
//! Only the entries' own lines go; every other byte stays, and a copy of aws-auth is kept before. No entry there is success without a write. API
//! actions: those of `add`; for the copy create, list and delete on `configmaps`, where they are granted.

use std::sync::Arc;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::near_miss::near_misses;
use eksauth_core::aws_auth::Entry;
use eksauth_provider::aws_auth::rules::Kind;
use eksauth_provider::aws_auth::{ChangeError, ChangeRequest, Document, Doubt, Removal, Writer};
use tf_provider::Diagnostics;
use tokio_util::sync::CancellationToken;

use crate::command::RemovedEntry;
use crate::difference::diff;
use crate::entry_arguments::{EntryTarget, TargetDocument};
use crate::failure::{Failure, messages, sentences};
use crate::outcome::{NOT_WRITTEN, Outcome, Verdict, done, warnings};

/// Removes the entries, or says what would be written, or what speaks against it.
///
/// # Errors
/// An ARN that no entry can have, no credentials, no such cluster, a document that cannot be read or written.
pub async fn run(removed: &RemovedEntry) -> Result<Outcome, Failure> {
    let target = EntryTarget::of_removal(removed);
    let TargetDocument { writer, before, .. } = target.read().await?;
    let entries = entries_of(&target, &before)?;
    if entries.is_empty() {
        return Ok(Outcome::new(no_entry(&target, &before), Verdict::Yes));
    }
    let request = request(&target, entries);
    let read_as = read_as(&target);
    match writer.planned_change(&before, &request).await {
        Ok(planned) if target.arguments.dry_run => Ok(outcome(
            read_as + &diff(before.data(), &planned.after) + NOT_WRITTEN,
            &planned.remarks,
        )),
        Ok(planned) => {
            let written = write(request, &writer, &before, planned.remarks).await?;
            Ok(Outcome {
                text: read_as + &written.text,
                ..written
            })
        }
        Err(error) => refused(error),
    }
}

async fn write(
    request: ChangeRequest,
    writer: &Arc<Writer>,
    before: &Document,
    mut remarks: Diagnostics,
) -> Result<Outcome, Failure> {
    let cancel = CancellationToken::new();
    match writer.try_change(&cancel, request).await {
        Ok(written) => {
            let notes = written.notes.into_iter().chain(written.remarks);
            notes.for_each(|note| remarks.push(note));
            let after = writer.document().await?;
            let last = done("removed", writer.kept_copy(before).as_ref());
            let text = diff(before.data(), after.data()) + &last;
            Ok(outcome(text, &remarks))
        }
        Err(error) => refused(error),
    }
}

fn refused(error: ChangeError) -> Result<Outcome, Failure> {
    match error {
        ChangeError::Refused(reasons) => {
            let text = format!("refused  {}\nnothing was written\n", sentences(&reasons));
            Ok(Outcome::new(text, Verdict::No))
        }
        ChangeError::Failed(reasons) => Err(reasons.into()),
    }
}

fn outcome(text: String, remarks: &Diagnostics) -> Outcome {
    Outcome {
        text,
        warning: warnings(messages(remarks)),
        verdict: Verdict::Yes,
    }
}

/// The answer where there is nothing to remove, with the entry that was probably meant: its name may be written wrongly.
fn no_entry(target: &EntryTarget<'_>, document: &Document) -> String {
    let (written, section) = (target.written, target.section());
    let canonical = target.kind.canonical(written).unwrap_or_default();
    let mut text = match is_session(written) {
        true => format!(
            "{canonical}, the role of the session {written}, has no entry in {section}; nothing was written\n"
        ),
        false => format!("{written} has no entry in {section}; nothing was written\n"),
    };
    let view = ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth: Knowledge::Known(document.reading().clone()),
        access_entries: Knowledge::Known(Vec::new()),
    };
    if let Some(miss) = near_misses(&view, &canonical).first() {
        text.push_str(&format!("near miss  {miss}\n"));
    }
    text
}

/// Whether an ARN is a session's, which no entry names: its role's entries are meant.
fn is_session(written: &str) -> bool {
    written.contains(":assumed-role/")
}

/// What was read in the place of what was written, where that is something else; else nothing.
fn read_as(target: &EntryTarget<'_>) -> String {
    match (
        is_session(target.written),
        target.kind.canonical(target.written),
    ) {
        (true, Ok(role)) => {
            format!(
                "{} is a session of {role}, whose entries are meant\n",
                target.written
            )
        }
        _ => String::new(),
    }
}

/// Every entry of the principal, each meaning once: those by which it is found, and those that name it as it was written and match nobody.
///
/// # Errors
/// Nothing is found, and no entry can have such an ARN.
fn entries_of(target: &EntryTarget<'_>, document: &Document) -> Result<Vec<Entry>, Failure> {
    let canonical = target.kind.canonical(target.written);
    let names = canonical.as_deref().into_iter().chain([target.written]);
    let mut entries: Vec<Entry> = Vec::new();
    for read in names.flat_map(|name| document.find(target.section(), name)) {
        if !entries.iter().any(|entry| read.same_meaning(entry)) {
            entries.extend(read.to_entry());
        }
    }
    match canonical {
        Err(reason) if entries.is_empty() => Err(target.nobodys("remove", reason)),
        _ => Ok(entries),
    }
}

fn request(target: &EntryTarget<'_>, entries: Vec<Entry>) -> ChangeRequest {
    let command = match target.kind {
        Kind::Role => "remove role",
        Kind::User => "remove user",
        Kind::Account => "remove account",
    };
    let removals = entries.into_iter().map(|entry| Removal {
        entry,
        undo: None,
        doubt: Doubt::None,
    });
    ChangeRequest::remove_all(command, target.written, removals.collect())
}

#[cfg(test)]
mod tests;
