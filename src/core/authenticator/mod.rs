//! What the cluster's authenticator does with an identity: its mappings, its configuration, its webhook.

pub mod backend_findings;
pub mod identity_mapping;
pub mod server_config;
pub mod token_mapping;
pub mod webhook;
