//! A Kubernetes manifest in YAML, as far as it names things: texts, lists and maps.

use serde_json::{Map, Value};

use crate::yaml::{self, Decoder, Key};

/// The first document of a text as JSON, in which everything that is no text, list or map is null; `None` for a text that is no YAML.
pub fn json_of_manifest(text: &str) -> Option<Value> {
    let document = yaml::parse(text).ok()?;
    let decoded = Decoder::new(&document).decode(document.root?).ok()?;
    Some(json(&decoded))
}

fn json(value: &yaml::Value<'_>) -> Value {
    match value {
        yaml::Value::Text(text) => Value::String(text.to_string()),
        yaml::Value::List(items) => items.iter().map(|(_, item)| json(item)).collect(),
        yaml::Value::Map(fields) => {
            let member = |field: &yaml::Field<'_>| match &field.key {
                Key::Text(key) => Some((key.to_string(), json(&field.value))),
                Key::Other => None,
            };
            Value::Object(fields.iter().filter_map(member).collect::<Map<_, _>>())
        }
        yaml::Value::Null | yaml::Value::Bool | yaml::Value::Number | yaml::Value::Infinite => {
            Value::Null
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_lists_and_texts_are_kept() {
        let text = "kind: ClusterRoleBinding\nmetadata: {name: a, generation: 1}\nsubjects:\n- kind: Group\n  name: 'b'\n---\nkind: other\n";
        assert_eq!(
            json_of_manifest(text),
            Some(
                json!({"kind": "ClusterRoleBinding", "metadata": {"name": "a", "generation": null}, "subjects": [{"kind": "Group", "name": "b"}]})
            )
        );
        assert_eq!(json_of_manifest("a: b: c"), None);
    }
}
