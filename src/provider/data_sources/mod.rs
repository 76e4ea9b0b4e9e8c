//! Data sources, one file per noun.

pub mod aws_auth;
pub mod caller_identity;
pub mod cluster;
