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
pub(crate) fn planned_as_configured(
    schema: &Schema,
    config: &Value,
    prior: &Value,
    planned: &Value,
) -> Vec<(AttributePath, &'static str)> {
    let mut broken = Vec::new();
    judge_level(
        schema.level(),
        [config, prior, planned],
        &AttributePath::root(),
        &mut broken,
    );
    broken
}

fn judge_level(
    level: Level<'_>,
    [config, prior, planned]: [&Value; 3],
    path: &AttributePath,
    broken: &mut Vec<(AttributePath, &'static str)>,
) {
    for (name, attribute) in level.attributes {
        let [said, was, will] = [config, prior, planned].map(|value| child(value, name));
        let path = path.clone().at(name.clone());
        if attribute.write_only {
            if !will.is_null() {
                broken.push((path, "a write-only value is in the plan"));
            }
        } else if will == said || (will == was && !was.is_null() && !said.is_null()) {
        } else if said.is_null() {
            if !attribute.computed {
                broken.push((path, "the configuration leaves it out, the plan gives it a value, and it is not computed"));
            }
        } else if let Some(nest) = attribute.nest()
            && !said.is_unknown()
        {
            judge_nest(nest, [said, was, will], &path, broken);
        } else {
            broken.push((path, "the planned value is not the configured one"));
        }
    }
    for (name, block) in level.blocks {
        let [said, was, will] = [config, prior, planned].map(|value| child(value, name));
        if will != said {
            judge_nest(
                block.nest(),
                [said, was, will],
                &path.clone().at(name.clone()),
                broken,
            );
        }
    }
}

fn judge_nest(
    nest: Nest<'_>,
    [config, prior, planned]: [&Value; 3],
    path: &AttributePath,
    broken: &mut Vec<(AttributePath, &'static str)>,
) {
    let mut judge = |said, was, will, path: &AttributePath| {
        judge_level(nest.level, [said, was, will], path, broken)
    };
    let same_count = match (nest.nesting, config, planned) {
        (Nesting::Single | Nesting::Group, Value::Map(_), Value::Map(_)) => {
            judge(config, prior, planned, path);
            true
        }
        (Nesting::List, Value::List(said), Value::List(will)) if said.len() == will.len() => {
            for (index, (said, will)) in said.iter().zip(will).enumerate() {
                let was = paired::at_index(prior, index);
                judge(said, was, will, &path.clone().index(index));
            }
            true
        }
        (Nesting::Map, Value::Map(said), Value::Map(will)) if said.keys().eq(will.keys()) => {
            for (key, said) in said {
                let was = paired::at_key(prior, key);
                judge(
                    said,
                    was,
                    child(planned, key),
                    &path.clone().key(key.clone()),
                );
            }
            true
        }
        (Nesting::Set, Value::List(said), Value::List(will)) => {
            said.len() == will.len() && said.iter().all(|said| is_planned(nest, said, will, path))
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
fn is_planned(nest: Nest<'_>, said: &Value, planned: &[Value], path: &AttributePath) -> bool {
    planned.iter().any(|will| {
        let mut broken = Vec::new();
        judge_level(nest.level, [said, &Value::Null, will], path, &mut broken);
        broken.is_empty()
    })
}

/// Where what was applied is not what was planned. Unknown may have become anything its refinement allows.
pub(crate) fn applied_as_planned(
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
        (Type::Map(element), Value::Map(will), Value::Map(is)) => {
            let elements = will.iter().filter_map(|(key, will)| {
                let path = path.clone().key(key.clone());
                Some((element.as_ref(), will, is.get(key)?, path))
            });
            parts(elements.collect());
            will.keys().eq(is.keys())
        }
        (Type::List(element), Value::List(will), Value::List(is)) => {
            parts(elements(
                std::iter::repeat(element.as_ref()),
                will,
                is,
                path,
            ));
            will.len() == is.len()
        }
        (Type::Tuple(types), Value::List(will), Value::List(is)) => {
            parts(elements(types.iter(), will, is, path));
            will.len() == is.len()
        }
        (Type::Set(element), Value::List(will), Value::List(is)) => same_set(element, will, is),
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
