//! `check-plan`: every change of a finished plan together, before anything is applied.
//!
//! Terraform asks a provider about one object at a time, so only the finished plan shows what several changes do together. From the file to the
//! report, in this order: `plan_file` (with `configuration`) is what Terraform says, `place` tells which cluster an object is in, `planned` makes
//! changes of access of it, `judgement` judges them (online by the guard of writes, `offline` by `entry_file` and an aws-auth), `report` prints it.

mod adopted;
mod configuration;
mod entry_file;
mod guard_settings;
mod judgement;
mod moments;
mod moved;
mod offline;
mod place;
pub mod plan_file;
mod planned;
pub mod report;
pub mod run;

#[cfg(test)]
mod tests;
