//! Puts back into a value what a model could not hold on its way through the author's hook.
//!
//! A model knows an unknown without its refinement, a list with unknown elements perhaps only as unknown, a dynamic null without its type, and
//! a number as the nearest float. Where the hook left such a value as it was, the finer one comes back.

use crate::types::Type;
use crate::value::Value;

/// The value after the hook, with what is only coarser than before as it was before.
pub(crate) fn restored(before: &Value, after: Value, r#type: &Type) -> Value {
    match (before, after, r#type) {
        (before, Value::Unknown(None), _) if !before.is_wholly_known() => before.clone(),
        (Value::Dynamic(pair), Value::Null, _) if pair.1.is_null() => before.clone(),
        (Value::Number(exact), Value::Number(nearest), _)
            if exact != &nearest && exact.as_f64().to_bits() == nearest.as_f64().to_bits() =>
        {
            before.clone()
        }
        (Value::Map(old), Value::Map(new), Type::Object { attributes, .. }) => Value::Map(
            new.into_iter()
                .map(|(name, value)| {
                    let value = match (old.get(&name), attributes.get(&name)) {
                        (Some(before), Some(r#type)) => restored(before, value, r#type),
                        _ => value,
                    };
                    (name, value)
                })
                .collect(),
        ),
        (Value::Map(old), Value::Map(new), Type::Map(element)) => Value::Map(
            new.into_iter()
                .map(|(key, value)| {
                    let value = match old.get(&key) {
                        Some(before) => restored(before, value, element),
                        None => value,
                    };
                    (key, value)
                })
                .collect(),
        ),
        // Elements of a set have no place: one comes back only if it comes back whole.
        (Value::List(old), Value::List(new), Type::Set(element)) => Value::List(
            new.into_iter()
                .map(|value| {
                    old.iter()
                        .find(|before| restored(before, value.clone(), element) == **before)
                        .cloned()
                        .unwrap_or(value)
                })
                .collect(),
        ),
        (Value::List(old), Value::List(new), Type::List(element)) => {
            let old = old.iter().map(Some).chain(std::iter::repeat(None));
            Value::List(
                new.into_iter()
                    .zip(old)
                    .map(|(value, before)| match before {
                        Some(before) => restored(before, value, element),
                        None => value,
                    })
                    .collect(),
            )
        }
        (Value::List(old), Value::List(new), Type::Tuple(types)) if old.len() == new.len() => {
            Value::List(
                new.into_iter()
                    .zip(old)
                    .zip(types)
                    .map(|((value, before), r#type)| restored(before, value, r#type))
                    .collect(),
            )
        }
        (Value::Dynamic(old), Value::Dynamic(new), _) if old.0 == new.0 => {
            let (r#type, value) = *new;
            let value = restored(&old.1, value, &r#type);
            Value::Dynamic(Box::new((r#type, value)))
        }
        (_, after, _) => after,
    }
}
