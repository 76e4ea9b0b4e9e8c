//! The rules of EKS authentication: no IO, no async, no clock, no environment.
//!
//! Each module is one noun of the field and holds the rule as the service or the reference implementation applies it; `now` is always an argument.

pub mod access;
pub mod authenticator;
pub mod aws_auth;
pub mod aws_profile;
pub mod document;
pub mod iam_policy;
pub mod kubeconfig;
pub mod kubernetes;
pub mod legacy_pod_role;
pub mod nearness;
pub mod plural;
pub mod pod_identity_migration;
pub mod principal;
pub mod text_table;
pub mod token;

mod hcl;
mod json;
mod moment;
mod yaml;
