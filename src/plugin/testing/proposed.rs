//! What Terraform proposes to a provider: the configuration, with computed attributes it leaves out taken from the prior state.
//!
//! Source: Terraform's `objchange.ProposedNew`.

use std::collections::BTreeMap;

use crate::conform::sorted_set;
use crate::plan::pairing::{child, paired};
use crate::schema::{Level, Nest, Nesting};
use crate::value::Value;

/// The proposal of one level; `prior` may be null.
pub(super) fn proposed(level: Level<'_>, prior: &Value, config: &Value) -> Value {
    if !matches!(config, Value::Map(_)) {
        return config.clone();
    }
    let attributes = level.attributes.iter().map(|(name, attribute)| {
        let (prior, config) = (child(prior, name), child(config, name));
        let value = if attribute.write_only {
            Value::Null
        } else if config.is_null() && attribute.computed {
            prior.clone()
        } else {
            match attribute.nest() {
                Some(nest) => proposed_nest(nest, prior, config),
                None => config.clone(),
            }
        };
        (name.clone(), value)
    });
    let blocks = level.blocks.iter().map(|(name, block)| {
        let value = proposed_nest(block.nest(), child(prior, name), child(config, name));
        (name.clone(), value)
    });
    Value::Map(attributes.chain(blocks).collect())
}

fn proposed_nest(nest: Nest<'_>, prior: &Value, config: &Value) -> Value {
    match (nest.nesting, config) {
        (Nesting::Single | Nesting::Group, config) => proposed(nest.level, prior, config),
        (Nesting::List, Value::List(elements)) => Value::List(
            elements
                .iter()
                .enumerate()
                .map(|(index, config)| proposed(nest.level, paired::at_index(prior, index), config))
                .collect(),
        ),
        (Nesting::Map, Value::Map(elements)) => Value::Map(
            elements
                .iter()
                .map(|(key, config)| {
                    let prior = paired::at_key(prior, key);
                    (key.clone(), proposed(nest.level, prior, config))
                })
                .collect::<BTreeMap<_, _>>(),
        ),
        (Nesting::Set, Value::List(elements)) => Value::List(sorted_set(
            elements
                .iter()
                .map(|config| {
                    let prior = paired::in_prior(nest.level, prior, config, config);
                    proposed(nest.level, prior, config)
                })
                .collect(),
        )),
        (_, config) => config.clone(),
    }
}
