//! The objects of Kubernetes that access rests on.

pub mod manifest;
pub mod rbac;
pub mod resource_names;
pub mod service_account;
