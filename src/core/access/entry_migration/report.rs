//! What becomes of aws-auth: rows for a table, and a report in Markdown for a ticket.

use std::fmt::Write;

use super::judgement::made_for;
use super::{Becomes, Difference, EntryMigration, MigratedEntry, ProposedEntry};
use crate::access::access_entry::AccessEntry;
use crate::access::access_policy::AccessPolicy;
use crate::access::cluster_access::{Access, describe};

/// The group of bootstrap tokens, which an access entry of nodes lacks.
const BOOTSTRAPPERS: &str = "system:bootstrappers";

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
        Becomes::ExistingOther(_) => told.push(
            "The access entry hides this entry already, so nothing changes when it goes."
                .to_owned(),
        ),
        _ if migrated.differences.is_empty() => told.push(the_same(migrated)),
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

/// That nothing changes, and which group goes that gave nothing.
fn the_same(migrated: &MigratedEntry) -> String {
    let has_spare = |access: &Option<Access>| match access {
        Some(Access::Granted(grant)) => grant.groups.iter().any(|group| group == BOOTSTRAPPERS),
        _ => false,
    };
    match has_spare(&migrated.before) && !has_spare(&migrated.after) {
        true => format!(
            "The same access as before: the group `{BOOTSTRAPPERS}` goes, which gives nothing to nodes that have joined."
        ),
        false => "The same as before.".to_owned(),
    }
}

/// The report.
pub fn report(migration: &EntryMigration) -> String {
    let mut text = head(migration);
    let unread = migration.unread.iter();
    let unread = unread.map(|told| format!("- {}\n", line(told)));
    section(&mut text, "Not read", unread);
    text.push_str(&table(migration));
    for (title, told) in SECTIONS {
        section(&mut text, title, of_each(migration, told));
    }
    let stays = count(migration, "stays");
    if stays > 0 {
        let _ = write!(
            text,
            "\nDo not raise the mode to API while {} in aws-auth: in that mode it lets nobody in.\n",
            match stays {
                1 => "1 entry stays".to_owned(),
                many => format!("{many} entries stay"),
            }
        );
    }
    text
}

/// What a section tells of an entry.
type Told = fn(&MigratedEntry) -> Vec<String>;

const SECTIONS: [(&str, Told); 4] = [
    ("Differences to accept", |entry| {
        let differences = entry.differences.iter();
        differences
            .map(|one| format!("`{}`: {}", one.id(), one.text()))
            .collect()
    }),
    ("Stays in aws-auth", |entry| match &entry.becomes {
        Becomes::Stays(obstacle) => vec![format!("{}. {}", obstacle.why, obstacle.what_to_do)],
        _ => Vec::new(),
    }),
    ("Lets nobody in today", |entry| match &entry.becomes {
        Becomes::Nothing { why, .. } => vec![format!("{why}.")],
        _ => Vec::new(),
    }),
    ("Notes", |entry| {
        entry.notes.iter().map(|note| format!("{note}.")).collect()
    }),
];

fn count(migration: &EntryMigration, state: &str) -> usize {
    let entries = migration.entries.iter();
    entries.filter(|entry| entry.state() == state).count()
}

fn head(migration: &EntryMigration) -> String {
    let count = |state| count(migration, state);
    format!(
        "# From aws-auth to access entries\n\nMode {}. {} of aws-auth: {} to make, {} that exist, {} made by EKS, {} that let nobody in, {} left in aws-auth.\n",
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
    )
}

fn table(migration: &EntryMigration) -> String {
    let mut text = "\n## Entries\n\n| entry | principal | today | becomes | afterwards |\n|---|---|---|---|---|\n".to_owned();
    for migrated in &migration.entries {
        let today = migrated.before.as_ref().map(describe);
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} |",
            migrated.old.place(),
            cell(&migrated.old.arn),
            cell(&today.unwrap_or_else(|| "not judged".to_owned())),
            cell(&becomes(migrated)),
            cell(&afterwards(migrated)),
        );
    }
    text
}

/// Whether the principal has the same, or the names of what differs.
fn afterwards(migrated: &MigratedEntry) -> String {
    let names: Vec<&str> = migrated.differences.iter().map(Difference::id).collect();
    match (names.is_empty(), &migrated.before) {
        (false, _) => names.join(", "),
        (true, Some(_)) => "the same".to_owned(),
        (true, None) => "not judged".to_owned(),
    }
}

fn of_each(migration: &EntryMigration, told: Told) -> impl Iterator<Item = String> {
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
