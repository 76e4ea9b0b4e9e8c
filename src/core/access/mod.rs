//! Who may enter a cluster and what a change of that does: access entries, aws-auth and access policies taken together.

pub mod access_entry;
pub mod access_policy;
pub mod can_i;
pub mod capability;
pub mod change;
pub mod cluster_access;
pub mod entry_migration;
pub mod explanation;
pub mod findings;
pub mod lockout;
pub mod near_miss;
pub mod reconciliation;
pub mod report;
pub mod severity;
