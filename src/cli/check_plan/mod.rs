//! `check-plan`: every change of a finished plan together, before anything is applied.
//!
//! Terraform asks a provider about one object at a time, so only the finished plan shows what several changes do together.

pub mod cluster_access;
mod gathered;
pub mod plan_file;
pub mod report;
pub mod run;

#[cfg(test)]
mod tests;
