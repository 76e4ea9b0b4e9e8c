//! How far everything is: rows for a table, and a report in Markdown for a ticket.

use std::fmt::Write;

use super::{Becomes, MigratedAccount, PodIdentityMigration};
use crate::plural::counted;

/// A row: the account, its role, how far it is, and what is to be done. What is done has none.
pub fn rows(migration: &PodIdentityMigration) -> Vec<[String; 4]> {
    migration.left().map(row).collect()
}

fn row(account: &MigratedAccount) -> [String; 4] {
    [
        account.name(),
        account.role_arn.clone().unwrap_or_default(),
        account.state().to_owned(),
        remarks(account).join("; "),
    ]
}

fn remarks(account: &MigratedAccount) -> Vec<String> {
    let mut told = Vec::new();
    match &account.becomes {
        Becomes::Stays(obstacle) => told.push(format!(
            "{} ({}). {}",
            obstacle.why, obstacle.id, obstacle.what_to_do
        )),
        Becomes::New => told.push(
            match account.trust_statement {
                Some(_) => "its role needs a statement for Pod Identity, and it an association",
                None => "its role lets Pod Identity in already, and it needs an association",
            }
            .to_owned(),
        ),
        Becomes::Both => {
            if account.may_go.annotation {
                told.push("its annotation can go".to_owned());
            }
            if account.may_go.trust {
                told.push("the role's trust in its token can go".to_owned());
            }
            told.extend(account.waiting.iter().cloned());
        }
        Becomes::Done => {}
    }
    told
}

/// The report.
pub fn report(migration: &PodIdentityMigration) -> String {
    let count = |state: &str| {
        let of_state = migration.accounts.iter().filter(|one| one.state() == state);
        of_state.count()
    };
    let mut text = format!(
        "# From IRSA to Pod Identity\n\nCluster `{}`: {} with a role, {} to get an association, {} with both, {} done, {} left with IRSA.\n",
        cell(&migration.cluster.name),
        counted(migration.accounts.len(), "service account"),
        count("new"),
        count("both"),
        count("done"),
        count("stays"),
    );
    if migration.is_done() {
        text.push_str("\nNothing is left to move.\n");
    }
    section(
        &mut text,
        "Not read",
        migration
            .unread
            .iter()
            .map(|told| format!("- {}\n", cell(told)))
            .collect(),
    );
    let rows = migration.left().map(|account| {
        let [name, role, state, why] = row(account);
        format!(
            "| `{}` | `{}` | {state} | {} |\n",
            cell(&name),
            cell(&role),
            cell(&why)
        )
    });
    let rows: Vec<String> = rows.collect();
    if !rows.is_empty() {
        text.push_str(
            "\n## Accounts\n\n| account | role | state | what is to be done |\n|---|---|---|---|\n",
        );
        text.push_str(&rows.concat());
    }
    section(&mut text, "Statements to add", statements(migration));
    section(&mut text, "Notes", notes(migration));
    text
}

fn statements(migration: &PodIdentityMigration) -> Vec<String> {
    let lacking = migration.accounts.iter().filter_map(|account| {
        let statement = account.trust_statement.as_ref()?;
        let role = account.role_arn.as_deref().unwrap_or_default();
        Some(format!(
            "To `{}`, for `{}`:\n\n```json\n{statement}\n```\n",
            cell(role),
            cell(&account.name())
        ))
    });
    lacking.collect()
}

/// Each note once, with the accounts that it is about.
fn notes(migration: &PodIdentityMigration) -> Vec<String> {
    let mut notes: Vec<(&str, Vec<String>)> = Vec::new();
    for account in &migration.accounts {
        for note in &account.notes {
            let name = format!("`{}`", cell(&account.name()));
            match notes.iter_mut().find(|(known, _)| known == note) {
                Some((_, names)) => names.push(name),
                None => notes.push((note, vec![name])),
            }
        }
    }
    let lines = notes.into_iter();
    lines
        .map(|(note, names)| format!("- {}: {}.\n", names.join(", "), cell(note)))
        .collect()
}

fn section(text: &mut String, title: &str, parts: Vec<String>) {
    if !parts.is_empty() {
        let _ = write!(text, "\n## {title}\n\n{}", parts.concat());
    }
}

/// A text that stays in its cell, whatever was read.
fn cell(text: &str) -> String {
    let escaped = text.replace('|', "\\|");
    escaped.split_whitespace().collect::<Vec<_>>().join(" ")
}
