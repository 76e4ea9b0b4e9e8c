//! Makes an untyped value (as a model serialises) one of a type: attributes complete, sets sorted, dynamic values with their type.

use std::collections::BTreeMap;

use crate::error::ValueError;
use crate::path::Step;
use crate::types::Type;
use crate::value::Value;

/// The value as one of the type.
///
/// # Errors
/// A value of another shape, an attribute too many or too few; the path says where.
pub(crate) fn conform(value: Value, r#type: &Type) -> Result<Value, ValueError> {
    Ok(match (value, r#type) {
        (Value::Dynamic(pair), Type::Dynamic) => {
            let (r#type, value) = *pair;
            let value = conform(value, &r#type)?;
            Value::Dynamic(Box::new((r#type, value)))
        }
        (value @ (Value::Null | Value::Unknown(_)), _)
        | (value @ Value::Bool(_), Type::Bool)
        | (value @ Value::Number(_), Type::Number)
        | (value @ Value::String(_), Type::String) => value,
        (value, Type::Dynamic) => {
            let r#type = inferred(&value);
            let value = conform(value, &r#type)?;
            Value::Dynamic(Box::new((r#type, value)))
        }
        (Value::Dynamic(pair), _) => conform(pair.1, r#type)?,
        (Value::List(elements), Type::List(element)) => Value::List(each(elements, element)?),
        (Value::List(elements), Type::Set(element)) => {
            Value::List(sorted_set(each(elements, element)?))
        }
        (Value::List(elements), Type::Tuple(types)) => conform_tuple(elements, types)?,
        (Value::Map(elements), Type::Map(element)) => Value::Map(
            elements
                .into_iter()
                .map(|(key, value)| {
                    let value = conform(value, element)
                        .map_err(|error| error.under(Step::Key(key.clone())))?;
                    Ok((key, value))
                })
                .collect::<Result<_, _>>()?,
        ),
        (
            Value::Map(values),
            Type::Object {
                attributes,
                optional,
            },
        ) => conform_object(values, attributes, optional)?,
        (value, _) => {
            return Err(ValueError::new(format!(
                "{} is given where `{type}` is required",
                described(&value)
            )));
        }
    })
}

fn each(elements: Vec<Value>, element: &Type) -> Result<Vec<Value>, ValueError> {
    elements
        .into_iter()
        .zip(0..)
        .map(|(value, index)| {
            conform(value, element).map_err(|error| error.under(Step::Index(index)))
        })
        .collect()
}

fn conform_tuple(elements: Vec<Value>, types: &[Type]) -> Result<Value, ValueError> {
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
        .map(|((value, r#type), index)| {
            conform(value, r#type).map_err(|error| error.under(Step::Index(index)))
        })
        .collect::<Result<_, _>>()
        .map(Value::List)
}

fn conform_object(
    mut values: BTreeMap<String, Value>,
    attributes: &BTreeMap<String, Type>,
    optional: &[String],
) -> Result<Value, ValueError> {
    let mut conformed = BTreeMap::new();
    for (name, r#type) in attributes {
        let value = match values.remove(name) {
            Some(value) => conform(value, r#type)
                .map_err(|error| error.under(Step::Attribute(name.clone())))?,
            None if optional.contains(name) => Value::Null,
            None => {
                return Err(ValueError::no_field(name));
            }
        };
        conformed.insert(name.clone(), value);
    }
    match values.into_keys().next() {
        Some(name) => Err(ValueError::no_attribute(&name)),
        None => Ok(Value::Map(conformed)),
    }
}

/// The type a value has by itself, as HCL would see its literal: a list is a tuple, a map an object.
fn inferred(value: &Value) -> Type {
    match value {
        Value::Null | Value::Unknown(_) => Type::Dynamic,
        Value::Bool(_) => Type::Bool,
        Value::Number(_) => Type::Number,
        Value::String(_) => Type::String,
        Value::List(elements) => Type::Tuple(elements.iter().map(inferred).collect()),
        Value::Map(elements) => Type::object(
            elements
                .iter()
                .map(|(name, value)| (name.clone(), inferred(value))),
        ),
        Value::Dynamic(pair) => pair.0.clone(),
    }
}

fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown(_) => "an unknown value",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Dynamic(_) => "a dynamic value",
    }
}

/// The elements of a set in their one order, each known element once; two unknowns may turn out different, so all of them stay.
pub(crate) fn sorted_set(mut elements: Vec<Value>) -> Vec<Value> {
    elements.sort();
    elements.dedup_by(|left, right| left == right && left.is_wholly_known());
    elements
}
