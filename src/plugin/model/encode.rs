//! Model → value, still without a type: [`conform`](crate::conform) gives it one.

mod object;

use std::cell::RefCell;
use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::{
    self, SerializeSeq, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};

use super::decode::Decoder;
use super::{BINARY, DECIMAL, DYNAMIC, UNKNOWN};
use crate::error::ValueError;
use crate::path::Step;
use crate::types::Type;
use crate::value::{Number, Refinement, Value};
pub(crate) use object::encode_guarded;

use object::MapEncoder;

/// Writes one value.
#[derive(Clone, Copy)]
pub(crate) struct Encoder<'f> {
    /// Where the faults of an object's attributes are collected. Without it the first one ends the writing.
    faults: Option<&'f RefCell<Vec<ValueError>>>,
}

/// Ends at the first fault.
pub(crate) const STRICT: Encoder<'static> = Encoder { faults: None };

/// A list in the making.
pub(crate) struct ListEncoder {
    elements: Vec<Value>,
}

/// An enum variant that carries data: no type of Terraform's is like that.
pub(crate) enum NoVariant {}

impl ListEncoder {
    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        let index = i64::try_from(self.elements.len()).unwrap_or(i64::MAX);
        let value = element
            .serialize(STRICT)
            .map_err(|error| error.under(Step::Index(index)))?;
        self.elements.push(value);
        Ok(())
    }
}

impl<'f> Encoder<'f> {
    /// Leaves out the attributes of the object that cannot be written, and tells which and why. What stands within an attribute is written
    /// strictly.
    pub(crate) fn collecting(faults: &'f RefCell<Vec<ValueError>>) -> Self {
        Self {
            faults: Some(faults),
        }
    }
}

fn variant(name: &str) -> ValueError {
    ValueError::new(format!(
        "the variant `{name}` carries data, which no type of an attribute can hold"
    ))
}

fn decoded<T: DeserializeOwned>(value: &Value) -> Result<T, ValueError> {
    T::deserialize(Decoder::new(value))
}

fn special(name: &str, content: Value) -> Result<Value, ValueError> {
    match name {
        UNKNOWN => Ok(Value::Unknown(
            decoded::<Option<Refinement>>(&content)?.map(Box::new),
        )),
        DECIMAL => {
            let text: String = decoded(&content)?;
            Number::parse(&text)
                .map(Value::Number)
                .ok_or_else(|| ValueError::new(format!("`{text}` is not a number")))
        }
        DYNAMIC => {
            let (json, value): (String, Value) = decoded(&content)?;
            let r#type = serde_json::from_str(&json)
                .ok()
                .and_then(|json| Type::from_json(&json))
                .ok_or_else(|| ValueError::new(format!("`{json}` is not a type")))?;
            Ok(Value::Dynamic(Box::new((r#type, value))))
        }
        _ => Ok(content),
    }
}

fn number(number: Option<Number>) -> Result<Value, ValueError> {
    number
        .map(Value::Number)
        .ok_or_else(|| ValueError::new("a float that is not a number has no value"))
}

impl<'f> Serializer for Encoder<'f> {
    type Ok = Value;
    type Error = ValueError;
    type SerializeSeq = ListEncoder;
    type SerializeTuple = ListEncoder;
    type SerializeTupleStruct = ListEncoder;
    type SerializeTupleVariant = NoVariant;
    type SerializeMap = MapEncoder<'f>;
    type SerializeStruct = MapEncoder<'f>;
    type SerializeStructVariant = NoVariant;

    fn serialize_bool(self, bool: bool) -> Result<Value, ValueError> {
        Ok(Value::Bool(bool))
    }

    fn serialize_i8(self, int: i8) -> Result<Value, ValueError> {
        self.serialize_i64(int.into())
    }

    fn serialize_i16(self, int: i16) -> Result<Value, ValueError> {
        self.serialize_i64(int.into())
    }

    fn serialize_i32(self, int: i32) -> Result<Value, ValueError> {
        self.serialize_i64(int.into())
    }

    fn serialize_i64(self, int: i64) -> Result<Value, ValueError> {
        Ok(Value::Number(Number::Int(int)))
    }

    fn serialize_u8(self, uint: u8) -> Result<Value, ValueError> {
        self.serialize_u64(uint.into())
    }

    fn serialize_u16(self, uint: u16) -> Result<Value, ValueError> {
        self.serialize_u64(uint.into())
    }

    fn serialize_u32(self, uint: u32) -> Result<Value, ValueError> {
        self.serialize_u64(uint.into())
    }

    fn serialize_u64(self, uint: u64) -> Result<Value, ValueError> {
        Ok(Value::Number(Number::from(uint)))
    }

    fn serialize_f32(self, float: f32) -> Result<Value, ValueError> {
        number(Number::parse(&format!("{float}")))
    }

    fn serialize_f64(self, float: f64) -> Result<Value, ValueError> {
        number(Number::from_decimal(float))
    }

    fn serialize_char(self, character: char) -> Result<Value, ValueError> {
        Ok(Value::String(character.to_string()))
    }

    fn serialize_str(self, text: &str) -> Result<Value, ValueError> {
        Ok(Value::from(text))
    }

    fn serialize_bytes(self, _bytes: &[u8]) -> Result<Value, ValueError> {
        Err(ValueError::new(
            "bytes have no type of their own; write them as text",
        ))
    }

    fn serialize_none(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, ValueError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Value, ValueError> {
        Ok(Value::from(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        if name == BINARY {
            // The float arrives as the decimal a person would write; its own digits are in it all the same.
            let Value::Number(decimal) = value.serialize(self)? else {
                return Err(ValueError::new("a float is required"));
            };
            return number(Number::from_binary(decimal.as_f64()));
        }
        special(name, value.serialize(self)?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        name: &'static str,
        _value: &T,
    ) -> Result<Value, ValueError> {
        Err(variant(name))
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<ListEncoder, ValueError> {
        Ok(ListEncoder {
            elements: Vec::new(),
        })
    }

    fn serialize_tuple(self, length: usize) -> Result<ListEncoder, ValueError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        length: usize,
    ) -> Result<ListEncoder, ValueError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        name: &'static str,
        _length: usize,
    ) -> Result<NoVariant, ValueError> {
        Err(variant(name))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<MapEncoder<'f>, ValueError> {
        Ok(MapEncoder::new(self.faults))
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        length: usize,
    ) -> Result<MapEncoder<'f>, ValueError> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        name: &'static str,
        _length: usize,
    ) -> Result<NoVariant, ValueError> {
        Err(variant(name))
    }
}

impl SerializeSeq for ListEncoder {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        self.push(element)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::List(self.elements))
    }
}

impl SerializeTuple for ListEncoder {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        self.push(element)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::List(self.elements))
    }
}

impl SerializeTupleStruct for ListEncoder {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        self.push(element)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::List(self.elements))
    }
}

impl SerializeTupleVariant for NoVariant {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _field: &T) -> Result<(), ValueError> {
        match *self {}
    }

    fn end(self) -> Result<Value, ValueError> {
        match self {}
    }
}

impl SerializeStructVariant for NoVariant {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _name: &'static str,
        _field: &T,
    ) -> Result<(), ValueError> {
        match *self {}
    }

    fn end(self) -> Result<Value, ValueError> {
        match self {}
    }
}

impl ser::Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
