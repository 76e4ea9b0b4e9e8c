//! The rules Terraform holds a schema to when it loads a provider, so that a wrong schema fails in a unit test instead.
//!
//! Source: Terraform's `InternalValidate` and the reserved names of its language.

use super::{Attribute, Block, Kind, Level, Nesting, Schema};
use crate::conform::conform;
use crate::types::Type;

/// Names that mean something else in a `resource` or `data` block.
const RESERVED: [&str; 7] = [
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];

impl Schema {
    /// Every rule it breaks, each with the path of the attribute; empty if it is sound.
    pub fn check(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.version < 0 {
            faults.push("the version is negative".to_owned());
        }
        for name in self.level().names() {
            if RESERVED.contains(&name) {
                faults.push(format!("{name}: the name is reserved by Terraform"));
            }
        }
        check_level(self.level(), "", &mut faults);
        faults
    }
}

impl<'s> Level<'s> {
    fn names(self) -> impl Iterator<Item = &'s str> {
        let attributes = self.attributes.iter().map(|(name, _)| name.as_str());
        attributes.chain(self.blocks.iter().map(|(name, _)| name.as_str()))
    }
}

fn check_level(level: Level<'_>, prefix: &str, faults: &mut Vec<String>) {
    let mut seen = Vec::new();
    for name in level.names() {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty()
            || !name.bytes().all(allowed)
            || name.starts_with(|first: char| first.is_ascii_digit())
        {
            faults.push(format!(
                "{prefix}{name}: a name has lower-case letters, digits and underscores only"
            ));
        }
        if seen.contains(&name) {
            faults.push(format!("{prefix}{name}: the name appears twice"));
        }
        seen.push(name);
    }
    for (name, attribute) in level.attributes {
        check_attribute(attribute, &format!("{prefix}{name}"), faults);
    }
    for (name, block) in level.blocks {
        check_block(block, &format!("{prefix}{name}"), faults);
    }
}

fn check_attribute(attribute: &Attribute, path: &str, faults: &mut Vec<String>) {
    let default = attribute
        .default
        .as_ref()
        .and_then(|default| conform(default.clone(), &attribute.value_type()).err())
        .map(|error| format!("the default does not fit: {error}"));
    let broken = role_faults(attribute).chain(shape_faults(attribute));
    let texts = broken.map(str::to_owned).chain(default);
    faults.extend(texts.map(|text| format!("{path}: {text}")));
    if let Some(nest) = attribute.nest() {
        check_level(nest.level, &format!("{path}."), faults);
    }
}

fn role_faults(attribute: &Attribute) -> impl Iterator<Item = &'static str> {
    let (required, optional) = (attribute.required, attribute.optional);
    let computed = attribute.computed;
    let rules = [
        (
            !required && !optional && !computed,
            "it is neither required, optional nor computed",
        ),
        (required && optional, "it is both required and optional"),
        (required && computed, "it is both required and computed"),
        (
            attribute.write_only && computed,
            "a write-only attribute cannot be computed",
        ),
        (
            attribute.keep && !computed,
            "only a computed attribute can keep its value",
        ),
        (
            attribute.deprecated.as_deref() == Some(""),
            "the deprecation message is empty",
        ),
    ];
    rules
        .into_iter()
        .filter_map(|(broken, text)| broken.then_some(text))
}

fn shape_faults(attribute: &Attribute) -> impl Iterator<Item = &'static str> {
    let inner = |holds: fn(&Attribute) -> bool| match &attribute.kind {
        Kind::Type(_) => false,
        Kind::Nested(_, attributes) => attributes.iter().any(|(_, inner)| holds(inner)),
    };
    let nesting = attribute.nest().map(|nest| nest.nesting);
    let in_set = nesting == Some(Nesting::Set);
    let set_of_dynamic = match attribute.value_type() {
        Type::Set(element) => element.has_dynamic(),
        _ => false,
    };
    let rules = [
        (
            nesting == Some(Nesting::Group),
            "only a block can be a group",
        ),
        (set_of_dynamic, "a set cannot hold dynamic values"),
        (
            in_set && inner(|inner| inner.write_only),
            "a set cannot hold write-only attributes",
        ),
        (
            attribute.write_only && inner(|inner| !inner.write_only),
            "all within a write-only attribute is write-only",
        ),
    ];
    rules
        .into_iter()
        .filter_map(|(broken, text)| broken.then_some(text))
}

fn check_block(block: &Block, path: &str, faults: &mut Vec<String>) {
    let (min, max) = (block.min_items, block.max_items);
    let mut fault = |broken: bool, text: &str| {
        if broken {
            faults.push(format!("{path}: {text}"));
        }
    };
    fault(min < 0 || max < 0, "a number of items is negative");
    match block.nesting {
        Nesting::Single => fault(
            min != max || min > 1,
            "a single block is there at most once: 0 and 0, or 1 and 1",
        ),
        Nesting::Map | Nesting::Group => fault(
            min != 0 || max != 0,
            "a map or group of blocks has no bounds",
        ),
        Nesting::List | Nesting::Set => fault(
            max != 0 && min > max,
            "fewer items are allowed than required",
        ),
    }
    let level = block.nest().level;
    fault(
        block.nesting == Nesting::Set && level.object_type().has_dynamic(),
        "a set cannot hold dynamic values",
    );
    fault(
        block.nesting == Nesting::Set && level.attributes.iter().any(|(_, inner)| inner.write_only),
        "a set cannot hold write-only attributes",
    );
    check_level(level, &format!("{path}."), faults);
}
