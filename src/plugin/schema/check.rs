//! The rules Terraform holds a schema to when it loads a provider, so that a wrong schema fails in a unit test instead.
//!
//! Source: Terraform's `InternalValidate` and the reserved names of its language.

use super::{Attribute, Block, Kind, Level, Nesting, Schema};
use crate::conform::conform;

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
            faults.push(format!("{prefix}{name}: the name is there twice"));
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
    let mut fault = |broken: bool, text: &str| {
        if broken {
            faults.push(format!("{path}: {text}"));
        }
    };
    fault(
        !attribute.required && !attribute.optional && !attribute.computed,
        "it is neither required, optional nor computed",
    );
    fault(
        attribute.required && attribute.optional,
        "it is both required and optional",
    );
    fault(
        attribute.required && attribute.computed,
        "it is both required and computed",
    );
    fault(
        attribute.required && attribute.default.is_some(),
        "a required attribute has no default",
    );
    fault(
        attribute.write_only && attribute.computed,
        "a write-only attribute cannot be computed",
    );
    fault(
        attribute.keep && !attribute.computed,
        "only a computed attribute can keep its value",
    );
    fault(
        attribute.deprecated.as_deref() == Some(""),
        "the deprecation says nothing",
    );
    if let Some(default) = &attribute.default
        && let Err(error) = conform(default.clone(), &attribute.value_type())
    {
        fault(true, &format!("the default does not fit: {error}"));
    }
    match &attribute.kind {
        Kind::Type(r#type) => {
            let set_of_dynamic =
                matches!(r#type, crate::Type::Set(element) if element.has_dynamic());
            fault(set_of_dynamic, "a set cannot hold dynamic values");
        }
        Kind::Nested(nesting, attributes) => {
            fault(*nesting == Nesting::Group, "only a block can be a group");
            fault(
                *nesting == Nesting::Set && attribute.value_type().has_dynamic(),
                "a set cannot hold dynamic values",
            );
            fault(
                *nesting == Nesting::Set && attributes.iter().any(|(_, inner)| inner.write_only),
                "a set cannot hold write-only attributes",
            );
            fault(
                attribute.write_only && attributes.iter().any(|(_, inner)| !inner.write_only),
                "all within a write-only attribute is write-only",
            );
            let level = Level {
                attributes,
                blocks: &[],
            };
            check_level(level, &format!("{path}."), faults);
        }
    }
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
