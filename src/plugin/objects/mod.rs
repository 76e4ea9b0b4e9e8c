//! The public traits with their types erased, and what the layer does around each of their methods.
//!
//! An author's method sees models; everything here sees values, so that the protocol's part needs no type parameter per object.

pub(crate) mod data_source;
mod diagnostics;
pub(crate) mod ephemeral;
pub(crate) mod function;
mod identity;
mod object_meta;
mod private;
pub(crate) mod resource;
mod substitutes;
mod validation;

pub(crate) use diagnostics::{
    ValueOrigin, catch_panic, catch_panic_sync, describe_value_error, provider_bug,
};
pub(crate) use identity::IdentityMeta;
pub(crate) use object_meta::ObjectMeta;
pub(crate) use private::{private_from_bytes, private_to_bytes};
pub(crate) use resource::no_identity;
pub(crate) use substitutes::{Substitutes, describe_unwritable};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostics::Diagnostics;
use crate::schema::Schema;
use crate::value::Value;

/// What resources, data sources and ephemeral resources have in common once their types are erased.
pub(crate) trait AnyObject: Send + Sync {
    fn meta(&self) -> &ObjectMeta;

    /// Every fault of the schema, and every difference between it and the model.
    fn check(&self) -> Vec<String>;

    /// `write_only_allowed`: whether the client knows write-only attributes.
    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics;
}

/// The schemas of objects by type name.
pub(crate) fn schemas<'o, O: AnyObject + ?Sized>(
    objects: &'o BTreeMap<&'static str, Arc<O>>,
) -> impl Iterator<Item = (String, &'o Schema)> {
    objects
        .iter()
        .map(|(name, object)| ((*name).to_owned(), &object.meta().schema))
}
