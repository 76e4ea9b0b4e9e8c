//! The configuration that a state would come from: what a person would write, and no more.

use crate::schema::{Level, Nest, Nesting};
use crate::value::Value;

/// What of a state belongs into its configuration. Defaults and what only the provider says are null, and so is every part of a nested attribute or
/// block of which nothing is left.
pub(crate) fn generated_config(level: Level<'_>, state: &Value) -> Value {
    let attributes = level.attributes.iter().map(|(name, attribute)| {
        let value = state.attribute(name);
        let is_configurable =
            attribute.required || attribute.optional || attribute.default.is_some();
        let is_default = attribute.default.as_ref() == Some(value);
        let value = match attribute.nest() {
            _ if !is_configurable || is_default || attribute.write_only => Value::Null,
            Some(nest) => generated_nest(nest, value),
            None => value.clone(),
        };
        (name.clone(), value)
    });
    let blocks = level.blocks.iter().map(|(name, block)| {
        let nest = block.nest();
        let value = generated_nest(nest, state.attribute(name));
        (name.clone(), value)
    });
    Value::Map(attributes.chain(blocks).collect())
}

fn generated_nest(nest: Nest<'_>, state: &Value) -> Value {
    match (nest.nesting, state) {
        (_, Value::Null) => Value::Null,
        (Nesting::Single | Nesting::Group, state) => generated_config(nest.level, state),
        (Nesting::List | Nesting::Set, Value::List(elements)) => Value::List(
            elements
                .iter()
                .map(|element| generated_config(nest.level, element))
                .collect(),
        ),
        (Nesting::Map, Value::Map(elements)) => Value::Map(
            elements
                .iter()
                .map(|(key, element)| (key.clone(), generated_config(nest.level, element)))
                .collect(),
        ),
        (_, other) => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Attribute, Schema};
    use crate::types::Type;

    fn schema() -> Schema {
        let element = || Attribute::string().optional();
        Schema::new("A thing.")
            .attribute("name", Attribute::string().required())
            .attribute("place", Attribute::string().optional().computed())
            .attribute("mode", Attribute::string().default(Value::from("plain")))
            .attribute(
                "words",
                Attribute::set(Type::String).default(Value::List(Vec::new())),
            )
            .attribute("id", Attribute::string().computed())
            .attribute(
                "parts",
                Attribute::nested(
                    Nesting::List,
                    [("key", element()), ("made", Attribute::string().computed())],
                )
                .optional(),
            )
    }

    #[test]
    fn defaults_and_what_the_provider_says_are_left_out() {
        let text = Value::from;
        let state = |mode: &'static str, words: Vec<Value>| {
            let part = Value::object([("key", text("a")), ("made", text("b"))]);
            Value::object([
                ("name", text("x")),
                ("place", text("here")),
                ("mode", text(mode)),
                ("words", Value::List(words)),
                ("id", text("1")),
                ("parts", Value::List(vec![part])),
            ])
        };
        let config = |mode: Value, words: Value| {
            let part = Value::object([("key", text("a")), ("made", Value::Null)]);
            Value::object([
                ("name", text("x")),
                ("place", text("here")),
                ("mode", mode),
                ("words", words),
                ("id", Value::Null),
                ("parts", Value::List(vec![part])),
            ])
        };
        let schema = schema();
        assert_eq!(
            generated_config(schema.level(), &state("plain", Vec::new())),
            config(Value::Null, Value::Null)
        );
        let words = vec![text("w")];
        assert_eq!(
            generated_config(schema.level(), &state("other", words.clone())),
            config(text("other"), Value::List(words))
        );
    }
}
