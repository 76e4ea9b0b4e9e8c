//! The objects of Kubernetes that access rests on.

pub mod rbac;
pub mod service_account;
