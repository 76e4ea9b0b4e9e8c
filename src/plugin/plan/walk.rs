//! Visits every attribute of a planned value together with its configuration and prior state, nested ones after the one they stand in.

use crate::conform::sorted_set;
use crate::path::AttributePath;
use crate::plan::pairing::{child, paired};
use crate::schema::{Attribute, Level, Nest, Nesting};
use crate::value::Value;

/// An attribute as the plan sees it.
pub(super) struct PlannedAttribute<'a> {
    pub(super) schema: &'a Attribute,
    pub(super) config: &'a Value,
    pub(super) prior: &'a Value,
    /// Elements of sets cannot be pointed at: within one the path is the set's.
    pub(super) path: &'a AttributePath,
}

/// What belongs to a planned value: its configuration, its prior state, its path.
#[derive(Clone, Copy)]
pub(super) struct Counterparts<'a> {
    pub(super) config: &'a Value,
    pub(super) prior: &'a Value,
    pub(super) path: &'a AttributePath,
    pub(super) in_set: bool,
}

/// Visits a level; the visitor may change the value.
pub(super) fn walk(
    level: Level<'_>,
    counterparts: Counterparts<'_>,
    planned: &mut Value,
    visit: &mut dyn FnMut(&PlannedAttribute<'_>, &mut Value),
) {
    let Value::Map(fields) = planned else { return };
    for (name, attribute) in level.attributes {
        let Some(value) = fields.get_mut(name) else {
            continue;
        };
        let path = counterparts.below(name);
        let inner = counterparts.child(name, &path);
        let planned_attribute = PlannedAttribute {
            schema: attribute,
            config: inner.config,
            prior: inner.prior,
            path: &path,
        };
        visit(&planned_attribute, value);
        if let Some(nest) = attribute.nest() {
            walk_nest(nest, inner, value, visit);
        }
    }
    for (name, block) in level.blocks {
        let Some(value) = fields.get_mut(name) else {
            continue;
        };
        let path = counterparts.below(name);
        let inner = counterparts.child(name, &path);
        walk_nest(block.nest(), inner, value, visit);
    }
}

static ROOT: AttributePath = AttributePath::root();

impl<'a> Counterparts<'a> {
    /// What belongs to a planned object as a whole.
    pub(super) fn root(config: &'a Value, prior: &'a Value) -> Self {
        Self {
            config,
            prior,
            path: &ROOT,
            in_set: false,
        }
    }

    /// What belongs to an attribute or block; the path is that of [`below`](Self::below).
    fn child<'b>(&self, name: &str, path: &'b AttributePath) -> Counterparts<'b>
    where
        'a: 'b,
    {
        Counterparts {
            config: child(self.config, name),
            prior: child(self.prior, name),
            path,
            in_set: self.in_set,
        }
    }

    /// The path of an element: within a set that of the set.
    fn path_within<'b>(&self, path: &'b AttributePath) -> &'b AttributePath
    where
        'a: 'b,
    {
        if self.in_set { self.path } else { path }
    }

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
    counterparts: Counterparts<'_>,
    planned: &mut Value,
    visit: &mut dyn FnMut(&PlannedAttribute<'_>, &mut Value),
) {
    match (nest.nesting, planned) {
        (Nesting::Single | Nesting::Group, planned) => {
            walk(nest.level, counterparts, planned, visit)
        }
        (Nesting::List, Value::List(elements)) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let path = counterparts.path.clone().index(index);
                let inner = Counterparts {
                    config: paired::at_index(counterparts.config, index),
                    prior: paired::at_index(counterparts.prior, index),
                    path: counterparts.path_within(&path),
                    in_set: counterparts.in_set,
                };
                walk(nest.level, inner, element, visit);
            }
        }
        (Nesting::Map, Value::Map(elements)) => {
            for (key, element) in elements {
                let path = counterparts.path.clone().key(key.clone());
                let inner = Counterparts {
                    config: paired::at_key(counterparts.config, key),
                    prior: paired::at_key(counterparts.prior, key),
                    path: counterparts.path_within(&path),
                    in_set: counterparts.in_set,
                };
                walk(nest.level, inner, element, visit);
            }
        }
        (Nesting::Set, Value::List(elements)) => {
            for element in elements.iter_mut() {
                let config = paired::in_config(nest.level, counterparts.config, element);
                let inner = Counterparts {
                    config,
                    prior: paired::in_prior(nest.level, counterparts.prior, config, element),
                    path: counterparts.path,
                    in_set: true,
                };
                walk(nest.level, inner, element, visit);
            }
            *elements = sorted_set(std::mem::take(elements));
        }
        _ => {}
    }
}
