//! Ephemeral resources, one file per noun: values that reach no state and no plan.

pub mod cluster_auth;
pub mod token_verification;
