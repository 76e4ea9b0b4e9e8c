//! From a schema as its author wrote it to what a page shows.
//!
//! A field without a description is an error: the schema is the only source, so a page cannot make up for it.

use tf_provider::schema::Nesting;
use tf_provider::{Attribute, Block, Schema, Type, Value};

use crate::error::DocgenError;
use crate::field::{Field, Group, Nested, NestedKind};

/// The fields of an object's schema. `object` names it in errors.
///
/// # Errors
/// A field has no description.
pub(crate) fn fields(object: &str, schema: &Schema) -> Result<Vec<Field>, DocgenError> {
    let attributes = schema
        .attributes()
        .map(|(name, attribute)| of_attribute(object, name, attribute));
    let blocks = schema
        .blocks()
        .map(|(name, block)| of_block(object, name, block));
    attributes.chain(blocks).collect()
}

fn of_attribute(parent: &str, name: &str, attribute: &Attribute) -> Result<Field, DocgenError> {
    let here = format!("{parent}.{name}");
    let nested = match attribute.nested_attributes() {
        None => None,
        Some((_, attributes)) => Some(Nested {
            kind: NestedKind::Attribute,
            fields: attributes
                .map(|(name, attribute)| of_attribute(&here, name, attribute))
                .collect::<Result<_, _>>()?,
        }),
    };
    Ok(Field {
        name: name.to_owned(),
        group: group(attribute),
        notation: attribute_notation(attribute),
        sensitive: attribute.is_sensitive(),
        write_only: attribute.is_write_only(),
        deprecated: attribute.deprecation().map(str::to_owned),
        default: attribute.default_value().map(literal),
        replaces: attribute.is_replacing(),
        description: described(&here, attribute.description_text())?,
        nested,
    })
}

fn of_block(parent: &str, name: &str, block: &Block) -> Result<Field, DocgenError> {
    let here = format!("{parent}.{name}");
    let attributes = block
        .attributes()
        .map(|(name, attribute)| of_attribute(&here, name, attribute));
    let blocks = block
        .blocks()
        .map(|(name, block)| of_block(&here, name, block));
    let (at_least, at_most) = block.bounds();
    Ok(Field {
        name: name.to_owned(),
        group: if at_least > 0 {
            Group::Required
        } else {
            Group::Optional
        },
        notation: block_notation(block.nesting(), at_least, at_most),
        sensitive: false,
        write_only: false,
        deprecated: None,
        default: None,
        replaces: false,
        description: described(&here, block.description_text())?,
        nested: Some(Nested {
            kind: NestedKind::Block,
            fields: attributes.chain(blocks).collect::<Result<_, _>>()?,
        }),
    })
}

fn group(attribute: &Attribute) -> Group {
    if attribute.is_required() {
        Group::Required
    } else if attribute.is_optional() {
        Group::Optional
    } else {
        Group::ReadOnly
    }
}

fn described(path: &str, description: &str) -> Result<String, DocgenError> {
    let text = description.trim();
    if text.is_empty() {
        return Err(DocgenError::NoDescription(path.to_owned()));
    }
    Ok(text.to_owned())
}

fn attribute_notation(attribute: &Attribute) -> String {
    match attribute.nested_attributes() {
        None => notation(&attribute.value_type()),
        Some((nesting, _)) => match nesting {
            Nesting::Single | Nesting::Group => String::from("Attributes"),
            Nesting::List => String::from("Attributes List"),
            Nesting::Set => String::from("Attributes Set"),
            Nesting::Map => String::from("Attributes Map"),
        },
    }
}

fn block_notation(nesting: Nesting, at_least: i64, at_most: i64) -> String {
    let mut text = match nesting {
        Nesting::Single | Nesting::Group => String::from("Block"),
        Nesting::List => String::from("Block List"),
        Nesting::Set => String::from("Block Set"),
        Nesting::Map => String::from("Block Map"),
    };
    if at_least > 0 {
        text.push_str(&format!(", Min: {at_least}"));
    }
    if at_most > 0 {
        text.push_str(&format!(", Max: {at_most}"));
    }
    text
}

/// A type as Terraform's documentation names it, `Set of String`.
pub(crate) fn notation(r#type: &Type) -> String {
    match r#type {
        Type::String => String::from("String"),
        Type::Bool => String::from("Boolean"),
        Type::Number => String::from("Number"),
        Type::Dynamic => String::from("Dynamic"),
        Type::List(element) => format!("List of {}", notation(element)),
        Type::Set(element) => format!("Set of {}", notation(element)),
        Type::Map(element) => format!("Map of {}", notation(element)),
        Type::Object { .. } => String::from("Object"),
        Type::Tuple(_) => String::from("Tuple"),
    }
}

/// A value as it is written in a configuration.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => String::from("null"),
        Value::Unknown(_) => String::from("known after apply"),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(literal).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Map(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name} = {}", literal(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Dynamic(pair) => literal(&pair.1),
    }
}
