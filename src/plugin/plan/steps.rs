//! The steps of a plan, one function each.

use crate::path::AttributePath;
use crate::plan::walk::{Counterparts, PlannedAttribute, walk};
use crate::schema::{Level, Nest, Nesting, Schema};
use crate::value::Value;

/// Everything before the author's hook. `config` and `proposed` are objects; `prior` is null for a create.
pub(crate) fn prepare(schema: &Schema, config: &Value, prior: &Value, proposed: Value) -> Value {
    let mut planned = proposed;
    fill_defaults(schema, config, &mut planned);
    null_write_only(schema, &mut planned);
    let counterparts = Counterparts::root(config, prior);
    if planned != *prior {
        walk(
            schema.level(),
            counterparts,
            &mut planned,
            &mut mark_computed_unknown,
        );
    }
    walk(schema.level(), counterparts, &mut planned, &mut keep_prior);
    planned
}

/// What the configuration leaves null becomes its default.
pub(crate) fn fill_defaults(schema: &Schema, config: &Value, planned: &mut Value) {
    let counterparts = Counterparts::root(config, &Value::Null);
    walk(
        schema.level(),
        counterparts,
        planned,
        &mut |attribute, value| {
            if attribute.config.is_null()
                && let Some(default) = &attribute.schema.default
            {
                value.clone_from(default);
            }
        },
    );
}

/// Write-only values reach neither plan nor state.
pub(crate) fn null_write_only(schema: &Schema, planned: &mut Value) {
    let counterparts = Counterparts::root(&Value::Null, &Value::Null);
    walk(
        schema.level(),
        counterparts,
        planned,
        &mut |attribute, value| {
            if attribute.schema.write_only {
                *value = Value::Null;
            }
        },
    );
}

fn mark_computed_unknown(attribute: &PlannedAttribute<'_>, value: &mut Value) {
    if attribute.config.is_null() && attribute.schema.computed && attribute.schema.default.is_none()
    {
        *value = Value::unknown();
    }
}

fn keep_prior(attribute: &PlannedAttribute<'_>, value: &mut Value) {
    if attribute.schema.keep
        && value.is_unknown()
        && !attribute.config.is_unknown()
        && !attribute.prior.is_null()
    {
        value.clone_from(attribute.prior);
    }
}

/// The attributes whose change needs a new object. Empty for a create.
pub(crate) fn paths_requiring_replace(
    schema: &Schema,
    config: &Value,
    prior: &Value,
    planned: &Value,
) -> Vec<AttributePath> {
    if prior.is_null() || planned.is_null() {
        return Vec::new();
    }
    let mut paths = Vec::new();
    let counterparts = Counterparts::root(config, prior);
    // The walk hands out values to change, and here nothing is changed.
    let mut planned = planned.clone();
    walk(
        schema.level(),
        counterparts,
        &mut planned,
        &mut |attribute, value| {
            if attribute.schema.replace && value != attribute.prior {
                paths.push(attribute.path.clone());
            }
        },
    );
    collect_removed_elements(
        schema.level(),
        prior,
        &planned,
        &AttributePath::root(),
        &mut paths,
    );
    paths.sort();
    paths.dedup();
    paths
}

/// Elements that are gone take their replacing attributes with them: the collection they stood in is what changed.
fn collect_removed_elements(
    level: Level<'_>,
    prior: &Value,
    planned: &Value,
    path: &AttributePath,
    paths: &mut Vec<AttributePath>,
) {
    let attributes = level
        .attributes
        .iter()
        .filter_map(|(name, attribute)| Some((name, attribute.nest()?)));
    let blocks = level
        .blocks
        .iter()
        .map(|(name, block)| (name, block.nest()));
    for (name, nest) in attributes.chain(blocks) {
        let (before, after) = (prior.attribute(name), planned.attribute(name));
        if has_replacing(nest.level) && is_shorter(nest, before, after) {
            paths.push(path.clone().at(name.clone()));
        }
    }
}

fn has_replacing(level: Level<'_>) -> bool {
    level.attributes.iter().any(|(_, attribute)| {
        attribute.replace
            || attribute
                .nest()
                .is_some_and(|nest| has_replacing(nest.level))
    }) || level
        .blocks
        .iter()
        .any(|(_, block)| has_replacing(block.nest().level))
}

fn is_shorter(nest: Nest<'_>, before: &Value, after: &Value) -> bool {
    match (nest.nesting, before, after) {
        (_, _, Value::Unknown(_)) => false,
        (Nesting::Single | Nesting::Group, before, after) => !before.is_null() && after.is_null(),
        (Nesting::List | Nesting::Set, Value::List(before), Value::List(after)) => {
            after.len() < before.len()
        }
        (Nesting::Map, Value::Map(before), Value::Map(after)) => {
            before.keys().any(|key| !after.contains_key(key))
        }
        (_, before, after) => !before.is_null() && after.is_null(),
    }
}
