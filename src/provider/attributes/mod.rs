//! Attributes that several objects have, and what a practitioner writes in them.

pub(crate) mod access_policy;
pub mod addon;
pub mod cluster;
pub(crate) mod id;
pub mod import_id;
pub mod kubeconfig;
pub(crate) mod move_source;
pub(crate) mod sentence;
pub(crate) mod service_account_name;
pub mod tags;
pub mod timeouts;
pub(crate) mod values;
