//! Data sources, one file per noun.

pub mod access_entries;
pub mod access_entry_migration;
pub mod access_policies;
pub mod addon_policy;
pub mod aws_auth;
pub mod caller_identity;
pub mod can_i;
pub mod cluster;
pub(crate) mod computed;
pub mod identity_mapping;
pub mod kubeconfig;
pub mod legacy_pod_roles;
pub mod pod_identity_associations;
pub mod pod_identity_migration;
pub mod service_accounts;
pub mod trust_policy;
pub mod web_identity_check;
