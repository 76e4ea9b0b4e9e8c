//! Changes of access entries. EKS keeps an entry's policies when the entry is updated, and drops them with it (EKS API, DeleteAccessEntry).

use super::AccessEntryChange;
use crate::access::access_entry::AccessEntry;
use crate::access::cluster_access::Principal;

pub(super) fn apply(entries: &mut Vec<AccessEntry>, change: &AccessEntryChange) {
    match change {
        AccessEntryChange::Put(wanted) => put(entries, wanted),
        AccessEntryChange::Remove { principal_arn } => {
            entries.retain(|entry| !is_of(entry, principal_arn));
        }
        AccessEntryChange::Associate {
            principal_arn,
            policy,
        } => {
            for entry in of(entries, principal_arn) {
                entry
                    .policies
                    .retain(|there| there.policy_arn != policy.policy_arn);
                entry.policies.push(policy.clone());
            }
        }
        AccessEntryChange::Disassociate {
            principal_arn,
            policy_arn,
        } => {
            for entry in of(entries, principal_arn) {
                entry
                    .policies
                    .retain(|there| there.policy_arn != *policy_arn);
            }
        }
    }
}

fn put(entries: &mut Vec<AccessEntry>, wanted: &AccessEntry) {
    match entries
        .iter_mut()
        .find(|entry| is_of(entry, &wanted.principal_arn))
    {
        Some(there) => {
            let policies = std::mem::take(&mut there.policies);
            *there = AccessEntry {
                policies,
                ..wanted.clone()
            };
        }
        None => entries.push(wanted.clone()),
    }
}

/// Takes away the entry that EKS made for a role.
pub(super) fn release(entries: &mut Vec<AccessEntry>, role_arn: &str) {
    entries.retain(|entry| !(entry.is_for_nodes() && is_of(entry, role_arn)));
}

fn of<'e>(
    entries: &'e mut [AccessEntry],
    principal_arn: &'e str,
) -> impl Iterator<Item = &'e mut AccessEntry> {
    entries
        .iter_mut()
        .filter(move |entry| is_of(entry, principal_arn))
}

/// The path counts for EKS; a plan and a list may still spell one principal in two ways.
fn is_of(entry: &AccessEntry, principal_arn: &str) -> bool {
    entry.principal_arn == principal_arn
        || Principal::from_arn(&entry.principal_arn) == Principal::from_arn(principal_arn)
}
