//! Between the layer's own types and the generated ones.

mod diagnostics;
mod identity;
mod object;
mod schema;
mod value;

pub(crate) use diagnostics::{diagnostics, diagnostics_on, paths};
pub(crate) use identity::identity_schema;
pub(crate) use object::validate;
pub(crate) use schema::{functions, schema};
pub(crate) use value::{decode, encode};
