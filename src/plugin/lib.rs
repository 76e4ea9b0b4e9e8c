//! The Terraform plugin protocol 6.11 for providers written in Rust.
//!
//! A provider implements [`Provider`] and one trait per kind of object ([`Resource`], [`DataSource`], [`EphemeralResource`], [`Function`]);
//! values are plain structs whose fields are [`Attr`], decoded by serde. Nothing of protobuf is public.

mod codec;
mod conform;
mod error;
mod model;
mod number;
mod objects;
mod plan;
mod proto;
mod provider_block;
mod rpc;

pub mod attr;
pub mod cancellation;
pub mod cause;
pub mod causes;
pub mod claims;
pub mod context;
pub mod convert;
pub mod data_source;
pub mod diagnostics;
pub mod ephemeral;
pub mod function;
pub mod identity;
pub mod path;
pub mod provider;
pub mod resource;
pub mod schema;
pub mod serve;
pub mod testing;
pub mod types;
pub mod value;

pub use attr::Attr;
pub use cause::Cause;
pub use causes::Causes;
pub use claims::Claims;
pub use context::Context;
pub use data_source::DataSource;
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use ephemeral::EphemeralResource;
pub use function::Function;
pub use identity::{Identity, IdentitySchema, NoIdentity};
pub use path::{AttributePath, Step};
pub use provider::Provider;
pub use resource::Resource;
pub use schema::{Attribute, Block, Schema, Validator};
pub use serve::{ServeOptions, serve, started_by_terraform};
pub use types::Type;
pub use value::Value;

#[cfg(test)]
extern crate self as tf_provider;

#[cfg(test)]
#[path = "examples/notebook"]
mod notebook {
    //! The example provider, which the tests of this crate drive too.

    pub mod broken;
    pub mod note;
    pub mod provider;
    pub mod reading;
}
