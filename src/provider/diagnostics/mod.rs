//! Texts that several objects share: failures of AWS or a cluster, and counts in words.

pub(crate) mod access_policy;
pub(crate) mod addon_policy;
pub mod api_failure;
pub(crate) mod kept_state;
pub mod page;
pub(crate) mod shared_cause;

pub(crate) use eksauth_core::plural::counted;
