//! JSON, driven by the type: states as Terraform keeps them.
//!
//! An attribute the type does not have is ignored and a missing one is null, because a state may be older than the schema. Numbers are read
//! from their text, never through a float. Source: Terraform's state format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::value::RawValue;

use crate::conform::sorted_set;
use crate::error::ValueError;
use crate::path::Step;
use crate::types::Type;
use crate::value::{Number, Value};

/// Reads one value of a type.
///
/// # Errors
/// Text that is no JSON or no value of the type; the path says where.
pub fn decode(text: &str, r#type: &Type) -> Result<Value, ValueError> {
    let raw: &RawValue = serde_json::from_str(text)
        .map_err(|error| ValueError::new(format!("the text is not valid JSON: {error}")))?;
    read(raw, r#type)
}

/// Writes one value of a type.
///
/// # Errors
/// An unknown value or an infinite number, which JSON cannot say; a value that is not of the type.
pub fn encode(value: &Value, r#type: &Type) -> Result<String, ValueError> {
    let mut text = String::new();
    write(&mut text, value, r#type)?;
    Ok(text)
}

fn read(raw: &RawValue, r#type: &Type) -> Result<Value, ValueError> {
    let text = raw.get();
    if text == "null" {
        return Ok(Value::Null);
    }
    match r#type {
        Type::String => read_string(text).map(Value::String),
        Type::Bool => match text {
            "true" | "\"true\"" => Ok(Value::Bool(true)),
            "false" | "\"false\"" => Ok(Value::Bool(false)),
            _ => Err(ValueError::new("a bool is required")),
        },
        Type::Number => Number::parse(text.trim_matches('"'))
            .map(Value::Number)
            .ok_or_else(|| ValueError::new("a number is required")),
        Type::Dynamic => read_dynamic(text),
        Type::List(element) => read_elements(text, element).map(Value::List),
        Type::Set(element) => {
            read_elements(text, element).map(|elements| Value::List(sorted_set(elements)))
        }
        Type::Map(element) => pairs(text)?
            .into_iter()
            .map(|(key, raw)| {
                let value =
                    read(raw, element).map_err(|error| error.under(Step::Key(key.clone())))?;
                Ok((key, value))
            })
            .collect::<Result<_, _>>()
            .map(Value::Map),
        Type::Object { attributes, .. } => read_object(text, attributes),
        Type::Tuple(elements) => read_tuple(text, elements),
    }
}

/// Text as text; a number or bool as its spelling, since a schema may have made it a string meanwhile.
fn read_string(text: &str) -> Result<String, ValueError> {
    if text.starts_with('"') {
        return serde_json::from_str(text)
            .map_err(|error| ValueError::new(format!("the text cannot be read: {error}")));
    }
    if text.starts_with(['[', '{']) {
        return Err(ValueError::new("a string is required"));
    }
    Ok(text.to_owned())
}

fn elements(text: &str) -> Result<Vec<&RawValue>, ValueError> {
    serde_json::from_str(text).map_err(|_| ValueError::new("a list is required"))
}

fn pairs(text: &str) -> Result<BTreeMap<String, &RawValue>, ValueError> {
    serde_json::from_str(text).map_err(|_| ValueError::new("an object is required"))
}

fn read_elements(text: &str, element: &Type) -> Result<Vec<Value>, ValueError> {
    elements(text)?
        .into_iter()
        .zip(0..)
        .map(|(raw, index)| read(raw, element).map_err(|error| error.under(Step::Index(index))))
        .collect()
}

fn read_tuple(text: &str, types: &[Type]) -> Result<Value, ValueError> {
    let elements = elements(text)?;
    if elements.len() != types.len() {
        return Err(ValueError::new(format!(
            "the tuple has {} elements, and {} are required",
            elements.len(),
            types.len()
        )));
    }
    elements
        .into_iter()
        .zip(types)
        .zip(0..)
        .map(|((raw, r#type), index)| {
            read(raw, r#type).map_err(|error| error.under(Step::Index(index)))
        })
        .collect::<Result<_, _>>()
        .map(Value::List)
}

fn read_object(text: &str, attributes: &BTreeMap<String, Type>) -> Result<Value, ValueError> {
    let pairs = pairs(text)?;
    attributes
        .iter()
        .map(|(name, r#type)| {
            let value = pairs.get(name).map_or(Ok(Value::Null), |raw| {
                read(raw, r#type).map_err(|error| error.under(Step::Attribute(name.clone())))
            })?;
            Ok((name.clone(), value))
        })
        .collect::<Result<_, _>>()
        .map(Value::Map)
}

fn read_dynamic(text: &str) -> Result<Value, ValueError> {
    let pairs = pairs(text)?;
    let no_pair = || ValueError::new("a dynamic value is a pair of its type and itself");
    let r#type = pairs
        .get("type")
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .and_then(|json| Type::from_json(&json))
        .ok_or_else(no_pair)?;
    let value = read(pairs.get("value").ok_or_else(no_pair)?, &r#type)?;
    Ok(Value::Dynamic(Box::new((r#type, value))))
}

fn write(text: &mut String, value: &Value, r#type: &Type) -> Result<(), ValueError> {
    match (value, r#type) {
        (Value::Null, _) => text.push_str("null"),
        (Value::Unknown(_), _) => return Err(ValueError::unknown()),
        (Value::Bool(bool), Type::Bool) => text.push_str(if *bool { "true" } else { "false" }),
        (Value::Number(Number::Float(float)), Type::Number) if float.is_infinite() => {
            return Err(ValueError::new("an infinite number has no JSON form"));
        }
        (Value::Number(Number::Float(float)), Type::Number) => write_float(text, *float),
        (Value::Number(number), Type::Number) => text.push_str(&number.to_string()),
        (Value::String(string), Type::String) => text.push_str(&quoted(string)),
        (Value::List(elements), Type::List(element) | Type::Set(element)) => {
            write_list(text, elements.iter().map(|value| (value, element.as_ref())))?;
        }
        (Value::List(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            write_list(text, elements.iter().zip(types))?;
        }
        (Value::Map(elements), Type::Map(element)) => write_pairs(
            text,
            elements
                .iter()
                .map(|(key, value)| (key.as_str(), value, element.as_ref())),
            Step::Key,
        )?,
        (Value::Map(values), Type::Object { attributes, .. }) => write_pairs(
            text,
            attributes.iter().map(|(name, r#type)| {
                (
                    name.as_str(),
                    values.get(name).unwrap_or(&Value::Null),
                    r#type,
                )
            }),
            Step::Attribute,
        )?,
        (Value::Dynamic(pair), Type::Dynamic) => {
            text.push_str("{\"value\":");
            write(text, &pair.1, &pair.0)?;
            text.push_str(",\"type\":");
            text.push_str(&pair.0.to_json().to_string());
            text.push('}');
        }
        _ => {
            return Err(ValueError::new(format!(
                "the value is not of the type `{type}`"
            )));
        }
    }
    Ok(())
}

/// A float that is no whole number has at most 1074 digits behind the point, and JSON can say them all.
fn write_float(text: &mut String, float: f64) {
    let mut digits = String::new();
    // Writing to a string cannot fail.
    let _ = write!(digits, "{float:.1074}");
    text.push_str(digits.trim_end_matches('0').trim_end_matches('.'));
}

fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

fn write_list<'v>(
    text: &mut String,
    elements: impl Iterator<Item = (&'v Value, &'v Type)>,
) -> Result<(), ValueError> {
    text.push('[');
    for ((value, r#type), index) in elements.zip(0..) {
        if index > 0 {
            text.push(',');
        }
        write(text, value, r#type).map_err(|error| error.under(Step::Index(index)))?;
    }
    text.push(']');
    Ok(())
}

fn write_pairs<'v>(
    text: &mut String,
    pairs: impl Iterator<Item = (&'v str, &'v Value, &'v Type)>,
    step: impl Fn(String) -> Step,
) -> Result<(), ValueError> {
    text.push('{');
    for (position, (key, value, r#type)) in pairs.enumerate() {
        if position > 0 {
            text.push(',');
        }
        text.push_str(&quoted(key));
        text.push(':');
        write(text, value, r#type).map_err(|error| error.under(step(key.to_owned())))?;
    }
    text.push('}');
    Ok(())
}
