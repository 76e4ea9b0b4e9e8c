//! Drives objects in unit tests without Terraform and without gRPC, through the same code and under the same laws as the real thing.
//!
//! Configurations are JSON; an argument left out is null, and [`UNKNOWN`] stands for a value known only after apply.

mod function;
mod literal;
mod outcome;
mod proposed;
mod reader;
mod resource;

use crate::provider::Provider;
use crate::provider_block::ProviderBlock;

pub use function::call;
pub use outcome::{Action, Failure, Planned, Stored};
pub use reader::{DataSourceHarness, EphemeralHarness};
pub use resource::Harness;

/// Every fault of a provider's block and of its objects' schemas, and every difference between a schema and its model; empty if all is sound.
pub fn check<P: Provider>(provider: &P) -> Vec<String> {
    let mut faults = ProviderBlock::new(provider).check::<P>();
    faults.extend(provider.objects().check());
    faults
}

/// How many bytes a provider's schemas take on the wire. Terraform reads all of them at every command, whatever the configuration uses.
pub fn schema_size<P: Provider>(provider: P) -> usize {
    crate::rpc::schema_size(provider)
}

/// In a configuration: this value is known only after apply.
pub const UNKNOWN: &str = "\u{1}known only after apply\u{1}";

#[cfg(test)]
mod tests;
