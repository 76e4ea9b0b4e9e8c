//! Which entry counts when several name the same principal.
//!
//! The server keeps roles by their lower-cased ARN, so the last one wins and groups are not merged; users are kept by the ARN as written, so of
//! case variants a random one answers each request. Source: aws-iam-authenticator `pkg/mapper/configmap` and `pkg/config`.

use std::collections::HashMap;

use super::{ReadEntry, Reading, Section};
use crate::principal::case_folding::{equal_fold, fold_key, to_lower};

/// What becomes of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectiveState {
    /// The server answers with this entry (for the principal of that ARN).
    Wins,
    /// A later entry of the same ARN takes its place; `by` is that entry's index in the section.
    ShadowedBy {
        /// Index of the entry that wins.
        by: usize,
    },
    /// Several entries of the same ARN in different case: the server picks one at random for each request.
    Random,
}

/// An entry and whether it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effective<'r> {
    /// The entry.
    pub entry: &'r ReadEntry,
    /// What becomes of it.
    pub state: EffectiveState,
}

impl Reading {
    /// The entries of a section in document order, each with whether it counts within the section.
    ///
    /// A principal is looked up among roles first, so a user entry for the ARN of a role entry never answers; that is left to the mapping of identities.
    pub fn effective(&self, section: Section) -> Vec<Effective<'_>> {
        let entries = self.section(section);
        let mut last: HashMap<String, usize> = HashMap::new();
        let mut variants: HashMap<String, Vec<&str>> = HashMap::new();
        for entry in entries {
            last.insert(server_key(entry), entry.index);
            let spellings = variants.entry(folded(entry)).or_default();
            if section == Section::MapUsers && !spellings.contains(&entry.arn.as_str()) {
                spellings.push(&entry.arn);
            }
        }
        entries
            .iter()
            .map(|entry| {
                let winner = last.get(&server_key(entry)).copied().unwrap_or(entry.index);
                let state = if winner != entry.index {
                    EffectiveState::ShadowedBy { by: winner }
                } else if variants
                    .get(&folded(entry))
                    .is_some_and(|spellings| spellings.len() > 1)
                {
                    EffectiveState::Random
                } else {
                    EffectiveState::Wins
                };
                Effective { entry, state }
            })
            .collect()
    }

    /// Every entry of the section whose ARN the server holds equal to `arn`, in document order.
    pub fn find(&self, section: Section, arn: &str) -> Vec<&ReadEntry> {
        let matches = |entry: &&ReadEntry| match section {
            Section::MapAccounts => entry.arn == arn,
            _ => entry.sso.is_none() && equal_fold(&entry.arn, arn),
        };
        self.section(section).iter().filter(matches).collect()
    }
}

/// The key under which the server stores the entry.
fn server_key(entry: &ReadEntry) -> String {
    match (&entry.section, &entry.sso) {
        (Section::MapRoles, Some(sso)) => {
            // The server drops the partition from the pattern when one is given.
            let partition = if sso.partition.is_empty() { "aws" } else { "" };
            let pattern = format!(
                "arn:{partition}:iam::{}:role/AWSReservedSSO_{}_*",
                sso.account_id, sso.permission_set_name
            );
            to_lower(&pattern)
        }
        (Section::MapRoles, None) => to_lower(&entry.arn),
        _ => entry.arn.clone(),
    }
}

fn folded(entry: &ReadEntry) -> String {
    match entry.sso {
        Some(_) => server_key(entry),
        None => fold_key(&entry.arn),
    }
}
