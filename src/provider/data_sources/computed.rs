//! Attributes that a data source computes, by their kind.

use tf_provider::schema::Nesting;
use tf_provider::{Attribute, Type};

pub(crate) fn text(description: &str) -> Attribute {
    Attribute::string().computed().description(description)
}

pub(crate) fn texts(description: &str) -> Attribute {
    Attribute::list(Type::String)
        .computed()
        .description(description)
}

pub(crate) fn flag(description: &str) -> Attribute {
    Attribute::bool().computed().description(description)
}

pub(crate) fn number(description: &str) -> Attribute {
    Attribute::number().computed().description(description)
}

pub(crate) fn objects(attributes: Vec<(&'static str, Attribute)>, description: &str) -> Attribute {
    Attribute::nested(Nesting::List, attributes)
        .computed()
        .description(description)
}
