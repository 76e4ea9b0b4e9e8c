//! JSON that keeps what most readers lose: the order of members and members written twice.
//!
//! IAM refuses a policy with a duplicate key, while `serde_json` silently keeps the last. The depth is bounded by `serde_json`'s own limit of 128.

pub(crate) mod members;

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value as written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A number in its shortest spelling.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads exactly one value; anything but white space after it is an error.
    pub(crate) fn parse(text: &str) -> Result<Json, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The first key written twice in one object, with the path to it, such as `Statement[0].Condition.StringEquals`.
    pub(crate) fn duplicate_key(&self) -> Option<(String, String)> {
        self.duplicate_key_below(String::new())
    }

    fn duplicate_key_below(&self, path: String) -> Option<(String, String)> {
        match self {
            Json::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(index, item)| item.duplicate_key_below(format!("{path}[{index}]"))),
            Json::Object(members) => {
                let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
                keys.sort_unstable();
                let twice = keys.windows(2).find_map(|pair| match pair {
                    [first, second] if first == second => Some((*first).to_owned()),
                    _ => None,
                });
                if let Some(key) = twice {
                    return Some((path, key));
                }
                members.iter().find_map(|(key, value)| {
                    let below = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    value.duplicate_key_below(below)
                })
            }
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&[(String, Json)]> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_written_twice_is_found_with_its_path() {
        let json = Json::parse(r#"{"a":[{"b":{"c":1,"d":2,"c":3}}]}"#).unwrap();
        assert_eq!(
            json.duplicate_key(),
            Some(("a[0].b".to_owned(), "c".to_owned()))
        );
        assert_eq!(
            Json::parse(r#"{"a":{"b":1},"c":{"b":1}}"#)
                .unwrap()
                .duplicate_key(),
            None
        );
    }
}
