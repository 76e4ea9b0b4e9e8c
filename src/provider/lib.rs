//! What the practitioner sees: the provider block, resources, data sources, ephemeral resources and functions.
//!
//! The room owns the ports and says what it needs of AWS and Kubernetes in its own words; it never sees an SDK type.

pub mod aws_auth;
pub mod client;
pub mod cluster;
pub mod config;
mod consistency;
pub mod data_sources;
pub mod doors;
pub mod ephemeral;
pub mod explain;
#[cfg(test)]
pub(crate) mod fakes;
pub mod import_id;
pub mod lockout_guard;
mod permission_set;
pub mod ports;
pub mod provider;
pub mod resources;
pub mod role_findings;
mod roles;
pub mod standing;
pub mod tags;
pub mod timeouts;
pub mod token_verification;
pub mod unauthorized;
mod unreadable;
mod values;
pub mod web_identity;

pub use client::Client;
pub use provider::{EksAuth, Environment, permissions};
