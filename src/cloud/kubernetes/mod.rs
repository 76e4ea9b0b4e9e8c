//! Kubernetes by a cluster's name: the way to its API server, the token, and the objects that are read and written there.

mod access_review;
pub(crate) mod client;
mod config_map;
mod failure;
pub(crate) mod fresh_connection;
mod rbac;
mod service_account;
pub(crate) mod token;
pub(crate) mod watch;
mod workload;
