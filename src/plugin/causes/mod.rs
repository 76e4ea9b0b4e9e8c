//! One cause, one error: what keeps many objects of a configuration from an answer is told in full by the first of them.
//!
//! A provider marks an error with its [`Cause`](crate::Cause). The layer notes who told it ([`Causes`]): at plan the others answer with what they have and one
//! warning that Terraform folds, at apply each has a short error that points to the full one. See docs/decisions/0021.
//!
//! One value belongs to one ConfigureProvider call, as [`Claims`](crate::Claims) do.

mod command;
mod diagnostics;
mod ledger;
mod phase;

pub use ledger::Causes;
pub(crate) use ledger::{Outcome, Question, Rpc, Settled};

#[cfg(test)]
mod tests;
