//! The access entry that says what an entry of aws-auth says, or why there is none.

use std::collections::BTreeSet;

use super::comparison::ADMIN_POLICY;
use super::names;
use super::node_shape::{NodeShape, node_shape};
use super::{Becomes, MigrationFacts, Obstacle, OldEntry, ProposedEntry};
use crate::access::access_entry::{AccessEntry, Defaults, EntryPrincipal, EntryType};
use crate::access::access_policy::{AccessPolicy, policy_arn};

/// The entry that says what an entry of aws-auth says.
///
/// # Errors
/// Why there is none.
pub(super) fn proposed(
    facts: &MigrationFacts<'_>,
    old: &OldEntry,
    principal: EntryPrincipal,
) -> Result<ProposedEntry, Becomes> {
    let entry_type = match node_shape(old) {
        NodeShape::Exactly(entry_type) => entry_type,
        NodeShape::None => EntryType::Standard,
        NodeShape::Mixed => {
            return Err(stays(
                "mixed_nodes",
                "the entry gives nodes something else beside what nodes have, and an access entry of nodes has neither groups nor a name of its own".to_owned(),
                "Give the nodes a role with the entry that EKS documents, and whoever else comes by this role another one.",
            ));
        }
    };
    let place = principal.check_place(entry_type, facts.account, facts.partition);
    place.map_err(|misplaced| {
        stays(
            "principal",
            misplaced.to_string(),
            "Give it a role that EKS takes, and an entry for that one.",
        )
    })?;
    if entry_type != EntryType::Standard {
        return Ok(ProposedEntry {
            principal,
            entry_type,
            user_name: None,
            groups: Vec::new(),
            policies: Vec::new(),
        });
    }
    let user_name = names::user_name(old, &principal).map_err(Becomes::Stays)?;
    let groups = names::groups(old, &principal).map_err(Becomes::Stays)?;
    Ok(ProposedEntry {
        policies: admin_policy(facts, groups.has_masters),
        principal,
        entry_type,
        user_name,
        groups: groups.names,
    })
}

fn admin_policy(facts: &MigrationFacts<'_>, has_masters: bool) -> Vec<AccessPolicy> {
    let arn = has_masters
        .then(|| policy_arn(ADMIN_POLICY, facts.partition).ok())
        .flatten();
    arn.map(|policy_arn| AccessPolicy {
        policy_arn,
        namespaces: Vec::new(),
    })
    .into_iter()
    .collect()
}

pub(super) fn stays(id: &'static str, why: String, what_to_do: &str) -> Becomes {
    Becomes::Stays(Obstacle {
        id,
        why,
        what_to_do: what_to_do.to_owned(),
    })
}

pub(super) fn parse(arn: &str) -> Result<EntryPrincipal, Becomes> {
    EntryPrincipal::parse(arn).map_err(|error| {
        stays(
            "principal",
            error.to_string(),
            "Give whoever comes by it a role or user that EKS takes, and an access entry for that one.",
        )
    })
}

pub(super) fn made_by_eks(principal: &EntryPrincipal, entry_type: EntryType) -> AccessEntry {
    let filled_in = Defaults::for_type(entry_type.id(), &principal.arn);
    AccessEntry {
        principal_arn: principal.arn.clone(),
        kind: entry_type.id().to_owned(),
        username: filled_in.username,
        groups: filled_in.groups,
        policies: Vec::new(),
        created_at: None,
    }
}

pub(super) fn says_the_same(one: &AccessEntry, other: &AccessEntry) -> bool {
    let sorted = |groups: &[String]| groups.iter().cloned().collect::<BTreeSet<_>>();
    let policies = |entry: &AccessEntry| {
        let mut policies = entry.policies.clone();
        policies.sort();
        policies
    };
    one.kind == other.kind
        && one.username == other.username
        && sorted(&one.groups) == sorted(&other.groups)
        && policies(one) == policies(other)
}
