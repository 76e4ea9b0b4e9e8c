//! [`Value`] and [`Number`] themselves as parts of a model.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{
    Deserialize, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::ser::{Serialize, Serializer};

use super::{BINARY, DECIMAL, DYNAMIC, UNKNOWN, VALUE};
use crate::types::Type;
use crate::value::{Number, Refinement, Value};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Unknown(refinement) => serializer.serialize_newtype_struct(UNKNOWN, refinement),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Map(fields) => serializer.collect_map(fields),
            Self::Dynamic(pair) => serializer
                .serialize_newtype_struct(DYNAMIC, &(pair.0.to_json().to_string(), &pair.1)),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Uint(uint) => serializer.serialize_u64(*uint),
            Self::Float(float) => serializer.serialize_newtype_struct(BINARY, float),
            Self::Decimal(text) => serializer.serialize_newtype_struct(DECIMAL, text),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(VALUE, ValueVisitor)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) => Ok(number),
            _ => Err(D::Error::custom("a number is required")),
        }
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::from(int))
    }

    fn visit_u64<E>(self, uint: u64) -> Result<Value, E> {
        Ok(Value::Number(Number::from(uint)))
    }

    /// Only other formats come here, and theirs are decimals.
    fn visit_f64<E: serde::de::Error>(self, float: f64) -> Result<Value, E> {
        Number::from_decimal(float)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a float that is not a number has no value"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element()? {
            elements.push(element);
        }
        Ok(Value::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, value)) = access.next_entry()? {
            fields.insert(name, value);
        }
        Ok(Value::Map(fields))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (name, content): (String, _) = access.variant()?;
        match name.as_str() {
            UNKNOWN => Ok(Value::Unknown(
                content
                    .newtype_variant::<Option<Refinement>>()?
                    .map(Box::new),
            )),
            BINARY => Number::from_binary(content.newtype_variant()?)
                .map(Value::Number)
                .ok_or_else(|| A::Error::custom("a float that is not a number has no value")),
            DECIMAL => {
                let text: String = content.newtype_variant()?;
                Number::parse(&text)
                    .map(Value::Number)
                    .ok_or_else(|| A::Error::custom(format!("`{text}` is not a number")))
            }
            DYNAMIC => {
                let (json, value): (String, Value) = content.newtype_variant()?;
                serde_json::from_str(&json)
                    .ok()
                    .and_then(|json| Type::from_json(&json))
                    .map(|r#type| Value::Dynamic(Box::new((r#type, value))))
                    .ok_or_else(|| A::Error::custom(format!("`{json}` is not a type")))
            }
            other => Err(A::Error::custom(format!(
                "`{other}` is not a kind of value"
            ))),
        }
    }
}
