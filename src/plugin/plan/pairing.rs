//! Which part of a configuration or of a prior state belongs to a part of the plan.
//!
//! Lists pair by index, maps by key. Elements of a set have no name: one belongs to another if everything the configuration says of it is the
//! same in both, whatever the provider computed beside it.

use crate::schema::{Level, Nest, Nesting};
use crate::value::Value;

static NULL: Value = Value::Null;
static UNKNOWN: Value = Value::Unknown(None);

/// An attribute of a value that may be null or unknown as a whole: then the attribute is so too.
pub(crate) fn child<'v>(value: &'v Value, name: &str) -> &'v Value {
    match value {
        Value::Map(fields) => fields.get(name).unwrap_or(&NULL),
        Value::Unknown(_) => &UNKNOWN,
        _ => &NULL,
    }
}

/// The partner of an element in another collection.
pub(crate) mod paired {
    use super::{Level, NULL, UNKNOWN, Value, covers_level};

    pub(crate) fn at_index(collection: &Value, index: usize) -> &Value {
        match collection {
            Value::List(elements) => elements.get(index).unwrap_or(&NULL),
            Value::Unknown(_) => &UNKNOWN,
            _ => &NULL,
        }
    }

    pub(crate) fn at_key<'v>(collection: &'v Value, key: &str) -> &'v Value {
        super::child(collection, key)
    }

    /// The configuration of a set's element.
    pub(crate) fn in_config<'v>(level: Level<'_>, config: &'v Value, element: &Value) -> &'v Value {
        match config {
            Value::List(elements) => elements
                .iter()
                .find(|candidate| covers_level(level, candidate, element))
                .unwrap_or(&NULL),
            Value::Unknown(_) => &UNKNOWN,
            _ => &NULL,
        }
    }

    /// The prior state of a set's element that has the given configuration.
    pub(crate) fn in_prior<'v>(
        level: Level<'_>,
        prior: &'v Value,
        config: &Value,
        element: &Value,
    ) -> &'v Value {
        let Value::List(elements) = prior else {
            return &NULL;
        };
        let same = elements.iter().find(|candidate| *candidate == element);
        same.or_else(|| {
            elements
                .iter()
                .find(|candidate| !config.is_null() && covers_level(level, config, candidate))
        })
        .unwrap_or(&NULL)
    }
}

/// True if everything the configuration says of an element is so in the candidate.
fn covers_level(level: Level<'_>, config: &Value, candidate: &Value) -> bool {
    if config.is_unknown() || candidate.is_unknown() {
        return config.is_unknown();
    }
    if config.is_null() || candidate.is_null() {
        return config.is_null() == candidate.is_null();
    }
    let attributes = level.attributes.iter().all(|(name, attribute)| {
        let (config, candidate) = (child(config, name), child(candidate, name));
        match attribute.nest() {
            _ if attribute.write_only => true,
            _ if config.is_null() => attribute.computed || candidate.is_null(),
            Some(nest) => covers_nest(nest, config, candidate),
            None => config == candidate,
        }
    });
    attributes
        && level.blocks.iter().all(|(name, block)| {
            covers_nest(block.nest(), child(config, name), child(candidate, name))
        })
}

fn covers_nest(nest: Nest<'_>, config: &Value, candidate: &Value) -> bool {
    match (nest.nesting, config, candidate) {
        (_, Value::Unknown(_), candidate) => candidate.is_unknown(),
        (Nesting::Single | Nesting::Group, config, candidate) => {
            covers_level(nest.level, config, candidate)
        }
        (Nesting::List, Value::List(configs), Value::List(candidates)) => {
            configs.len() == candidates.len()
                && configs
                    .iter()
                    .zip(candidates)
                    .all(|(config, candidate)| covers_level(nest.level, config, candidate))
        }
        (Nesting::Set, Value::List(configs), Value::List(candidates)) => {
            configs.len() == candidates.len()
                && configs.iter().all(|config| {
                    candidates
                        .iter()
                        .any(|candidate| covers_level(nest.level, config, candidate))
                })
        }
        (Nesting::Map, Value::Map(configs), Value::Map(candidates)) => {
            configs.len() == candidates.len()
                && configs.iter().all(|(key, config)| {
                    candidates
                        .get(key)
                        .is_some_and(|candidate| covers_level(nest.level, config, candidate))
                })
        }
        (_, config, candidate) => config == candidate,
    }
}
