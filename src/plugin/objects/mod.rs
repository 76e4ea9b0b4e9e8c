//! The type-erased twins of the public traits, and what the layer does around each of their methods.
//!
//! An author's method sees models; everything here sees values, so that the protocol's part needs no type parameter per object.

pub(crate) mod data_source;
pub(crate) mod ephemeral;
pub(crate) mod function;
mod held;
mod messages;
mod private;
pub(crate) mod provider;
pub(crate) mod resource;
mod substitutes;
mod validation;

pub(crate) use held::Held;
pub(crate) use messages::{Place, bug, guarded, guarded_now, misfit};
pub(crate) use private::{private_from_bytes, private_to_bytes};
pub(crate) use substitutes::{Substitutes, unwritable};
pub(crate) use validation::validate_config;
