//! MessagePack, driven by the type.
//!
//! What surprises: any extension is an unknown value whatever its code, numbers may come as decimal text, a dynamic value is the pair of its
//! type (JSON in a byte string) and itself. Source: Terraform's object wire format.

use std::collections::BTreeMap;

use rmp::{Marker, decode, encode};

use super::refinement::{read_refinement, write_refinement};
use crate::conform::sorted_set;
use crate::error::ValueError;
use crate::path::Step;
use crate::types::Type;
use crate::value::{Number, Refinement, Value};

/// The extension code whose payload says something of the unknown value.
const REFINED: i8 = 12;

/// Reads one value of a type.
///
/// # Errors
/// Bytes that are no value of the type; the path says where.
pub(crate) fn decode(bytes: &[u8], r#type: &Type) -> Result<Value, ValueError> {
    let mut rest = bytes;
    let value = read(&mut rest, r#type)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(ValueError::new(format!(
            "{} bytes follow the value",
            rest.len()
        )))
    }
}

/// Writes one value of a type.
///
/// # Errors
/// A value that is not of the type; the path says where.
pub(crate) fn encode(value: &Value, r#type: &Type) -> Result<Vec<u8>, ValueError> {
    let mut bytes = Vec::new();
    write(&mut bytes, value, r#type)?;
    Ok(bytes)
}

fn read(rest: &mut &[u8], r#type: &Type) -> Result<Value, ValueError> {
    match marker(rest)? {
        Marker::Null => {
            decode::read_nil(rest).map_err(broken)?;
            return Ok(Value::Null);
        }
        Marker::FixExt1
        | Marker::FixExt2
        | Marker::FixExt4
        | Marker::FixExt8
        | Marker::FixExt16
        | Marker::Ext8
        | Marker::Ext16
        | Marker::Ext32 => return read_unknown(rest),
        _ => {}
    }
    match r#type {
        Type::String => read_string(rest).map(Value::String),
        Type::Bool => decode::read_bool(rest)
            .map(Value::Bool)
            .map_err(|_| ValueError::new("a bool is required")),
        Type::Number => read_number(rest).map(Value::Number),
        Type::Dynamic => read_dynamic(rest),
        Type::List(element) => read_elements(rest, element).map(Value::List),
        Type::Set(element) => {
            read_elements(rest, element).map(|elements| Value::List(sorted_set(elements)))
        }
        Type::Map(element) => read_map(rest, element),
        Type::Object {
            attributes,
            optional,
        } => read_object(rest, attributes, optional),
        Type::Tuple(elements) => read_tuple(rest, elements),
    }
}

pub(super) fn marker(rest: &[u8]) -> Result<Marker, ValueError> {
    rest.first()
        .map(|byte| Marker::from_u8(*byte))
        .ok_or_else(|| ValueError::new("the value ends too early"))
}

pub(super) fn broken(error: impl std::fmt::Display) -> ValueError {
    ValueError::new(format!("the value cannot be read: {error}"))
}

pub(super) fn take<'b>(rest: &mut &'b [u8], length: u32) -> Result<&'b [u8], ValueError> {
    let length = usize::try_from(length).map_err(broken)?;
    let (head, tail) = rest
        .split_at_checked(length)
        .ok_or_else(|| ValueError::new("the value ends too early"))?;
    *rest = tail;
    Ok(head)
}

fn read_unknown(rest: &mut &[u8]) -> Result<Value, ValueError> {
    let meta = decode::read_ext_meta(rest).map_err(broken)?;
    let mut payload = take(rest, meta.size)?;
    if meta.typeid != REFINED {
        return Ok(Value::unknown());
    }
    let refinement = read_refinement(&mut payload)?;
    Ok(Value::Unknown(
        (refinement != Refinement::default()).then(|| Box::new(refinement)),
    ))
}

pub(super) fn read_string(rest: &mut &[u8]) -> Result<String, ValueError> {
    let length = decode::read_str_len(rest).map_err(|_| ValueError::new("a string is required"))?;
    let bytes = take(rest, length)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| ValueError::new("the text is not UTF-8"))
}

pub(super) fn read_number(rest: &mut &[u8]) -> Result<Number, ValueError> {
    let no_number = || ValueError::new("a number is required");
    match marker(rest)? {
        Marker::F32 => Number::from_binary(f64::from(decode::read_f32(rest).map_err(broken)?))
            .ok_or_else(no_number),
        Marker::F64 => {
            Number::from_binary(decode::read_f64(rest).map_err(broken)?).ok_or_else(no_number)
        }
        Marker::U64 => decode::read_u64(rest).map(Number::from).map_err(broken),
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
            let text = read_string(rest)?;
            Number::parse(&text).ok_or_else(|| ValueError::new(format!("`{text}` is not a number")))
        }
        _ => decode::read_int::<i64, _>(rest)
            .map(Number::Int)
            .map_err(|_| no_number()),
    }
}

fn read_dynamic(rest: &mut &[u8]) -> Result<Value, ValueError> {
    let no_pair = |_| ValueError::new("a dynamic value is a pair of its type and itself");
    if decode::read_array_len(rest).map_err(no_pair)? != 2 {
        return Err(no_pair(decode::ValueReadError::TypeMismatch(Marker::Null)));
    }
    let length = match marker(rest)? {
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
            decode::read_bin_len(rest).map_err(broken)?
        }
        _ => decode::read_str_len(rest).map_err(broken)?,
    };
    let json = take(rest, length)?;
    let r#type = serde_json::from_slice(json)
        .ok()
        .and_then(|json| Type::from_json(&json))
        .ok_or_else(|| {
            ValueError::new(format!("`{}` is not a type", String::from_utf8_lossy(json)))
        })?;
    let value = read(rest, &r#type)?;
    Ok(Value::Dynamic(Box::new((r#type, value))))
}

fn read_elements(rest: &mut &[u8], element: &Type) -> Result<Vec<Value>, ValueError> {
    let count = decode::read_array_len(rest).map_err(|_| ValueError::new("a list is required"))?;
    (0..count)
        .map(|index| read(rest, element).map_err(|error| error.under(Step::Index(index.into()))))
        .collect()
}

fn read_tuple(rest: &mut &[u8], elements: &[Type]) -> Result<Value, ValueError> {
    let count = decode::read_array_len(rest).map_err(|_| ValueError::new("a tuple is required"))?;
    if usize::try_from(count).ok() != Some(elements.len()) {
        return Err(ValueError::new(format!(
            "the tuple has {count} elements, and {} are required",
            elements.len()
        )));
    }
    elements
        .iter()
        .zip(0..)
        .map(|(element, index)| {
            read(rest, element).map_err(|error| error.under(Step::Index(index)))
        })
        .collect::<Result<_, _>>()
        .map(Value::List)
}

fn read_map(rest: &mut &[u8], element: &Type) -> Result<Value, ValueError> {
    let count = decode::read_map_len(rest).map_err(|_| ValueError::new("a map is required"))?;
    let mut elements = BTreeMap::new();
    for _ in 0..count {
        let key = read_string(rest)?;
        let value = read(rest, element).map_err(|error| error.under(Step::Key(key.clone())))?;
        elements.insert(key, value);
    }
    Ok(Value::Map(elements))
}

fn read_object(
    rest: &mut &[u8],
    attributes: &BTreeMap<String, Type>,
    optional: &[String],
) -> Result<Value, ValueError> {
    let count = decode::read_map_len(rest).map_err(|_| ValueError::new("an object is required"))?;
    let mut values = BTreeMap::new();
    for _ in 0..count {
        let name = read_string(rest)?;
        let r#type = attributes
            .get(&name)
            .ok_or_else(|| ValueError::new(format!("there is no attribute `{name}`")))?;
        let value =
            read(rest, r#type).map_err(|error| error.under(Step::Attribute(name.clone())))?;
        values.insert(name, value);
    }
    for name in attributes.keys() {
        if values.contains_key(name) {
            continue;
        }
        if !optional.contains(name) {
            return Err(ValueError::new(format!(
                "the attribute `{name}` is missing"
            )));
        }
        values.insert(name.clone(), Value::Null);
    }
    Ok(Value::Map(values))
}

fn write(bytes: &mut Vec<u8>, value: &Value, r#type: &Type) -> Result<(), ValueError> {
    match (value, r#type) {
        (Value::Null, _) => encode::write_nil(bytes).map_err(broken),
        (Value::Unknown(refinement), _) => write_unknown(bytes, refinement.as_deref()),
        (Value::Bool(bool), Type::Bool) => encode::write_bool(bytes, *bool).map_err(broken),
        (Value::Number(number), Type::Number) => write_number(bytes, number),
        (Value::String(text), Type::String) => encode::write_str(bytes, text).map_err(broken),
        (Value::List(elements), Type::List(element) | Type::Set(element)) => {
            encode::write_array_len(bytes, length(elements.len())?).map_err(broken)?;
            elements.iter().zip(0..).try_for_each(|(value, index)| {
                write(bytes, value, element).map_err(|error| error.under(Step::Index(index)))
            })
        }
        (Value::List(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            encode::write_array_len(bytes, length(elements.len())?).map_err(broken)?;
            elements
                .iter()
                .zip(types)
                .zip(0..)
                .try_for_each(|((value, r#type), index)| {
                    write(bytes, value, r#type).map_err(|error| error.under(Step::Index(index)))
                })
        }
        (Value::Map(elements), Type::Map(element)) => {
            encode::write_map_len(bytes, length(elements.len())?).map_err(broken)?;
            elements.iter().try_for_each(|(key, value)| {
                encode::write_str(bytes, key).map_err(broken)?;
                write(bytes, value, element).map_err(|error| error.under(Step::Key(key.clone())))
            })
        }
        (Value::Map(values), Type::Object { attributes, .. }) => {
            write_object(bytes, values, attributes)
        }
        (Value::Dynamic(pair), Type::Dynamic) => {
            encode::write_array_len(bytes, 2).map_err(broken)?;
            encode::write_bin(bytes, pair.0.to_json().to_string().as_bytes()).map_err(broken)?;
            write(bytes, &pair.1, &pair.0)
        }
        _ => Err(ValueError::new(format!(
            "the value is not of the type `{type}`"
        ))),
    }
}

fn length(count: usize) -> Result<u32, ValueError> {
    u32::try_from(count).map_err(|_| ValueError::new("too many elements"))
}

fn write_object(
    bytes: &mut Vec<u8>,
    values: &BTreeMap<String, Value>,
    attributes: &BTreeMap<String, Type>,
) -> Result<(), ValueError> {
    if let Some(name) = values.keys().find(|name| !attributes.contains_key(*name)) {
        return Err(ValueError::new(format!("there is no attribute `{name}`")));
    }
    encode::write_map_len(bytes, length(attributes.len())?).map_err(broken)?;
    attributes.iter().try_for_each(|(name, r#type)| {
        let value = values
            .get(name)
            .ok_or_else(|| ValueError::new(format!("the attribute `{name}` is missing")))?;
        encode::write_str(bytes, name).map_err(broken)?;
        write(bytes, value, r#type).map_err(|error| error.under(Step::Attribute(name.clone())))
    })
}

pub(super) fn write_number(bytes: &mut Vec<u8>, number: &Number) -> Result<(), ValueError> {
    match number {
        Number::Int(int) => encode::write_sint(bytes, *int).map(drop).map_err(broken),
        Number::Uint(uint) => encode::write_uint(bytes, *uint).map(drop).map_err(broken),
        Number::Float(float) => encode::write_f64(bytes, *float).map_err(broken),
        Number::Decimal(text) => encode::write_str(bytes, text).map_err(broken),
    }
}

fn write_unknown(bytes: &mut Vec<u8>, refinement: Option<&Refinement>) -> Result<(), ValueError> {
    let payload = refinement.map(write_refinement).transpose()?.flatten();
    let Some(payload) = payload else {
        encode::write_ext_meta(bytes, 1, 0).map_err(broken)?;
        bytes.push(0);
        return Ok(());
    };
    encode::write_ext_meta(bytes, length(payload.len())?, REFINED).map_err(broken)?;
    bytes.extend(payload);
    Ok(())
}
