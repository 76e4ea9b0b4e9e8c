//! Managed resources, one file per noun.

pub mod access_entry;
pub mod access_policy_association;
pub mod authentication_mode;
pub mod aws_auth;
pub mod aws_auth_account;
pub(crate) mod aws_auth_entry;
pub mod aws_auth_role;
pub mod aws_auth_user;
pub mod group_binding;
pub(crate) mod iam_role;
pub mod irsa_role;
pub mod node_assumed_role;
pub mod oidc_provider;
pub mod pod_identity_association;
pub mod service_account;
