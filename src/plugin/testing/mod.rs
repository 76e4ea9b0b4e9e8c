//! Drives objects in unit tests without Terraform and without gRPC, through the same code and under the same laws as the real thing.
//!
//! Configurations are JSON; an argument left out is null, and [`UNKNOWN`] stands for a value known only after apply.

mod function;
mod literal;
mod proposed;
mod reader;
mod resource;

pub use function::call;
pub use reader::{DataSourceHarness, EphemeralHarness};
pub use resource::{Action, Failure, Harness, Planned, Stored};

/// In a configuration: this value is known only after apply.
pub const UNKNOWN: &str = "\u{1}known only after apply\u{1}";

#[cfg(test)]
mod tests;
