//! Every principal by the rules that admit it: today, and with the access entries in place of what moves.

use std::collections::HashSet;

use super::comparison::{differences, losses};
use super::names::written_out;
use super::{Becomes, MigratedEntry, MigrationFacts};
use crate::access::access_entry::{AuthenticationMode, EntryPrincipal};
use crate::access::cluster_access::{Access, ClusterView, Grant, Knowledge, Principal};
use crate::aws_auth::{ReadEntry, Reading, Section};
use crate::principal::arn::is_canonical;

/// Asks the rules about every principal, today and with the access entries in place of what moves.
pub(super) fn compare(facts: &MigrationFacts<'_>, entries: &mut [MigratedEntry]) {
    let today = ClusterView {
        mode: facts.mode,
        aws_auth: Knowledge::Known(facts.aws_auth.clone()),
        access_entries: facts.access_entries.clone(),
    };
    let alone = ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth: Knowledge::Known(facts.aws_auth.clone()),
        access_entries: Knowledge::Known(Vec::new()),
    };
    let then = afterwards(facts, entries);
    let (today, alone, then) = (today.index(), alone.index(), then.index());
    for migrated in entries {
        let is_principal =
            migrated.old.section != Section::MapAccounts && is_canonical(&migrated.old.arn);
        if !is_principal {
            continue;
        }
        let principal = Principal::from_arn(&migrated.old.arn);
        let before = today.access_of(&principal.arn, &principal.account).access;
        let after = then.access_of(&principal.arn, &principal.account).access;
        migrated.differences = match &migrated.becomes {
            Becomes::New(_) | Becomes::MadeByEks(_) => {
                differences(&as_rendered(&before, &migrated.becomes), &after)
            }
            // It hides what aws-auth gives already.
            Becomes::Existing(_) | Becomes::ExistingOther(_) => {
                let given = alone.access_of(&principal.arn, &principal.account).access;
                losses(&as_rendered(&given, &migrated.becomes), &after)
            }
            Becomes::Nothing { .. } | Becomes::Stays(_) => Vec::new(),
        };
        migrated.before = Some(before);
        migrated.after = Some(after);
    }
}

/// With what has one value for the principal written out, as the server does it.
fn as_rendered(access: &Access, becomes: &Becomes) -> Access {
    let principal = match becomes {
        Becomes::New(proposed) => Some(proposed.principal.clone()),
        Becomes::Existing(entry) | Becomes::ExistingOther(entry) => {
            EntryPrincipal::parse(&entry.principal_arn).ok()
        }
        _ => None,
    };
    let (Access::Granted(grant), Some(principal)) = (access, principal) else {
        return access.clone();
    };
    let rendered = |text: &String| written_out(text, &principal);
    let mut groups: Vec<String> = grant.groups.iter().map(rendered).collect();
    groups.sort();
    groups.dedup();
    Access::Granted(Grant {
        username: rendered(&grant.username),
        groups,
        ..grant.clone()
    })
}

fn afterwards(facts: &MigrationFacts<'_>, entries: &[MigratedEntry]) -> ClusterView {
    let gone: HashSet<(Section, usize)> = entries
        .iter()
        .filter(|entry| !matches!(entry.becomes, Becomes::Stays(_)))
        .map(|entry| (entry.old.section, entry.old.index))
        .collect();
    let kept = |section: &[ReadEntry]| {
        let kept = section
            .iter()
            .filter(|entry| !gone.contains(&(entry.section, entry.index)));
        kept.cloned().collect()
    };
    let added = entries.iter().filter_map(|entry| match &entry.becomes {
        Becomes::New(proposed) => Some(proposed.as_entry()),
        // Afterwards it has made it in any case.
        Becomes::MadeByEks(entry) if !facts.mode.reads_access_entries() => Some(entry.clone()),
        _ => None,
    });
    let access_entries = match facts.access_entries {
        Knowledge::Known(existing) => {
            Knowledge::Known(existing.iter().cloned().chain(added).collect())
        }
        Knowledge::Unreadable(reason) => Knowledge::Unreadable(reason.clone()),
    };
    ClusterView {
        mode: facts.mode.max(AuthenticationMode::ApiAndConfigMap),
        aws_auth: Knowledge::Known(Reading {
            roles: kept(&facts.aws_auth.roles),
            users: kept(&facts.aws_auth.users),
            accounts: facts.aws_auth.accounts.clone(),
            problems: Vec::new(),
        }),
        access_entries,
    }
}
