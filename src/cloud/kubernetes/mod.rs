//! Kubernetes by a cluster's name: the way to its API server, the token, and the objects that are read and written there.

mod access_review;
pub(crate) mod client;
mod config_map;
mod discovery;
mod failure;
pub(crate) mod fresh_connection;
mod list_answer;
mod owned_metadata;
mod rbac;
mod rbac_listing;
mod rbac_objects;
mod service_account;
pub(crate) mod token;
pub(crate) mod watch;
mod workload;
