//! Managed resources, one file per noun.

pub mod aws_auth_account;
pub mod aws_auth_role;
pub mod aws_auth_user;
pub mod oidc_provider;
