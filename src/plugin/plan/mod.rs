//! What the layer does to a plan before and after the author's hook.
//!
//! The order is that of Terraform's own framework: defaults, write-only to null, computed values unknown where anything changes, kept values,
//! then the hook; what needs a replacement is determined last, because the hook may still take a change back.

mod consistency;
mod generated;
pub(crate) mod pairing;
mod restore;
mod steps;
mod walk;

pub(crate) use consistency::{apply_violations, plan_violations};
pub(crate) use generated::generated_config;
pub(crate) use restore::restore_precision;
pub(crate) use steps::{fill_defaults, null_write_only, paths_requiring_replace, prepare};

#[cfg(test)]
mod tests;
