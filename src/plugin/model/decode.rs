//! Value → model.
//!
//! Every mismatch is found here and not by serde, so that the text speaks of Terraform's types and carries the path.

use std::fmt::Display;

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

use super::access::{AttrAccess, Elements, Fields, Special};
use super::{ATTR, VALUE};
use crate::error::ValueError;
use crate::value::{Number, Value};

/// Reads one value.
#[derive(Clone, Copy)]
pub(crate) struct Decoder<'v> {
    value: &'v Value,
}

impl<'v> Decoder<'v> {
    pub(crate) fn new(value: &'v Value) -> Self {
        Self { value }
    }

    /// The value itself where it is known; a dynamic value without its type.
    fn known(self, wanted: &str) -> Result<&'v Value, ValueError> {
        match self.value {
            Value::Unknown(_) => Err(ValueError::unknown()),
            Value::Null => Err(ValueError::new(format!("{wanted} is required, not null"))),
            Value::Dynamic(pair) => Self::new(&pair.1).known(wanted),
            known => Ok(known),
        }
    }

    fn number(self) -> Result<&'v Number, ValueError> {
        match self.known("a number")? {
            Value::Number(number) => Ok(number),
            _ => Err(ValueError::new("a number is required")),
        }
    }

    fn signed(self, min: i64, max: i64) -> Result<i64, ValueError> {
        let number = self.number()?;
        number
            .as_i64()
            .filter(|int| (min..=max).contains(int))
            .ok_or_else(|| out_of_range(number, min, max))
    }

    fn unsigned(self, max: u64) -> Result<u64, ValueError> {
        let number = self.number()?;
        number
            .as_u64()
            .filter(|int| *int <= max)
            .ok_or_else(|| out_of_range(number, 0, max))
    }

    fn text(self) -> Result<&'v str, ValueError> {
        match self.known("a string")? {
            Value::String(text) => Ok(text),
            _ => Err(ValueError::new("a string is required")),
        }
    }

    fn elements(self) -> Result<&'v [Value], ValueError> {
        match self.known("a list")? {
            Value::List(elements) => Ok(elements),
            _ => Err(ValueError::new("a list is required")),
        }
    }

    fn fields(self) -> Result<Fields<'v>, ValueError> {
        match self.known("an object")? {
            Value::Map(fields) => Ok(Fields::from_map(fields)),
            _ => Err(ValueError::new("an object is required")),
        }
    }
}

fn out_of_range(number: &Number, min: impl Display, max: impl Display) -> ValueError {
    ValueError::new(format!(
        "`{number}` is not a whole number between {min} and {max}"
    ))
}

macro_rules! signed {
    ($($method:ident $int:ty),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            visitor.visit_i64(self.signed(<$int>::MIN.into(), <$int>::MAX.into())?)
        })*
    };
}

macro_rules! unsigned {
    ($($method:ident $int:ty),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            visitor.visit_u64(self.unsigned(<$int>::MAX.into())?)
        })*
    };
}

impl<'de> Deserializer<'de> for Decoder<'_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Unknown(_) => Err(ValueError::unknown()),
            Value::Bool(bool) => visitor.visit_bool(*bool),
            Value::Number(Number::Int(int)) => visitor.visit_i64(*int),
            Value::Number(Number::Uint(uint)) => visitor.visit_u64(*uint),
            Value::Number(number) => visitor.visit_f64(number.as_f64()),
            Value::String(text) => visitor.visit_str(text),
            Value::List(elements) => visitor.visit_seq(Elements::new(elements)),
            Value::Map(fields) => visitor.visit_map(Fields::from_map(fields)),
            Value::Dynamic(pair) => Self::new(&pair.1).deserialize_any(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.known("a bool")? {
            Value::Bool(bool) => visitor.visit_bool(*bool),
            _ => Err(ValueError::new("a bool is required")),
        }
    }

    signed!(deserialize_i8 i8, deserialize_i16 i16, deserialize_i32 i32, deserialize_i64 i64);
    unsigned!(deserialize_u8 u8, deserialize_u16 u16, deserialize_u32 u32, deserialize_u64 u64);

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_f64(self.number()?.as_f64())
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_f64(self.number()?.as_f64())
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        let text = self.text()?;
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => visitor.visit_char(character),
            _ => Err(ValueError::new(format!("`{text}` is not one character"))),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_bytes(self.text()?.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_bytes(self.text()?.as_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        if self.value.is_unknown() {
            return Err(ValueError::unknown());
        }
        if self.value.is_null() {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    /// Null, or the arguments of a function that takes none.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::List(elements) if elements.is_empty() => visitor.visit_unit(),
            _ => Err(ValueError::new("nothing is expected here")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        match name {
            ATTR => visitor.visit_seq(AttrAccess::new(self.value)),
            VALUE => match Special::from_value(self.value)? {
                Some(special) => visitor.visit_enum(special),
                None => self.deserialize_any(visitor),
            },
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_seq(Elements::new(self.elements()?))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let elements = self.elements()?;
        if elements.len() != length {
            return Err(ValueError::new(format!(
                "{length} elements are required, not {}",
                elements.len()
            )));
        }
        visitor.visit_seq(Elements::new(elements))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_map(self.fields()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let fields = self.fields()?.into_struct();
        if let Some(name) = fields.name_outside(names) {
            return Err(ValueError::no_field(name));
        }
        visitor.visit_map(fields)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_enum(self.text()?.into_deserializer())
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_unit()
    }
}

impl de::Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn missing_field(name: &'static str) -> Self {
        Self::no_attribute(name)
    }

    fn unknown_field(name: &str, _expected: &'static [&'static str]) -> Self {
        Self::no_field(name)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let list = expected
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
        Self::new(format!("`{variant}` is not one of {list}"))
    }
}

/// Decodes one value with a seed; used by the accesses.
pub(super) fn seeded<'de, S: DeserializeSeed<'de>>(
    seed: S,
    value: &Value,
) -> Result<S::Value, ValueError> {
    seed.deserialize(Decoder::new(value))
}
