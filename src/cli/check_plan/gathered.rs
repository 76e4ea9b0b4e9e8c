//! The changes of a plan, gathered and then put on a cluster's access as it is.

use std::collections::BTreeMap;

use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::aws_auth::{ReadEntry, Reading, Section, read};
use eksauth_core::principal::case_folding::equal_fold;

/// A cluster's access after a plan, and what of the plan could not be counted.
#[derive(Debug)]
pub struct After {
    /// Mode, aws-auth and access entries.
    pub view: ClusterView,
    /// Changes with values that are decided during apply: address and which value.
    pub unknown: Vec<(String, String)>,
    /// The cluster is deleted or replaced by this change.
    pub destroyed_by: Option<String>,
    /// Addresses of the changes that were counted.
    pub counted: Vec<String>,
    /// Addresses of changes of an aws-auth whose cluster nobody names.
    pub unplaced: Vec<String>,
}

/// Where changes are gathered before they are applied.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) removed: Vec<(Section, String)>,
    pub(super) added: Vec<ReadEntry>,
    pub(super) data: Option<BTreeMap<String, String>>,
    pub(super) entries_removed: Vec<String>,
    pub(super) entries_added: Vec<AccessEntry>,
    pub(super) policies_removed: Vec<(String, String)>,
    pub(super) policies_added: Vec<(String, AccessPolicy)>,
    pub(super) mode: Option<AuthenticationMode>,
    pub(super) unknown: Vec<(String, String)>,
    pub(super) destroyed_by: Option<String>,
    pub(super) counted: Vec<String>,
    pub(super) unplaced: Vec<String>,
}

impl Gathered {
    /// Removals first, additions after them.
    pub(super) fn apply(self, before: &ClusterView) -> After {
        let mut view = before.clone();
        view.mode = self.mode.unwrap_or(view.mode);
        if let Knowledge::Known(reading) = &mut view.aws_auth {
            self.apply_to_aws_auth(reading);
        }
        if let Knowledge::Known(entries) = &mut view.access_entries {
            self.apply_to_access_entries(entries);
        }
        After {
            view,
            unknown: self.unknown,
            destroyed_by: self.destroyed_by,
            counted: self.counted,
            unplaced: self.unplaced,
        }
    }

    fn apply_to_aws_auth(&self, reading: &mut Reading) {
        if let Some(data) = &self.data {
            replace_sections(reading, data);
        }
        for (section, arn) in &self.removed {
            entries_of(reading, *section).retain(|entry| !equal_fold(&entry.arn, arn));
        }
        for added in &self.added {
            entries_of(reading, added.section).push(added.clone());
        }
    }

    fn apply_to_access_entries(&self, entries: &mut Vec<AccessEntry>) {
        for (principal, policy_arn) in &self.policies_removed {
            for entry in entries
                .iter_mut()
                .filter(|entry| entry.principal_arn == *principal)
            {
                entry
                    .policies
                    .retain(|associated| associated.policy_arn != *policy_arn);
            }
        }
        let mut added = self.entries_added.clone();
        for new in &mut added {
            // An entry that is updated keeps the policies that other resources gave it.
            if let Some(old) = entries
                .iter()
                .find(|entry| entry.principal_arn == new.principal_arn)
            {
                new.policies.clone_from(&old.policies);
            }
        }
        entries.retain(|entry| {
            !self.entries_removed.contains(&entry.principal_arn)
                && !added
                    .iter()
                    .any(|new| new.principal_arn == entry.principal_arn)
        });
        entries.append(&mut added);
        for (principal, policy) in &self.policies_added {
            for entry in entries
                .iter_mut()
                .filter(|entry| entry.principal_arn == *principal)
            {
                entry
                    .policies
                    .retain(|associated| associated.policy_arn != policy.policy_arn);
                entry.policies.push(policy.clone());
            }
        }
    }
}

fn entries_of(reading: &mut Reading, section: Section) -> &mut Vec<ReadEntry> {
    match section {
        Section::MapRoles => &mut reading.roles,
        Section::MapUsers => &mut reading.users,
        Section::MapAccounts => &mut reading.accounts,
    }
}

/// Puts the sections of a ConfigMap that the plan writes whole in the place of what is there.
fn replace_sections(reading: &mut Reading, data: &BTreeMap<String, String>) {
    let mut written = read(data);
    for section in Section::ALL
        .into_iter()
        .filter(|section| data.contains_key(section.key()))
    {
        *entries_of(reading, section) = std::mem::take(entries_of(&mut written, section));
    }
    reading.problems.extend(written.problems);
}
