//! What the layer does to a plan before and after the author's hook.
//!
//! The order is that of Terraform's own framework: defaults, write-only to null, computed values unknown where anything changes, kept values,
//! then the hook; what needs a replacement is judged last, because the hook may still take a change back.

mod law;
pub(crate) mod pairing;
mod restore;
mod steps;
mod walk;

pub(crate) use law::{applied_as_planned, planned_as_configured};
pub(crate) use restore::restored;
pub(crate) use steps::{fill_defaults, null_write_only, prepare, replaced};

#[cfg(test)]
mod tests;
