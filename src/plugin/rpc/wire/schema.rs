//! Schemas and signatures to the wire.
//!
//! What surprises: the type of a nested attribute must stay empty, and the version stands twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::function::{Parameter, Signature};
use crate::objects::function::AnyFunction;
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::StringKind;
use crate::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use crate::proto::tfplugin6::schema::object::NestingMode as ObjectNesting;
use crate::schema::{Attribute, Block, Level, Nesting, Schema};
use crate::types::Type;

pub(crate) fn schema(schema: &Schema) -> proto::Schema {
    proto::Schema {
        version: schema.state_version(),
        block: Some(proto::schema::Block {
            version: schema.state_version(),
            description: schema.description_text().to_owned(),
            deprecated: schema.deprecation().is_some(),
            deprecation_message: schema.deprecation().unwrap_or_default().to_owned(),
            ..block(schema.level())
        }),
    }
}

fn block(level: Level<'_>) -> proto::schema::Block {
    proto::schema::Block {
        attributes: level
            .attributes
            .iter()
            .map(|(name, attribute)| self::attribute(name, attribute))
            .collect(),
        block_types: level
            .blocks
            .iter()
            .map(|(name, block)| nested_block(name, block))
            .collect(),
        description_kind: StringKind::Markdown.into(),
        ..proto::schema::Block::default()
    }
}

fn attribute(name: &str, attribute: &Attribute) -> proto::schema::Attribute {
    let nested = attribute.nest().map(|nest| proto::schema::Object {
        attributes: nest
            .level
            .attributes
            .iter()
            .map(|(name, inner)| self::attribute(name, inner))
            .collect(),
        nesting: match nest.nesting {
            Nesting::Single | Nesting::Group => ObjectNesting::Single,
            Nesting::List => ObjectNesting::List,
            Nesting::Set => ObjectNesting::Set,
            Nesting::Map => ObjectNesting::Map,
        }
        .into(),
        ..proto::schema::Object::default()
    });
    proto::schema::Attribute {
        name: name.to_owned(),
        r#type: if nested.is_some() {
            Vec::new()
        } else {
            type_bytes(&attribute.value_type())
        },
        nested_type: nested,
        description: attribute.description_text().to_owned(),
        required: attribute.is_required(),
        optional: attribute.is_optional(),
        computed: attribute.is_computed(),
        sensitive: attribute.is_sensitive(),
        description_kind: StringKind::Markdown.into(),
        deprecated: attribute.deprecation().is_some(),
        write_only: attribute.is_write_only(),
        deprecation_message: attribute.deprecation().unwrap_or_default().to_owned(),
    }
}

fn nested_block(name: &str, block: &Block) -> proto::schema::NestedBlock {
    let nest = block.nest();
    let (min_items, max_items) = block.bounds();
    proto::schema::NestedBlock {
        type_name: name.to_owned(),
        block: Some(proto::schema::Block {
            description: block.description_text().to_owned(),
            ..self::block(nest.level)
        }),
        nesting: match nest.nesting {
            Nesting::Single => BlockNesting::Single,
            Nesting::List => BlockNesting::List,
            Nesting::Set => BlockNesting::Set,
            Nesting::Map => BlockNesting::Map,
            Nesting::Group => BlockNesting::Group,
        }
        .into(),
        min_items,
        max_items,
    }
}

/// The signatures of functions by name.
pub(crate) fn functions(
    functions: &BTreeMap<&'static str, Arc<dyn AnyFunction>>,
) -> BTreeMap<String, proto::Function> {
    functions
        .iter()
        .map(|(name, erased)| ((*name).to_owned(), function(erased.signature())))
        .collect()
}

fn function(signature: &Signature) -> proto::Function {
    proto::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        variadic_parameter: signature.variadic.as_ref().map(parameter),
        r#return: Some(proto::function::Return {
            r#type: type_bytes(&signature.returns),
        }),
        summary: signature.summary.to_owned(),
        description: signature.description.to_owned(),
        description_kind: StringKind::Markdown.into(),
        deprecation_message: String::new(),
    }
}

fn parameter(parameter: &Parameter) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: type_bytes(&parameter.r#type),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: false,
        description: parameter.description.to_owned(),
        description_kind: StringKind::Markdown.into(),
    }
}

pub(super) fn type_bytes(r#type: &Type) -> Vec<u8> {
    r#type.to_json().to_string().into_bytes()
}
