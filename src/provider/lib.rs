//! What the practitioner sees: the provider block, resources, data sources, ephemeral resources and functions.
//!
//! The room owns the ports and says what it needs of AWS and Kubernetes in its own words; it never sees an SDK type.

pub mod access;
pub mod attributes;
pub mod aws_auth;
pub mod backoff;
pub mod client;
pub mod clusters;
pub mod config;
pub mod data_sources;
pub mod diagnostics;
pub mod ephemeral;
#[cfg(test)]
pub(crate) mod fakes;
pub mod permissions;
pub mod ports;
pub mod provider;
pub mod resources;
pub mod session;

pub use client::Client;
pub use provider::{EksAuth, Environment, ObjectKind};
