//! Models: the plain structs of a provider's author, joined to values by serde.
//!
//! Unknown, dynamic and oversized numbers have no place in serde's data model, so they travel under reserved newtype names that only the two
//! converters here understand.

mod access;
mod attr;
mod decode;
mod encode;
mod partial;
mod value;

use serde::{Serialize, de::DeserializeOwned};

pub(crate) use decode::Decoder;
pub(crate) use partial::writable_attributes;

use crate::conform::conform;
use crate::error::ValueError;
use crate::types::Type;
use crate::value::Value;

/// The newtype name of an attribute with three states.
pub(crate) const ATTR: &str = "$tf_provider::attr";
/// The newtype name of a value that wants itself.
pub(crate) const VALUE: &str = "$tf_provider::value";
/// The newtype name of an unknown value around what is known of it.
pub(crate) const UNKNOWN: &str = "$tf_provider::unknown";
/// The newtype name of a dynamic value: its type's JSON and itself.
pub(crate) const DYNAMIC: &str = "$tf_provider::dynamic";
/// The newtype name of a number given by its decimal text.
pub(crate) const DECIMAL: &str = "$tf_provider::decimal";
/// The newtype name of a float that stands for exactly its binary value.
pub(crate) const BINARY: &str = "$tf_provider::binary";

/// Reads a model from a value.
///
/// # Errors
/// A value the model cannot hold, a field without an attribute or an attribute without a field; the path says where.
pub fn from_value<M: DeserializeOwned>(value: &Value) -> Result<M, ValueError> {
    M::deserialize(Decoder::new(value))
}

/// Writes a model as a value of a type.
///
/// # Errors
/// A model that is not of the type; the path says where.
pub fn to_value<M: Serialize + ?Sized>(model: &M, r#type: &Type) -> Result<Value, ValueError> {
    conform(model.serialize(encode::STRICT)?, r#type)
}

#[cfg(test)]
mod tests;
