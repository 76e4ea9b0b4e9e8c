//! The objects of Kubernetes that access rests on.

pub mod service_account;
