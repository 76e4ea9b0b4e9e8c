//! Model → value where it must come to something: the attributes that can be written, and why the others cannot.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Serialize;

use super::encode::{Encoder, encode_guarded};
use crate::conform::conform;
use crate::error::ValueError;
use crate::path::Step;
use crate::types::Type;
use crate::value::Value;

/// What of a model is of its type.
#[derive(Debug, Default)]
pub(crate) struct WritableAttributes {
    /// The attributes that can be written.
    pub(crate) values: BTreeMap<String, Value>,
    /// Why the others cannot; the path begins with the attribute.
    pub(crate) faults: Vec<ValueError>,
}

/// Writes a model attribute by attribute. A model that is no struct has none.
pub(crate) fn writable_attributes<M: Serialize + ?Sized>(
    model: &M,
    types: &BTreeMap<String, Type>,
) -> WritableAttributes {
    let faults = RefCell::default();
    let written = encode_guarded(model, Encoder::collecting(&faults));
    let mut faults = faults.into_inner();
    let mut fields = match written {
        Ok(Value::Map(fields)) => fields,
        Ok(_) => BTreeMap::new(),
        Err(error) => {
            faults.push(error);
            BTreeMap::new()
        }
    };
    let mut values = BTreeMap::new();
    for (name, r#type) in types {
        let step = Step::Attribute(name.clone());
        match fields.remove(name).map(|value| conform(value, r#type)) {
            Some(Ok(value)) => {
                values.insert(name.clone(), value);
            }
            Some(Err(error)) => faults.push(error.under(step)),
            None if faults.iter().any(|fault| fault.is_within(&step)) => {}
            None => faults.push(ValueError::no_field(name)),
        }
    }
    faults.extend(fields.keys().map(|name| ValueError::no_attribute(name)));
    WritableAttributes { values, faults }
}
