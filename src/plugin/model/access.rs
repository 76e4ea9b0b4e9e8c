//! How the parts of a value are handed to serde: elements, fields, the three states of an attribute, and what serde has no name for.

use std::collections::{BTreeMap, btree_map};

use serde::Serialize;
use serde::de::value::{BoolDeserializer, StrDeserializer, U8Deserializer};
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::decode::seeded;
use super::encode::STRICT;
use super::{BINARY, DECIMAL, DYNAMIC, UNKNOWN};
use crate::error::ValueError;
use crate::path::Step;
use crate::value::{Number, Value};

/// The elements of a list, set or tuple.
pub(super) struct Elements<'v> {
    elements: std::iter::Zip<std::slice::Iter<'v, Value>, std::ops::RangeFrom<i64>>,
}

impl<'v> Elements<'v> {
    pub(super) fn new(elements: &'v [Value]) -> Self {
        Self {
            elements: elements.iter().zip(0..),
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = ValueError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ValueError> {
        self.elements
            .next()
            .map(|(value, index)| {
                seeded(seed, value).map_err(|error| error.under(Step::Index(index)))
            })
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        self.elements.size_hint().1
    }
}

/// The attributes of an object or the elements of a map.
pub(super) struct Fields<'v> {
    fields: btree_map::Iter<'v, String, Value>,
    current: Option<(&'v String, &'v Value)>,
    step: fn(String) -> Step,
}

impl<'v> Fields<'v> {
    pub(super) fn from_map(fields: &'v BTreeMap<String, Value>) -> Self {
        Self {
            fields: fields.iter(),
            current: None,
            step: Step::Key,
        }
    }

    /// The same as attributes: paths say `.name` instead of `["name"]`.
    pub(super) fn into_struct(mut self) -> Self {
        self.step = Step::Attribute;
        self
    }

    /// The first name that is none of the given ones.
    pub(super) fn name_outside(&self, names: &[&str]) -> Option<&'v str> {
        self.fields
            .clone()
            .map(|(name, _)| name.as_str())
            .find(|name| !names.contains(name))
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = ValueError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ValueError> {
        self.current = self.fields.next();
        self.current
            .map(|(name, _)| seeded(seed, &Value::String(name.clone())))
            .transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ValueError> {
        let (name, value) = self
            .current
            .take()
            .ok_or_else(|| ValueError::new("a value was asked for before its key"))?;
        seeded(seed, value).map_err(|error| error.under((self.step)(name.clone())))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// The states of an attribute as [`AttrAccess`] says them first.
pub(super) mod state {
    pub(in crate::model) const NULL: u8 = 0;
    pub(in crate::model) const UNKNOWN: u8 = 1;
    pub(in crate::model) const KNOWN: u8 = 2;
}

/// An attribute: first its state, then (if known) its value, then (if the value did not fit) whether only for an unknown within it.
pub(super) struct AttrAccess<'v> {
    value: &'v Value,
    turn: u8,
    held_back_by_unknown: bool,
}

impl<'v> AttrAccess<'v> {
    pub(super) fn new(value: &'v Value) -> Self {
        Self {
            value,
            turn: 0,
            held_back_by_unknown: false,
        }
    }

    fn state(&self) -> u8 {
        if self.value.is_null() {
            state::NULL
        } else if self.value.is_unknown() {
            state::UNKNOWN
        } else {
            state::KNOWN
        }
    }
}

impl<'de> SeqAccess<'de> for AttrAccess<'_> {
    type Error = ValueError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ValueError> {
        self.turn = self.turn.saturating_add(1);
        match self.turn {
            1 => {
                let state: U8Deserializer<ValueError> = self.state().into_deserializer();
                seed.deserialize(state).map(Some)
            }
            2 => seeded(seed, self.value)
                .inspect_err(|error| self.held_back_by_unknown = error.is_unknown())
                .map(Some),
            _ => {
                let reason: BoolDeserializer<ValueError> =
                    self.held_back_by_unknown.into_deserializer();
                seed.deserialize(reason).map(Some)
            }
        }
    }
}

/// What serde's data model has no name for, as an enum of one value.
pub(super) struct Special {
    name: &'static str,
    content: Value,
}

impl Special {
    /// `None` if serde has a name for it.
    pub(super) fn from_value(value: &Value) -> Result<Option<Self>, ValueError> {
        let (name, content) = match value {
            Value::Unknown(refinement) => (UNKNOWN, refinement.serialize(STRICT)?),
            Value::Dynamic(pair) => (
                DYNAMIC,
                Value::List(vec![pair.0.to_json().to_string().into(), pair.1.clone()]),
            ),
            Value::Number(number @ Number::Float(_)) => (BINARY, number.clone().into()),
            Value::Number(Number::Decimal(text)) => (DECIMAL, text.clone().into()),
            _ => return Ok(None),
        };
        Ok(Some(Self { name, content }))
    }
}

impl<'de> EnumAccess<'de> for Special {
    type Error = ValueError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), ValueError> {
        let name: StrDeserializer<'_, ValueError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Special {
    type Error = ValueError;

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, ValueError> {
        seeded(seed, &self.content)
    }

    fn unit_variant(self) -> Result<(), ValueError> {
        Ok(())
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        _visitor: V,
    ) -> Result<V::Value, ValueError> {
        Err(ValueError::new("the value is not a tuple"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, ValueError> {
        Err(ValueError::new("the value is not an object"))
    }
}
