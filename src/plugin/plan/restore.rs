//! Puts back into a value what a model could not hold on its way through the author's hook.
//!
//! A model knows an unknown without its refinement, a list with unknown elements perhaps only as unknown, a dynamic null without its type, and
//! a number as the nearest float. Where the hook left such a value as it was, the finer one comes back.

use std::collections::BTreeMap;

use crate::types::Type;
use crate::value::Value;

/// The value after the hook, with what is only coarser than before as it was before.
pub(crate) fn restore_precision(before: &Value, after: Value, r#type: &Type) -> Value {
    if is_only_coarser(before, &after) {
        return before.clone();
    }
    match (before, after, r#type) {
        (Value::Map(old), Value::Map(new), Type::Object { attributes, .. }) => {
            restored_map(old, new, |name| attributes.get(name))
        }
        (Value::Map(old), Value::Map(new), Type::Map(element)) => {
            restored_map(old, new, |_| Some(element))
        }
        (Value::List(old), Value::List(new), Type::Set(element)) => restored_set(old, new, element),
        (Value::List(old), Value::List(new), Type::List(element)) => {
            restored_list(old, new, std::iter::repeat(element.as_ref()))
        }
        (Value::List(old), Value::List(new), Type::Tuple(types)) => {
            restored_list(old, new, types.iter())
        }
        (Value::Dynamic(old), Value::Dynamic(new), _) if old.0 == new.0 => {
            let (r#type, value) = *new;
            let value = restore_precision(&old.1, value, &r#type);
            Value::Dynamic(Box::new((r#type, value)))
        }
        (_, after, _) => after,
    }
}

fn is_only_coarser(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (before, Value::Unknown(None)) => !before.is_wholly_known(),
        (Value::Dynamic(pair), Value::Null) => pair.1.is_null(),
        (Value::Number(exact), Value::Number(nearest)) => {
            exact.as_f64().to_bits() == nearest.as_f64().to_bits()
        }
        _ => false,
    }
}

fn restored_map<'t>(
    old: &BTreeMap<String, Value>,
    new: BTreeMap<String, Value>,
    r#type: impl Fn(&str) -> Option<&'t Type>,
) -> Value {
    let restored_field = |(name, value): (String, Value)| {
        let value = match (old.get(&name), r#type(&name)) {
            (Some(before), Some(r#type)) => restore_precision(before, value, r#type),
            _ => value,
        };
        (name, value)
    };
    Value::Map(new.into_iter().map(restored_field).collect())
}

fn restored_list<'t>(
    old: &[Value],
    new: Vec<Value>,
    types: impl Iterator<Item = &'t Type>,
) -> Value {
    let old = old.iter().map(Some).chain(std::iter::repeat(None));
    let elements = new.into_iter().zip(old).zip(types);
    Value::List(
        elements
            .map(|((value, before), r#type)| match before {
                Some(before) => restore_precision(before, value, r#type),
                None => value,
            })
            .collect(),
    )
}

/// Elements of a set have no place: one comes back only if it comes back whole.
fn restored_set(old: &[Value], new: Vec<Value>, element: &Type) -> Value {
    let restored_element = |value: Value| {
        old.iter()
            .find(|before| restore_precision(before, value.clone(), element) == **before)
            .cloned()
            .unwrap_or(value)
    };
    Value::List(new.into_iter().map(restored_element).collect())
}
