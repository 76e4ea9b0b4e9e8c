//! The two promises Terraform holds a provider to: a plan is what was configured, and what is applied is what was planned.
//!
//! A broken promise is a bug in the provider, and is reported as one with the attribute's path; values are not shown, for they may be
//! secrets. Source: Terraform's `objchange` package.

use crate::path::AttributePath;
use crate::plan::pairing::{child, paired};
use crate::schema::{Level, Nest, Nesting, Schema};
use crate::types::Type;
use crate::value::{Refinement, Value};

/// Where the plan is neither the configuration, nor the prior value, nor the provider's own to fill; with the reason.
pub(crate) fn plan_violations(
    schema: &Schema,
    config: &Value,
    prior: &Value,
    planned: &Value,
) -> Vec<(AttributePath, &'static str)> {
    let mut broken = Vec::new();
    check_level(
        schema.level(),
        [config, prior, planned],
        &AttributePath::root(),
        &mut broken,
    );
    broken
}

fn check_level(
    level: Level<'_>,
    [config, prior, planned]: [&Value; 3],
    path: &AttributePath,
    broken: &mut Vec<(AttributePath, &'static str)>,
) {
    for (name, attribute) in level.attributes {
        let [config, prior, planned] = [config, prior, planned].map(|value| child(value, name));
        let path = path.clone().at(name.clone());
        if attribute.write_only {
            if !planned.is_null() {
                broken.push((path, "a write-only value is in the plan"));
            }
        } else if planned == config || (planned == prior && !prior.is_null() && !config.is_null()) {
        } else if config.is_null() {
            if !attribute.computed {
                broken.push((path, "the configuration leaves it out, the plan gives it a value, and it is not computed"));
            }
        } else if let Some(nest) = attribute.nest()
            && !config.is_unknown()
        {
            check_nest(nest, [config, prior, planned], &path, broken);
        } else {
            broken.push((path, "the planned value is not the configured one"));
        }
    }
    for (name, block) in level.blocks {
        let [config, prior, planned] = [config, prior, planned].map(|value| child(value, name));
        if planned != config {
            check_nest(
                block.nest(),
                [config, prior, planned],
                &path.clone().at(name.clone()),
                broken,
            );
        }
    }
}

fn check_nest(
    nest: Nest<'_>,
    [config, prior, planned]: [&Value; 3],
    path: &AttributePath,
    broken: &mut Vec<(AttributePath, &'static str)>,
) {
    let mut check = |config, prior, planned, path: &AttributePath| {
        check_level(nest.level, [config, prior, planned], path, broken)
    };
    let same_count = match (nest.nesting, config, planned) {
        (Nesting::Single | Nesting::Group, Value::Map(_), Value::Map(_)) => {
            check(config, prior, planned, path);
            true
        }
        (Nesting::List, Value::List(configs), Value::List(plans))
            if configs.len() == plans.len() =>
        {
            for (index, (config, planned)) in configs.iter().zip(plans).enumerate() {
                let prior = paired::at_index(prior, index);
                check(config, prior, planned, &path.clone().index(index));
            }
            true
        }
        (Nesting::Map, Value::Map(configs), Value::Map(plans))
            if configs.keys().eq(plans.keys()) =>
        {
            for (key, config) in configs {
                let prior = paired::at_key(prior, key);
                check(
                    config,
                    prior,
                    child(planned, key),
                    &path.clone().key(key.clone()),
                );
            }
            true
        }
        (Nesting::Set, Value::List(configs), Value::List(plans)) => {
            configs.len() == plans.len()
                && configs
                    .iter()
                    .all(|config| is_in_plan(nest, config, plans, path))
        }
        _ => false,
    };
    if !same_count {
        broken.push((
            path.clone(),
            "the plan has other elements than the configuration",
        ));
    }
}

/// An element of a set may not take its prior value, because nobody can say which that was.
fn is_in_plan(nest: Nest<'_>, config: &Value, plans: &[Value], path: &AttributePath) -> bool {
    plans.iter().any(|planned| {
        let mut broken = Vec::new();
        check_level(
            nest.level,
            [config, &Value::Null, planned],
            path,
            &mut broken,
        );
        broken.is_empty()
    })
}

/// Where what was applied is not what was planned. Unknown may have become anything its refinement allows.
pub(crate) fn apply_violations(
    r#type: &Type,
    planned: &Value,
    applied: &Value,
) -> Vec<AttributePath> {
    let mut broken = Vec::new();
    compare(
        r#type,
        planned,
        applied,
        &AttributePath::root(),
        &mut broken,
    );
    broken
}

fn compare(
    r#type: &Type,
    planned: &Value,
    applied: &Value,
    path: &AttributePath,
    broken: &mut Vec<AttributePath>,
) {
    let mut parts = |parts: Vec<(&Type, &Value, &Value, AttributePath)>| {
        for (r#type, planned, applied, path) in parts {
            compare(r#type, planned, applied, &path, broken);
        }
    };
    let kept = match (r#type, planned, applied) {
        (_, Value::Unknown(refinement), applied) => refinement
            .as_deref()
            .is_none_or(|refinement| allows(refinement, applied)),
        (Type::Dynamic, Value::Dynamic(planned), Value::Dynamic(applied)) => {
            parts(vec![(&applied.0, &planned.1, &applied.1, path.clone())]);
            planned.0 == applied.0 || planned.0.has_dynamic() || planned.1.is_unknown()
        }
        (Type::Object { attributes, .. }, Value::Map(_), Value::Map(_)) => {
            let attributes = attributes.iter().map(|(name, r#type)| {
                let path = path.clone().at(name.clone());
                (r#type, child(planned, name), child(applied, name), path)
            });
            parts(attributes.collect());
            true
        }
        (Type::Map(element), Value::Map(plans), Value::Map(actual)) => {
            let elements = plans.iter().filter_map(|(key, planned)| {
                let path = path.clone().key(key.clone());
                Some((element.as_ref(), planned, actual.get(key)?, path))
            });
            parts(elements.collect());
            plans.keys().eq(actual.keys())
        }
        (Type::List(element), Value::List(plans), Value::List(actual)) => {
            parts(elements(
                std::iter::repeat(element.as_ref()),
                plans,
                actual,
                path,
            ));
            plans.len() == actual.len()
        }
        (Type::Tuple(types), Value::List(plans), Value::List(actual)) => {
            parts(elements(types.iter(), plans, actual, path));
            plans.len() == actual.len()
        }
        (Type::Set(element), Value::List(plans), Value::List(actual)) => {
            same_set(element, plans, actual)
        }
        (_, planned, applied) => planned == applied,
    };
    if !kept {
        broken.push(path.clone());
    }
}

fn elements<'v>(
    types: impl Iterator<Item = &'v Type>,
    planned: &'v [Value],
    applied: &'v [Value],
    path: &AttributePath,
) -> Vec<(&'v Type, &'v Value, &'v Value, AttributePath)> {
    let pairs = planned.iter().zip(applied).zip(types).enumerate();
    pairs
        .map(|(index, ((planned, applied), r#type))| {
            (r#type, planned, applied, path.clone().index(index))
        })
        .collect()
}

/// Each planned element came, and each that came was planned; unknowns may have become equal, so the set may have shrunk.
fn same_set(element: &Type, planned: &[Value], applied: &[Value]) -> bool {
    let fits = |planned: &Value, applied: &Value| {
        let mut broken = Vec::new();
        compare(
            element,
            planned,
            applied,
            &AttributePath::root(),
            &mut broken,
        );
        broken.is_empty()
    };
    let wholly_known = planned.iter().all(Value::is_wholly_known);
    (!wholly_known || planned.len() == applied.len())
        && planned
            .iter()
            .all(|planned| applied.iter().any(|applied| fits(planned, applied)))
        && applied
            .iter()
            .all(|applied| planned.iter().any(|planned| fits(planned, applied)))
}

fn allows(refinement: &Refinement, value: &Value) -> bool {
    if value.is_null() {
        return refinement.nullable != Some(false);
    }
    let in_length = |length: usize| {
        u64::try_from(length).is_ok_and(|length| {
            refinement.length_min.is_none_or(|min| length >= min)
                && refinement.length_max.is_none_or(|max| length <= max)
        })
    };
    match value {
        Value::String(text) => refinement
            .string_prefix
            .as_deref()
            .is_none_or(|prefix| text.starts_with(prefix)),
        Value::Number(number) => {
            let above = refinement
                .number_min
                .as_ref()
                .is_none_or(|(min, inclusive)| number > min || (*inclusive && number == min));
            let below = refinement
                .number_max
                .as_ref()
                .is_none_or(|(max, inclusive)| number < max || (*inclusive && number == max));
            above && below
        }
        Value::List(elements) => in_length(elements.len()),
        Value::Map(elements) => in_length(elements.len()),
        _ => true,
    }
}
