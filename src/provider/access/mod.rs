//! Who may enter a cluster: what is read of it, what a change would do, and why somebody is refused.

pub(crate) mod access_turn;
pub(crate) mod caller_check;
pub mod can_i;
pub mod cluster_access;
pub mod cluster_rbac;
pub(crate) mod confirmation;
pub mod group_findings;
pub mod group_warnings;
pub mod legacy_pod_roles;
pub mod lockout_guard;
pub mod namespaces;
pub(crate) mod permission_set;
pub(crate) mod permissions;
pub mod planned_identities;
pub(crate) mod pod_identity;
pub mod rbac_guard;
pub mod rbac_listing;
pub mod reconciliation;
pub mod role_findings;
pub mod role_listing;
pub(crate) mod role_trust;
pub mod service_account_listing;
pub(crate) mod service_account_roles;
pub mod token_verification;
pub mod unauthorized;
pub mod web_identity;
