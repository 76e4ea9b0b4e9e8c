//! The rules of EKS authentication: no IO, no async, no clock, no environment.
//!
//! Each module is one noun of the field and holds the rule as the service or the reference implementation applies it; `now` is always an argument.

pub mod access_entry;
pub mod arn;
pub mod aws_auth;
pub mod cluster_view;
pub mod identity_mapping;
pub mod legacy_pod_role;
pub mod lockout;
pub mod mapping_findings;
pub mod near_miss;
pub mod oidc;
pub mod partition;
pub mod permission_set;
pub mod policy_document;
pub mod token;
pub mod token_mapping;
pub mod trust_policy;
pub mod webhook;

mod json;
mod members;
mod moment;
