//! Data sources, one file per noun.

pub mod aws_auth;
pub mod caller_identity;
pub mod cluster;
mod computed;
pub mod identity_mapping;
pub mod trust_policy;
pub mod web_identity_check;
