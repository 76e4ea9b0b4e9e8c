//! JSON as a configuration.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::conform::conform;
use crate::diagnostics::Diagnostics;
use crate::error::ValueError;
use crate::objects::{AnyObject, IdentityMeta, ObjectMeta, ValueOrigin, describe_value_error};
use crate::path::Step;
use crate::testing::UNKNOWN;
use crate::types::Type;
use crate::value::{Number, Value};

/// A configuration of an object.
///
/// # Errors
/// An argument there is none of, or a value of another type.
pub(super) fn config(meta: &ObjectMeta, json: &Json) -> Result<Value, Diagnostics> {
    let mut value = fill_missing(literal(json), &meta.r#type)
        .and_then(|value| conform(value, &meta.r#type))
        .map_err(|error| {
            Diagnostics::from(describe_value_error(meta.name, ValueOrigin::Config, &error))
        })?;
    meta.schema.level().complete_blocks(&mut value);
    Ok(value)
}

/// An identity as an import gives it.
///
/// # Errors
/// An attribute there is none of, or a value of another type.
pub(super) fn identity(meta: &IdentityMeta, json: &Json) -> Result<Value, Diagnostics> {
    fill_missing(literal(json), &meta.r#type)
        .and_then(|value| conform(value, &meta.r#type))
        .map_err(|error| describe_value_error(meta.resource, ValueOrigin::Config, &error).into())
}

/// Validates a configuration of an object.
pub(super) fn validate<O: AnyObject + ?Sized>(object: &O, json: &Json) -> Diagnostics {
    match config(object.meta(), json) {
        Ok(config) => object.validate(&config, true),
        Err(refused) => refused,
    }
}

fn literal(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => {
            Number::parse(&number.to_string()).map_or(Value::Null, Value::Number)
        }
        Json::String(text) if text == UNKNOWN => Value::unknown(),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(elements) => Value::List(elements.iter().map(literal).collect()),
        Json::Object(fields) => Value::Map(
            fields
                .iter()
                .map(|(name, json)| (name.clone(), literal(json)))
                .collect(),
        ),
    }
}

/// Adds what was left out, and refuses what there is none of.
fn fill_missing(value: Value, r#type: &Type) -> Result<Value, ValueError> {
    Ok(match (value, r#type) {
        (Value::Map(mut fields), Type::Object { attributes, .. }) => {
            let mut complete = BTreeMap::new();
            for (name, r#type) in attributes {
                let value = fill_missing(fields.remove(name).unwrap_or(Value::Null), r#type)
                    .map_err(|error| error.under(Step::Attribute(name.clone())))?;
                complete.insert(name.clone(), value);
            }
            if let Some(name) = fields.into_keys().next() {
                return Err(ValueError::new(format!("there is no argument `{name}`")));
            }
            Value::Map(complete)
        }
        (Value::Map(fields), Type::Map(element)) => Value::Map(
            fields
                .into_iter()
                .map(|(key, value)| Ok((key, fill_missing(value, element)?)))
                .collect::<Result<_, ValueError>>()?,
        ),
        (Value::List(elements), Type::List(element) | Type::Set(element)) => Value::List(
            elements
                .into_iter()
                .map(|value| fill_missing(value, element))
                .collect::<Result<_, _>>()?,
        ),
        (value, _) => value,
    })
}
