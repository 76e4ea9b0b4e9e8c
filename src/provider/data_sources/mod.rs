//! Data sources, one file per noun.

pub mod aws_auth;
