//! The public traits with their types erased, and what the layer does around each of their methods.
//!
//! An author's method sees models; everything here sees values, so that the protocol's part needs no type parameter per object.

pub(crate) mod data_source;
mod diagnostics;
pub(crate) mod ephemeral;
pub(crate) mod function;
mod object_meta;
mod private;
pub(crate) mod provider;
pub(crate) mod resource;
mod substitutes;
mod validation;

pub(crate) use diagnostics::{
    ValueOrigin, catch_panic, catch_panic_now, describe_value_error, provider_bug,
};
pub(crate) use object_meta::ObjectMeta;
pub(crate) use private::{private_from_bytes, private_to_bytes};
pub(crate) use substitutes::{Substitutes, describe_unwritable};
pub(crate) use validation::validate_config;
