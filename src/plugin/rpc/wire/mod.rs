//! Between the layer's own types and the generated ones.

mod diagnostics;
mod schema;
mod value;

pub(crate) use diagnostics::{diagnostics, paths};
pub(crate) use schema::{function, schema};
pub(crate) use value::{decode, encode};
