//! Objects and maps in the making.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeStruct};

use super::{Encoder, STRICT};
use crate::error::ValueError;
use crate::path::Step;
use crate::value::Value;

/// An object or map in the making.
pub(crate) struct MapEncoder<'f> {
    fields: BTreeMap<String, Value>,
    key: Option<String>,
    faults: Option<&'f RefCell<Vec<ValueError>>>,
}

impl<'f> MapEncoder<'f> {
    /// With `faults`, what cannot be written is left out and told there.
    pub(super) fn new(faults: Option<&'f RefCell<Vec<ValueError>>>) -> Self {
        Self {
            fields: BTreeMap::new(),
            key: None,
            faults,
        }
    }

    fn insert<T: Serialize + ?Sized>(
        &mut self,
        name: String,
        step: fn(String) -> Step,
        value: &T,
    ) -> Result<(), ValueError> {
        let encoded = match self.faults {
            None => value.serialize(STRICT),
            Some(_) => encode_guarded(value, STRICT),
        };
        match (encoded, self.faults) {
            (Ok(value), _) => {
                self.fields.insert(name, value);
            }
            // A collected fault is always one of an attribute, also where serde flattens a model into a map.
            (Err(error), Some(faults)) => {
                let fault = error.under(Step::Attribute(name));
                faults.borrow_mut().push(fault);
            }
            (Err(error), None) => return Err(error.under(step(name))),
        }
        Ok(())
    }
}

/// Writes a value; a panic is a fault of it.
pub(crate) fn encode_guarded<T: Serialize + ?Sized>(
    value: &T,
    encoder: Encoder<'_>,
) -> Result<Value, ValueError> {
    catch_unwind(AssertUnwindSafe(|| value.serialize(encoder)))
        .unwrap_or_else(|_| Err(ValueError::new("the code that writes it panicked")))
}

impl SerializeMap for MapEncoder<'_> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        self.key = Some(match key.serialize(STRICT)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return Err(ValueError::new("a map's key is a string")),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let key = self
            .key
            .take()
            .ok_or_else(|| ValueError::new("a value came before its key"))?;
        self.insert(key, Step::Key, value)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::Map(self.fields))
    }
}

impl SerializeStruct for MapEncoder<'_> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        self.insert(name.to_owned(), Step::Attribute, value)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::Map(self.fields))
    }
}
