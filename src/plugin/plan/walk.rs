//! Visits every attribute of a planned value together with its configuration and prior state, nested ones after the one they stand in.

use crate::conform::sorted_set;
use crate::path::AttributePath;
use crate::plan::pairing::{child, paired};
use crate::schema::{Attribute, Level, Nest, Nesting};
use crate::value::Value;

/// An attribute as the plan sees it.
pub(super) struct Place<'a> {
    pub(super) attribute: &'a Attribute,
    pub(super) config: &'a Value,
    pub(super) prior: &'a Value,
    /// Elements of sets cannot be pointed at: within one the path is the set's.
    pub(super) path: &'a AttributePath,
}

/// Where a value stands: its configuration, its prior state, its path.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) config: &'a Value,
    pub(super) prior: &'a Value,
    pub(super) path: &'a AttributePath,
    pub(super) in_set: bool,
}

/// Visits a level; the visitor may change the value.
pub(super) fn walk(
    level: Level<'_>,
    beside: Beside<'_>,
    planned: &mut Value,
    visit: &mut dyn FnMut(&Place<'_>, &mut Value),
) {
    let Value::Map(fields) = planned else { return };
    for (name, attribute) in level.attributes {
        let Some(value) = fields.get_mut(name) else {
            continue;
        };
        let path = beside.below(name);
        let inner = Beside {
            config: child(beside.config, name),
            prior: child(beside.prior, name),
            path: &path,
            in_set: beside.in_set,
        };
        let place = Place {
            attribute,
            config: inner.config,
            prior: inner.prior,
            path: &path,
        };
        visit(&place, value);
        if let Some(nest) = attribute.nest() {
            walk_nest(nest, inner, value, visit);
        }
    }
    for (name, block) in level.blocks {
        let Some(value) = fields.get_mut(name) else {
            continue;
        };
        let path = beside.below(name);
        let inner = Beside {
            config: child(beside.config, name),
            prior: child(beside.prior, name),
            path: &path,
            in_set: beside.in_set,
        };
        walk_nest(block.nest(), inner, value, visit);
    }
}

impl Beside<'_> {
    fn below(&self, name: &str) -> AttributePath {
        if self.in_set {
            self.path.clone()
        } else {
            self.path.clone().at(name)
        }
    }
}

fn walk_nest(
    nest: Nest<'_>,
    beside: Beside<'_>,
    planned: &mut Value,
    visit: &mut dyn FnMut(&Place<'_>, &mut Value),
) {
    match (nest.nesting, planned) {
        (Nesting::Single | Nesting::Group, planned) => walk(nest.level, beside, planned, visit),
        (Nesting::List, Value::List(elements)) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let path = beside.path.clone().index(index);
                let inner = Beside {
                    config: paired::at_index(beside.config, index),
                    prior: paired::at_index(beside.prior, index),
                    path: if beside.in_set { beside.path } else { &path },
                    in_set: beside.in_set,
                };
                walk(nest.level, inner, element, visit);
            }
        }
        (Nesting::Map, Value::Map(elements)) => {
            for (key, element) in elements {
                let path = beside.path.clone().key(key.clone());
                let inner = Beside {
                    config: paired::at_key(beside.config, key),
                    prior: paired::at_key(beside.prior, key),
                    path: if beside.in_set { beside.path } else { &path },
                    in_set: beside.in_set,
                };
                walk(nest.level, inner, element, visit);
            }
        }
        (Nesting::Set, Value::List(elements)) => {
            for element in elements.iter_mut() {
                let config = paired::in_config(nest.level, beside.config, element);
                let inner = Beside {
                    config,
                    prior: paired::in_prior(nest.level, beside.prior, config, element),
                    path: beside.path,
                    in_set: true,
                };
                walk(nest.level, inner, element, visit);
            }
            *elements = sorted_set(std::mem::take(elements));
        }
        _ => {}
    }
}
