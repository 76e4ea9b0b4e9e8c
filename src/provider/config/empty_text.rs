//! The empty text in an argument of hashicorp/aws means "not set" there, and so it does here: `var.role` switches a role off.

use tf_provider::Value;

/// Arguments that hashicorp/aws does not have: the empty text is as wrong there as elsewhere.
const OWN: [&str; 8] = [
    "cluster_name",
    "clusters",
    "lockout_guard",
    "protected_principals",
    "apply_principal_arns",
    "on_unreadable",
    "recovery",
    "recovery_folder",
];

/// The provider block with null in the place of empty texts, those of its blocks too. Elements of lists, sets and maps stay: a tag may be empty.
pub(crate) fn unset(block: Value) -> Value {
    let Value::Map(attributes) = block else {
        return block;
    };
    let unset = attributes.into_iter().map(|(name, value)| {
        let value = match value {
            own if OWN.contains(&name.as_str()) => own,
            Value::List(blocks) => Value::List(blocks.into_iter().map(texts_unset).collect()),
            value => text_unset(texts_unset(value)),
        };
        (name, value)
    });
    Value::Map(unset.collect())
}

/// A block with null in the place of its empty texts; any other value as it is.
fn texts_unset(block: Value) -> Value {
    match block {
        Value::Map(attributes) => Value::Map(
            attributes
                .into_iter()
                .map(|(name, value)| (name, text_unset(value)))
                .collect(),
        ),
        other => other,
    }
}

fn text_unset(value: Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::Type;

    use super::*;
    use crate::config::schema;

    fn empty() -> Value {
        Value::String(String::new())
    }

    #[test]
    fn every_empty_text_of_the_block_is_unset_but_those_of_its_own_arguments() {
        let schema = schema();
        let names: Vec<String> = schema
            .attributes()
            .filter(|(_, attribute)| attribute.value_type() == Type::String)
            .map(|(name, _)| name.to_owned())
            .collect();
        assert!(names.len() > 15, "{names:?}");
        let block = unset(Value::object(names.iter().map(|name| (name, empty()))));
        let Value::Map(block) = block else {
            unreachable!()
        };
        for name in names {
            let is_own = OWN.contains(&name.as_str());
            assert_eq!(block[&name].is_null(), !is_own, "{name}");
        }
    }

    #[test]
    fn blocks_are_looked_into_and_elements_of_maps_and_lists_stay() {
        let tags = Value::object([("tags", Value::object([("team", empty())]))]);
        let files = Value::List(vec![empty()]);
        let block = unset(Value::object([
            (
                "assume_role",
                Value::List(vec![Value::object([("role_arn", empty())])]),
            ),
            ("endpoints", Value::object([("sts", empty())])),
            ("default_tags", tags.clone()),
            ("shared_config_files", files.clone()),
        ]));
        let expected = Value::object([
            (
                "assume_role",
                Value::List(vec![Value::object([("role_arn", Value::Null)])]),
            ),
            ("endpoints", Value::object([("sts", Value::Null)])),
            ("default_tags", tags),
            ("shared_config_files", files),
        ]);
        assert_eq!(block, expected);
    }
}
