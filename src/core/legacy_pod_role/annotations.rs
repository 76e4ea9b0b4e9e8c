//! Annotations of an object. Which of them count is only known once the flags of kube2iam are, so all are kept until the object has been looked at.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What `kubectl apply` writes: the whole object once more, in which nothing is looked for.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The prefixes of annotations that are looked at whatever the flags say. Under them everything must be a text.
const LOOKED_AT: [&str; 2] = ["iam.amazonaws.com/", "eks.amazonaws.com/"];

/// Annotations by key.
#[derive(Debug, Default)]
pub(super) struct Annotations(BTreeMap<String, String>);

impl Annotations {
    pub(super) fn get(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ByKey)
    }
}

struct ByKey;

impl<'de> Visitor<'de> for ByKey {
    type Value = Annotations;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("annotations")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Annotations, A::Error> {
        let mut read = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == LAST_APPLIED {
                map.next_value::<serde::de::IgnoredAny>()?;
                continue;
            }
            match map.next_value::<Value>()? {
                Value::String(text) => {
                    read.insert(key, text);
                }
                Value::Null => {}
                _ if LOOKED_AT.iter().any(|prefix| key.starts_with(prefix)) => {
                    return Err(A::Error::custom(format!(
                        "the annotation `{key}` is no text: put it in quotes"
                    )));
                }
                _ => {}
            }
        }
        Ok(Annotations(read))
    }
}
