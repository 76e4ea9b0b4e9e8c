//! A schema as a reader sees it: what a documentation generator or a test asks.

use super::{Attribute, Block, Kind, Nesting, Schema};
use crate::value::Value;

impl Schema {
    /// The attributes in their order.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        named(&self.attributes)
    }

    /// The blocks in their order.
    pub fn blocks(&self) -> impl Iterator<Item = (&str, &Block)> {
        named(&self.blocks)
    }

    /// What opens the object's page, in markdown.
    pub fn description_text(&self) -> &str {
        &self.description
    }

    /// What to use instead, where the object is deprecated.
    pub fn deprecation(&self) -> Option<&str> {
        self.deprecated.as_deref()
    }

    /// The version of its states.
    pub fn state_version(&self) -> i64 {
        self.version
    }
}

impl Attribute {
    /// Must it be configured?
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// May it be configured?
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// Does the provider fill it (where the configuration does not)?
    pub fn is_computed(&self) -> bool {
        self.computed
    }

    /// Is it hidden in output?
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Does it reach the provider and never the state?
    pub fn is_write_only(&self) -> bool {
        self.write_only
    }

    /// Does a change need a new object?
    pub fn is_replacing(&self) -> bool {
        self.replace
    }

    /// What to use instead, where it is deprecated.
    pub fn deprecation(&self) -> Option<&str> {
        self.deprecated.as_deref()
    }

    /// What it is where the configuration says nothing.
    pub fn default_value(&self) -> Option<&Value> {
        self.default.as_ref()
    }

    /// What it means, in markdown.
    pub fn description_text(&self) -> &str {
        &self.description
    }

    /// Its type as Terraform writes it: `set(string)`; a nested attribute is `object`, `list(object)`, `set(object)` or `map(object)`.
    pub fn type_notation(&self) -> String {
        match &self.kind {
            Kind::Type(r#type) => r#type.to_string(),
            Kind::Nested(Nesting::Single | Nesting::Group, _) => "object".to_owned(),
            Kind::Nested(Nesting::List, _) => "list(object)".to_owned(),
            Kind::Nested(Nesting::Set, _) => "set(object)".to_owned(),
            Kind::Nested(Nesting::Map, _) => "map(object)".to_owned(),
        }
    }

    /// Of a nested attribute: how many there are, and its attributes in their order.
    pub fn nested_attributes(&self) -> Option<(Nesting, impl Iterator<Item = (&str, &Self)>)> {
        match &self.kind {
            Kind::Type(_) => None,
            Kind::Nested(nesting, attributes) => Some((*nesting, named(attributes))),
        }
    }
}

impl Block {
    /// How many there are.
    pub fn nesting(&self) -> Nesting {
        self.nesting
    }

    /// The attributes in their order.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        named(&self.attributes)
    }

    /// The blocks within it in their order.
    pub fn blocks(&self) -> impl Iterator<Item = (&str, &Self)> {
        named(&self.blocks)
    }

    /// What it means, in markdown.
    pub fn description_text(&self) -> &str {
        &self.description
    }

    /// The least and the greatest number of them (0: no bound).
    pub fn bounds(&self) -> (i64, i64) {
        (self.min_items, self.max_items)
    }
}

fn named<T>(list: &[(String, T)]) -> impl Iterator<Item = (&str, &T)> {
    list.iter().map(|(name, item)| (name.as_str(), item))
}
