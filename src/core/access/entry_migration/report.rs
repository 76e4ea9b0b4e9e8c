//! What becomes of aws-auth: rows for a table, and a report in Markdown for a ticket.

use std::fmt::Write;

use super::judgement::made_for;
use super::{Becomes, EntryMigration, MigratedEntry, ProposedEntry};
use crate::access::access_entry::AccessEntry;
use crate::access::access_policy::AccessPolicy;
use crate::access::cluster_access::{Access, describe};
use crate::plural::counted;

/// A row: the entry, what its principal gets today, what it becomes, and what there is to accept, to do or to know.
pub fn rows(migration: &EntryMigration) -> Vec<[String; 4]> {
    let row = |entry: &MigratedEntry| {
        [
            format!("{} {}", entry.old.place(), entry.old.arn),
            entry
                .before
                .as_ref()
                .map_or_else(|| "not judged".to_owned(), describe),
            becomes(entry),
            remarks(entry).join(" "),
        ]
    };
    migration.entries.iter().map(row).collect()
}

fn becomes(migrated: &MigratedEntry) -> String {
    match &migrated.becomes {
        Becomes::New(proposed) => format!("new: {}", of_proposed(proposed)),
        Becomes::Existing(entry) => format!("exists, the same: {}", of_entry(entry)),
        Becomes::ExistingOther(entry) => format!(
            "exists, and counts in place of this entry: {}",
            of_entry(entry)
        ),
        Becomes::MadeByEks(entry) => format!(
            "made by EKS for {}: {}",
            made_for(&entry.kind),
            of_entry(entry)
        ),
        Becomes::Nothing { .. } => "nothing: lets nobody in today".to_owned(),
        Becomes::Stays(_) => "stays in aws-auth".to_owned(),
    }
}

fn of_proposed(proposed: &ProposedEntry) -> String {
    of_entry(&proposed.as_entry())
}

fn of_entry(entry: &AccessEntry) -> String {
    let mut parts = vec![entry.kind.clone(), entry.username.clone()];
    if !entry.groups.is_empty() {
        parts.push(entry.groups.join(", "));
    }
    parts.extend(entry.policies.iter().map(of_policy));
    parts.join(" · ")
}

fn of_policy(policy: &AccessPolicy) -> String {
    match policy.namespaces.is_empty() {
        true => policy.name().to_owned(),
        false => format!("{} in {}", policy.name(), policy.namespaces.join(", ")),
    }
}

/// Sentences: whether before is after, what is to be accepted, why it stays and what to do.
fn remarks(migrated: &MigratedEntry) -> Vec<String> {
    let mut told = Vec::new();
    match &migrated.becomes {
        Becomes::Stays(obstacle) => told.push(format!(
            "{} ({}). {}",
            obstacle.why, obstacle.id, obstacle.what_to_do
        )),
        Becomes::Nothing { id, why } => told.push(format!("{why} ({id}).")),
        Becomes::ExistingOther(_) => {
            told.push("The access entry hides this entry already; nothing changes.".to_owned())
        }
        _ if migrated.differences.is_empty() => told.push("The same as before.".to_owned()),
        _ => {}
    }
    told.extend(
        migrated
            .differences
            .iter()
            .map(|difference| format!("To accept ({}): {}.", difference.id(), difference.text())),
    );
    told.extend(migrated.notes.iter().map(|note| format!("{note}.")));
    told
}

/// The report.
pub fn report(migration: &EntryMigration) -> String {
    let count = |state: &str| {
        migration
            .entries
            .iter()
            .filter(|entry| entry.state() == state)
            .count()
    };
    let mut text = format!(
        "# From aws-auth to access entries\n\nMode {}. {} of aws-auth: {} to make, {} that exist, {} made by EKS, {} that let nobody in, {} that stay.\n",
        migration.mode.id(),
        match migration.entries.len() {
            1 => "1 entry".to_owned(),
            many => format!("{many} entries"),
        },
        count("new"),
        count("exists") + count("exists_other"),
        count("made_by_eks"),
        count("nothing"),
        count("stays"),
    );
    section(
        &mut text,
        "Not read",
        migration
            .unread
            .iter()
            .map(|told| format!("- {}\n", line(told))),
    );
    text.push_str("\n## Entries\n\n| entry | principal | today | becomes | afterwards |\n|---|---|---|---|---|\n");
    for migrated in &migration.entries {
        let access = |access: &Option<Access>| {
            access
                .as_ref()
                .map_or_else(|| "not judged".to_owned(), describe)
        };
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} |",
            migrated.old.place(),
            cell(&migrated.old.arn),
            cell(&access(&migrated.before)),
            cell(&becomes(migrated)),
            cell(&match migrated.differences.is_empty() {
                true if migrated.before == migrated.after || migrated.before.is_some() =>
                    "the same".to_owned(),
                true => "not judged".to_owned(),
                false => migrated
                    .differences
                    .iter()
                    .map(super::Difference::id)
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        );
    }
    section(
        &mut text,
        "Differences to accept",
        of_each(migration, |entry| {
            entry
                .differences
                .iter()
                .map(|one| format!("`{}`: {}", one.id(), one.text()))
                .collect()
        }),
    );
    section(
        &mut text,
        "Stays in aws-auth",
        of_each(migration, |entry| match &entry.becomes {
            Becomes::Stays(obstacle) => vec![format!("{}. {}", obstacle.why, obstacle.what_to_do)],
            _ => Vec::new(),
        }),
    );
    section(
        &mut text,
        "Lets nobody in today",
        of_each(migration, |entry| match &entry.becomes {
            Becomes::Nothing { why, .. } => vec![format!("{why}.")],
            _ => Vec::new(),
        }),
    );
    section(
        &mut text,
        "Notes",
        of_each(migration, |entry| {
            entry.notes.iter().map(|note| format!("{note}.")).collect()
        }),
    );
    let stays = count("stays");
    if stays > 0 {
        let _ = write!(
            text,
            "\nDo not raise the mode to API while {} in aws-auth: in that mode it lets nobody in.\n",
            match stays {
                1 => "1 entry stays".to_owned(),
                _ => format!(
                    "{} stay",
                    counted(stays, "entry").replace("entrys", "entries")
                ),
            }
        );
    }
    text
}

fn of_each(
    migration: &EntryMigration,
    told: impl Fn(&MigratedEntry) -> Vec<String>,
) -> impl Iterator<Item = String> {
    let lines = migration.entries.iter().flat_map(move |entry| {
        let place = format!("`{}` `{}`", entry.old.place(), line(&entry.old.arn));
        told(entry)
            .into_iter()
            .map(move |told| format!("- {place}: {}\n", line(&told)))
    });
    lines.collect::<Vec<_>>().into_iter()
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        let _ = write!(text, "\n## {title}\n\n{}", lines.concat());
    }
}

/// One line, whatever aws-auth says.
fn line(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// Nothing that was read ends a cell before its end.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}
