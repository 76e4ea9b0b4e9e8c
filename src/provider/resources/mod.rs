//! Managed resources, one file per noun.

pub mod oidc_provider;
