//! How far everything is: rows for a table, and a report in Markdown for a ticket.

use std::fmt::Write;

use super::{AccountProgress, Migration, NewTrust, RoleProgress};
use crate::plural::counted;

/// A row: the role, the account, how far it is, and what is still in the way.
pub fn rows(migration: &Migration) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    for role in &migration.roles {
        for account in &role.accounts {
            rows.push([
                role.role_arn.clone(),
                format!(
                    "{}/{}",
                    account.proposal.account.namespace, account.proposal.account.name
                ),
                role.state().to_owned(),
                joined(&in_the_way(role, account)),
            ]);
        }
    }
    rows
}

fn in_the_way(role: &RoleProgress, account: &AccountProgress) -> Vec<String> {
    if let Some(problem) = &role.problem {
        return vec![problem.text.clone()];
    }
    let mut why = role.kept_for.clone();
    match &account.new_trust {
        NewTrust::Admits => {}
        NewTrust::Refuses(reason) | NewTrust::RefusesToken(reason) => why.push(reason.clone()),
        NewTrust::Unknown(reason) => why.push(format!("not known: {reason}")),
    }
    why.extend(account.waiting.iter().cloned());
    why.extend(role.lasting());
    why
}

/// Reasons in one line. Some end as sentences do, others do not.
pub(super) fn joined(reasons: &[String]) -> String {
    let reasons: Vec<&str> = reasons
        .iter()
        .map(|reason| reason.trim_end_matches('.'))
        .collect();
    reasons.join("; ")
}

/// The report.
pub fn report(migration: &Migration) -> String {
    let scan = &migration.scan;
    let system = scan.system.name().word();
    let workloads = scan.with_roles().count();
    let done = migration
        .roles
        .iter()
        .filter(|role| role.state() == "done")
        .count();
    let mut text = format!(
        "# From {system} to IRSA\n\n{} with a role of {system}, {}, {done} of them done.\n",
        counted(workloads, "workload"),
        counted(migration.roles.len(), "role")
    );
    text.push_str("\n## Roles\n\n| role | service account | state | what is in the way |\n|---|---|---|---|\n");
    for [role, account, state, why] in rows(migration) {
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {state} | {} |",
            cell(&role),
            cell(&account),
            cell(&why)
        );
    }
    let splits: Vec<String> = splits(migration);
    if !splits.is_empty() {
        text.push_str("\n## Accounts to make\n\nWhat the old account has beside its role (RoleBindings, `imagePullSecrets`), the new one needs too.\n\n");
        text.push_str(&splits.concat());
    }
    if !scan.findings.is_empty() {
        text.push_str("\n## Findings\n\n| | what | id | why |\n|---|---|---|---|\n");
        for finding in &scan.findings {
            let _ = writeln!(
                text,
                "| {} | {} | `{}` | {} |",
                finding.severity.word(),
                cell(&finding.object),
                finding.id,
                cell(&finding.text)
            );
        }
    }
    if !migration.unread.is_empty() {
        text.push_str("\n## Not read\n\n");
        for unread in &migration.unread {
            let _ = writeln!(text, "- {}", cell(unread));
        }
    }
    text
}

fn splits(migration: &Migration) -> Vec<String> {
    let accounts = migration.scan.accounts.iter();
    let lines = accounts.filter_map(|proposal| {
        let today = proposal.instead_of.as_ref()?;
        let account = &proposal.account;
        Some(format!(
            "- `{}/{}` instead of `{today}`, for {}\n",
            cell(&account.namespace),
            cell(&account.name),
            cell(&proposal.workloads.join(", "))
        ))
    });
    lines.collect()
}

/// A text that stays in its cell.
fn cell(text: &str) -> String {
    let escaped = text.replace('|', "\\|");
    escaped.split_whitespace().collect::<Vec<_>>().join(" ")
}
