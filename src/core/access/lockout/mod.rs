//! Who loses what between two states of a cluster, and whether that locks somebody out.
//!
//! Compares two [`ClusterView`]s principal by principal. What could not be read is counted as neither lost nor kept; under
//! [`Unread::Against`] it counts against the change. Nothing is refused here: findings say how grave they are.

mod baseline;
mod comparison;
mod finding;
mod power;

use std::collections::{BTreeSet, HashMap};

pub use baseline::{Admins, Baseline};
use comparison::States;
pub use comparison::{AccessChange, Comparison};
pub use finding::{Finding, FindingId};
pub use power::{Power, Rbac};

use crate::access::access_entry::AuthenticationMode;
use crate::access::cluster_access::{Access, ClusterView, Knowledge, Principal};
pub use crate::access::severity::Severity;
use crate::aws_auth::{ReadEntry, Reading};
use crate::principal::case_folding::fold_key;

/// How what could not be read is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Said, not judged.
    Open,
    /// Against the change.
    Against,
}

/// Whether there are nodes that an entry admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nodes {
    /// There are none.
    None,
    /// There are some.
    Some,
    /// They could not be listed.
    Unreadable,
}

/// What a comparison needs beside the two views.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// The cluster's name, for texts and acknowledgements.
    pub cluster: String,
    /// Who makes the change, in canonical form.
    pub running: Vec<Principal>,
    /// Who must keep its access, in canonical form.
    pub protected: Vec<Principal>,
    /// What groups may do.
    pub rbac: Rbac,
    /// Whether nodes exist.
    pub nodes: Nodes,
    /// How the unreadable counts.
    pub unread: Unread,
}

/// All principals before and after, and what is grave about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Every principal that a rule names before or after, and those asked for; the gravest first.
    pub comparisons: Vec<Comparison>,
    /// The gravest first.
    pub findings: Vec<Finding>,
}

impl Assessment {
    /// The findings of a severity.
    pub fn of_severity(&self, severity: Severity) -> Vec<&Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .collect()
    }
}

/// Whether anybody named by an entry may have less after a change of aws-auth: decided without comparing everybody with everything, so that
/// an addition costs next to nothing. Never says no where [`assess`] would find a loss; a yes may turn out harmless.
pub fn may_take_away(before: &ClusterView, after: &ClusterView) -> bool {
    let (Knowledge::Known(old), Knowledge::Known(new)) = (&before.aws_auth, &after.aws_auth) else {
        return true;
    };
    if before.mode != after.mode || before.access_entries != after.access_entries {
        return true;
    }
    let grants = |entries: &[ReadEntry]| {
        let mut by_arn: HashMap<String, Vec<(String, BTreeSet<String>)>> = HashMap::new();
        for entry in entries {
            let groups = entry.groups.iter().cloned().collect();
            by_arn
                .entry(fold_key(&entry.arn))
                .or_default()
                .push((entry.username.clone(), groups));
        }
        by_arn
    };
    let accounts = |reading: &Reading| -> BTreeSet<String> {
        reading
            .accounts
            .iter()
            .map(|entry| entry.arn.clone())
            .collect()
    };
    // A new role hides a user's entry or an account of the same principal, so roles may not even be added where such could be meant.
    let is_kept = |old: &[ReadEntry], new: &[ReadEntry]| {
        let new = grants(new);
        grants(old)
            .iter()
            .all(|(arn, grants)| new.get(arn) == Some(grants))
    };
    let hides = new.roles.len() != old.roles.len()
        && (!old.users.is_empty() || !old.accounts.is_empty())
        || new.users.len() != old.users.len() && !old.accounts.is_empty();
    !is_kept(&old.roles, &new.roles)
        || !is_kept(&old.users, &new.users)
        || !accounts(old).is_subset(&accounts(new))
        || hides
}

/// Everyone whom a rule names before or after, the gravest first: who gains and who loses, without a judgement.
pub fn compare(before: &ClusterView, after: &ClusterView) -> Vec<Comparison> {
    let states = States {
        before: before.index(),
        after: after.index(),
    };
    let principals = before.principals().into_iter().chain(after.principals());
    states.compare_all(principals.collect())
}

/// Compares two states, and says what is grave about the difference.
pub fn assess(
    before: &ClusterView,
    after: &ClusterView,
    circumstances: &Circumstances,
) -> Assessment {
    let mut principals: BTreeSet<Principal> = before
        .principals()
        .into_iter()
        .chain(after.principals())
        .collect();
    principals.extend(
        circumstances
            .running
            .iter()
            .chain(&circumstances.protected)
            .cloned(),
    );
    let states = States {
        before: before.index(),
        after: after.index(),
    };
    let comparisons = states.compare_all(principals);
    let mut findings = Vec::new();
    for comparison in &comparisons {
        findings.extend(judge(comparison, circumstances));
    }
    findings.extend(last_admin(&comparisons, circumstances));
    findings.extend(nodes(before, &states, circumstances));
    findings.extend(mode_change(before.mode, after.mode, &circumstances.cluster));
    findings.sort_by_key(|finding| finding.severity);
    Assessment {
        comparisons,
        findings,
    }
}

fn judge(comparison: &Comparison, circumstances: &Circumstances) -> Option<Finding> {
    let (old, new) = (
        circumstances.rbac.power(&comparison.before),
        circumstances.rbac.power(&comparison.after),
    );
    let is_running = circumstances.running.contains(&comparison.principal);
    let is_protected = circumstances.protected.contains(&comparison.principal);
    let cluster = &circumstances.cluster;
    let lost_entry = comparison.change == AccessChange::Loses;
    let lost_writing = old >= Power::WritesAwsAuth
        && new < Power::WritesAwsAuth
        && new != Power::Unknown
        && old != Power::Unknown;
    if is_running && (lost_entry || lost_writing) {
        return Some(Finding::new(
            FindingId::RunningIdentity,
            Severity::Error,
            cluster,
            comparison,
        ));
    }
    if is_protected && (lost_entry || old > new && new != Power::Unknown) {
        return Some(Finding::new(
            FindingId::ProtectedPrincipal,
            Severity::Error,
            cluster,
            comparison,
        ));
    }
    if comparison.change == AccessChange::Unknown
        && (is_running || is_protected)
        && circumstances.unread == Unread::Against
    {
        return Some(Finding::new(
            FindingId::Unreadable,
            Severity::Error,
            cluster,
            comparison,
        ));
    }
    let is_reduced = lost_entry
        || (comparison.change == AccessChange::Changes
            && loses_something(&comparison.before, &comparison.after));
    is_reduced.then(|| {
        Finding::new(
            FindingId::ReducedAccess,
            Severity::Warning,
            cluster,
            comparison,
        )
    })
}

/// Whether a group or policy is gone, or the name changed.
fn loses_something(before: &Access, after: &Access) -> bool {
    match (before, after) {
        (Access::Granted(old), Access::Granted(new)) => {
            old.username != new.username
                || old.groups.iter().any(|group| !new.groups.contains(group))
                || old
                    .policies
                    .iter()
                    .any(|policy| !new.policies.contains(policy))
        }
        _ => true,
    }
}

fn last_admin(comparisons: &[Comparison], circumstances: &Circumstances) -> Option<Finding> {
    let rbac = &circumstances.rbac;
    let had: Vec<&Comparison> = comparisons
        .iter()
        .filter(|comparison| rbac.power(&comparison.before) == Power::ClusterAdmin)
        .collect();
    let keeps_one = comparisons
        .iter()
        .any(|comparison| rbac.power(&comparison.after) == Power::ClusterAdmin);
    let lost = had.first()?;
    if keeps_one {
        return None;
    }
    let may_be_one = comparisons
        .iter()
        .any(|comparison| rbac.power(&comparison.after) == Power::Unknown);
    let severity = if may_be_one && circumstances.unread == Unread::Open {
        Severity::Warning
    } else {
        Severity::Error
    };
    Some(Finding::new(
        FindingId::LastAdmin,
        severity,
        &circumstances.cluster,
        lost,
    ))
}

/// Entries that admit nodes and are gone, unless an access entry of the same role takes over or there are no nodes.
fn nodes(before: &ClusterView, states: &States<'_>, circumstances: &Circumstances) -> Vec<Finding> {
    if circumstances.nodes == Nodes::None || !before.mode.reads_config_map() {
        return Vec::new();
    }
    let Knowledge::Known(reading) = &before.aws_auth else {
        return Vec::new();
    };
    let grants_nodes =
        |entry: &&ReadEntry| entry.groups.iter().any(|group| group == "system:nodes");
    let mut findings = Vec::new();
    for entry in reading.roles.iter().filter(grants_nodes) {
        let principal = Principal::from_arn(&entry.arn);
        let comparison = states.compare(principal);
        let still_node = match &comparison.after {
            Access::Granted(grant) => {
                grant.groups.iter().any(|group| group == "system:nodes")
                    || grant.username.starts_with("system:node:")
            }
            Access::Random(_) | Access::None => false,
            Access::Unknown(_) => true,
        };
        if !still_node
            && matches!(
                comparison.change,
                AccessChange::Loses | AccessChange::Changes
            )
        {
            findings.push(Finding::new(
                FindingId::Nodes,
                Severity::Error,
                &circumstances.cluster,
                &comparison,
            ));
        }
    }
    findings.dedup();
    findings
}

fn mode_change(
    before: AuthenticationMode,
    after: AuthenticationMode,
    cluster: &str,
) -> Option<Finding> {
    (before.reads_config_map() && !after.reads_config_map())
        .then(|| Finding::mode_ignores_aws_auth(cluster, before, after))
}

#[cfg(test)]
mod tests;
