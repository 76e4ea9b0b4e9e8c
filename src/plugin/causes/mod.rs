//! One cause, one error: what keeps many objects of a configuration from an answer is told in full by the first of them.
//!
//! A provider marks an error with its [`Cause`]. The layer notes who told it ([`Causes`]): at plan the others answer with what they have and one
//! warning that Terraform folds, at apply each has a short error that points to the full one. See docs/decisions/0021.
//!
//! One value belongs to one ConfigureProvider call, as [`Claims`](crate::Claims) do.

mod diagnostics;
mod ledger;
mod phase;

pub use ledger::Causes;
pub(crate) use ledger::{Outcome, Question, Rpc, Settled};

/// What keeps objects from an answer, whichever object is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cause {
    /// Equal texts are one cause.
    pub key: String,
    /// The cause as a sentence without its end: "AWS does not accept the credentials".
    pub name: String,
    /// The object whose message this is: "Role `reader`".
    pub about: String,
}

#[cfg(test)]
mod tests;
