//! `migrate access-entries`: from aws-auth to access entries, without taking anything away.
//!
//! Nothing is written: the configuration is printed, Terraform applies it. API actions: eks:DescribeCluster, and those of
//! [`read_entry_migration`](eksauth_provider::access::entry_migration).

use eksauth_core::access::entry_migration::{
    Becomes, Difference, EntryConfigurationRequest, EntryMigration, MigratedEntry, configuration,
    report, rows,
};
use eksauth_provider::access::entry_migration::{
    MigrationSource, Unplannable, read_entry_migration,
};
use serde_json::{Value, json};

use crate::command::{
    EntryHclArguments, EntryMigrationArguments, EntryMigrationInput, EntryMigrationOutput, Format,
};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict, warnings};
use crate::{output, session};

/// What becomes of aws-auth, the configuration, or the report.
///
/// # Errors
/// A cluster or an aws-auth that cannot be read, no credentials.
pub(super) async fn run(arguments: &EntryMigrationArguments) -> Result<Outcome, Failure> {
    match &arguments.what {
        EntryMigrationOutput::Plan(plan) => {
            let read = read(&plan.input).await?;
            let text = match plan.output {
                Format::Table => table(&read.migration),
                Format::Json => json_of(&read.migration).to_string() + "\n",
            };
            Ok(outcome(text, verdict(&read.migration), &read.migration))
        }
        EntryMigrationOutput::Report(input) => {
            let read = read(input).await?;
            let text = report(&read.migration);
            Ok(outcome(text, Verdict::Yes, &read.migration))
        }
        EntryMigrationOutput::Hcl(hcl) => print_configuration(hcl, &read(&hcl.input).await?),
    }
}

fn outcome(text: String, verdict: Verdict, migration: &EntryMigration) -> Outcome {
    Outcome {
        warning: warnings(migration.unread.iter().cloned()),
        ..Outcome::new(text, verdict)
    }
}

struct Read {
    migration: EntryMigration,
    cluster: String,
    account: String,
}

async fn read(input: &EntryMigrationInput) -> Result<Read, Failure> {
    let aws = session::beside_cluster(&input.aws, Some(&input.cluster));
    let client = session::connect(&aws, None).await?;
    let cluster = session::cluster(&client, &input.cluster).await?;
    let source = MigrationSource {
        session: client.as_ref(),
        roles: client.roles(),
        cluster: &cluster,
    };
    let migration = read_entry_migration(source, &input.principal_arns).await;
    Ok(Read {
        migration: migration.map_err(|error| match error {
            Unplannable::AwsAuth(error) => Failure::from(*error),
            Unplannable::NotThere(_) => Failure::new(error.to_string()),
        })?,
        cluster: cluster.reference.name.clone(),
        account: cluster.account.clone(),
    })
}

fn verdict(migration: &EntryMigration) -> Verdict {
    match (migration.is_done(), migration.is_uncertain()) {
        (true, _) => Verdict::Yes,
        (false, true) => Verdict::Undetermined,
        (false, false) => Verdict::No,
    }
}

fn print_configuration(arguments: &EntryHclArguments, read: &Read) -> Result<Outcome, Failure> {
    let unread: Vec<&str> = read.migration.entries.iter().filter_map(unread).collect();
    if let Some(why) = unread.first() {
        return Err(Failure::new(format!(
            "no file is printed, because an access entry that exists counts before aws-auth and would not be in it: {why}"
        )));
    }
    let accepted: Vec<&str> = arguments.accepted.iter().map(|one| one.id()).collect();
    let printed = configuration(&EntryConfigurationRequest {
        migration: &read.migration,
        cluster: &read.cluster,
        account: &read.account,
        region: None,
        accepted: &accepted,
        told: &arguments.input.principal_arns,
        after: arguments.after.as_deref(),
    });
    let verdict = match (printed.left_out.is_empty(), read.migration.is_uncertain()) {
        (_, true) => Verdict::Undetermined,
        (true, false) => Verdict::Yes,
        (false, false) => Verdict::No,
    };
    let told = printed.left_out.into_iter();
    Ok(Outcome {
        warning: warnings(told.chain(read.migration.unread.iter().cloned())),
        ..Outcome::new(printed.text, verdict)
    })
}

fn unread(entry: &MigratedEntry) -> Option<&str> {
    match &entry.becomes {
        Becomes::Stays(obstacle) if obstacle.id == "not_read" => Some(&obstacle.why),
        _ => None,
    }
}

fn table(migration: &EntryMigration) -> String {
    let headings = ["entry", "today", "becomes", "afterwards"];
    match output::columns(headings, &rows(migration), "").as_str() {
        "" => "aws-auth has no entry\n".to_owned(),
        table => table.to_owned(),
    }
}

fn json_of(migration: &EntryMigration) -> Value {
    let difference = |one: &Difference| json!({"id": one.id(), "text": one.text()});
    let entry = |migrated: &MigratedEntry| {
        let old = &migrated.old;
        let (reason, what_to_do) = match &migrated.becomes {
            Becomes::Stays(obstacle) => (
                Some(json!({"id": obstacle.id, "text": obstacle.why})),
                Some(obstacle.what_to_do.as_str()),
            ),
            Becomes::Nothing { id, why } => (Some(json!({"id": id, "text": why})), None),
            _ => (None, None),
        };
        json!({
            "section": old.section.key(),
            "index": old.index,
            "arn": old.arn,
            "user_name": old.username,
            "groups": old.groups,
            "state": migrated.state(),
            "access_entry": access_entry(&migrated.becomes),
            "reason": reason,
            "what_to_do": what_to_do,
            "differences": migrated.differences.iter().map(difference).collect::<Vec<_>>(),
            "held_back": migration.held_back(migrated, &[]),
            "notes": migrated.notes,
        })
    };
    json!({
        "mode": migration.mode.id(),
        "done": migration.is_done(),
        "entries": migration.entries.iter().map(entry).collect::<Vec<_>>(),
        "not_read": migration.unread,
    })
}

fn access_entry(becomes: &Becomes) -> Value {
    let Some(entry) = becomes.access_entry() else {
        return Value::Null;
    };
    let policies = entry
        .policies
        .iter()
        .map(|policy| json!({"policy_arn": policy.policy_arn, "namespaces": policy.namespaces}));
    json!({
        "principal_arn": entry.principal_arn,
        "type": entry.kind,
        "user_name": entry.username,
        "kubernetes_groups": entry.groups,
        "policies": policies.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
