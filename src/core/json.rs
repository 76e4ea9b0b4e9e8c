//! JSON that keeps what most readers lose: the order of members and members written twice.
//!
//! IAM refuses a policy with a duplicate key, and an answer of STS with one is not to be trusted, while `serde_json` silently keeps the
//! last. The depth is bounded by `serde_json`'s own limit of 128.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

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

/// Why a member cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberError {
    /// The whole is no object.
    NoObject,
    /// The name stands twice, in whatever case: two readers would take two values.
    Twice,
}

impl Json {
    /// Reads exactly one value; anything but white space after it is an error.
    pub(crate) fn parse(text: &str) -> Result<Json, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Reads the first value of a stream and ignores what follows it.
    pub(crate) fn parse_first(bytes: &[u8]) -> Result<Json, serde_json::Error> {
        let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Json>();
        values
            .next()
            .unwrap_or_else(|| Err(serde_json::Error::custom("empty")))
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

    /// A member by name, whatever its case, as Go's reader finds it. Absent members and members of `null` are `null`.
    pub(crate) fn member(&self, name: &str) -> Result<&Json, MemberError> {
        const NULL: &Json = &Json::Null;
        let members = match self {
            Json::Object(members) => members.as_slice(),
            Json::Null => return Ok(NULL),
            _ => return Err(MemberError::NoObject),
        };
        let mut found = members
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(value),
            (None, _) => Ok(NULL),
            (Some(_), Some(_)) => Err(MemberError::Twice),
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

    #[test]
    fn only_the_first_value_of_a_stream_is_read() {
        assert_eq!(
            Json::parse_first(b" {\"a\":1} rest").unwrap(),
            Json::Object(vec![("a".to_owned(), Json::Number("1".to_owned()))])
        );
        assert!(Json::parse_first(b"  ").is_err());
        assert!(Json::parse("{} {}").is_err());
    }
}
