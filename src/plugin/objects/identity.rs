//! An identity without its types, and what the layer holds it to.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::json;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::error::ValueError;
use crate::identity::{IdentityAttribute, IdentitySchema};
use crate::model::{from_value, to_value};
use crate::objects::provider_bug;
use crate::types::Type;
use crate::value::Value;

/// Where the versions of identities begin for a resource that takes over the states of other providers.
///
/// OpenTofu (1.12) leaves the other provider's identity in a state that is moved, and compares its version with ours: a newer one is refused,
/// the same is taken for ours, and only an older one is brought to us to be upgraded. So ours must be newer than any other provider's.
const FIRST_AFTER_A_MOVE: i64 = 1000;

/// What the layer knows of a resource's identity.
pub(crate) struct IdentityMeta {
    pub(crate) resource: &'static str,
    pub(crate) schema: IdentitySchema,
    pub(crate) r#type: Type,
    /// The version as Terraform sees it.
    pub(crate) version: i64,
}

impl IdentityMeta {
    pub(crate) fn new(resource: &'static str, schema: IdentitySchema, moves: bool) -> Self {
        let attributes = schema.attributes.iter();
        let r#type =
            Type::object(attributes.map(|(name, attribute)| (name, attribute.r#type.clone())));
        let first = if moves { FIRST_AFTER_A_MOVE } else { 0 };
        Self {
            resource,
            version: first.saturating_add(schema.version),
            schema,
            r#type,
        }
    }

    /// The schema's version of a stored identity; `None` for a version of another provider's.
    pub(crate) fn schema_version(&self, stored: i64) -> Option<i64> {
        let first = self.version.saturating_sub(self.schema.version);
        Some(stored.saturating_sub(first)).filter(|version| *version >= 0)
    }

    /// An identity as it is stored: every attribute known. One with a null is not the whole identity, and OpenTofu cannot send it back.
    pub(crate) fn to_value<I: Serialize>(&self, identity: &I) -> Result<Value, Diagnostics> {
        let value = to_value(identity, &self.r#type).map_err(|error| self.misfit(&error))?;
        let open = self.schema.attributes().map(|(name, _)| name).find(|name| {
            let attribute = value.attribute(name);
            attribute.is_null() || !attribute.is_wholly_known()
        });
        match open {
            Some(name) => Err(provider_bug(
                self.resource,
                &format!("the attribute `{name}` of its identity has no value"),
            )
            .into()),
            None => Ok(value),
        }
    }

    /// What an import gives of an identity.
    pub(crate) fn to_identity<I: DeserializeOwned>(&self, value: &Value) -> Result<I, Diagnostics> {
        from_value(value).map_err(|error| self.misfit(&error).into())
    }

    /// A stored identity of the present version; null for what is none of ours.
    pub(crate) fn decode_json(&self, text: &str) -> Value {
        let decoded = json::decode(text, &self.r#type).unwrap_or(Value::Null);
        let is_whole = |attribute: &Value| !attribute.is_null();
        match &decoded {
            Value::Map(attributes) if attributes.values().all(is_whole) => decoded,
            _ => Value::Null,
        }
    }

    fn misfit(&self, error: &ValueError) -> Diagnostic {
        provider_bug(
            self.resource,
            &format!("its identity and the identity's schema do not fit each other: {error}"),
        )
    }

    /// Every fault of the schema, and every difference between its attributes and the identity's fields.
    pub(crate) fn check<I: Serialize + DeserializeOwned>(&self) -> Vec<String> {
        let mut faults: Vec<String> = self
            .schema
            .attributes()
            .flat_map(|(name, attribute)| attribute_faults(name, attribute))
            .collect();
        if self.schema.version < 0 {
            faults.push("the version is negative".to_owned());
        }
        if self.schema.attributes.is_empty() {
            faults.push("it has no attribute".to_owned());
        }
        let names: BTreeMap<&str, Value> = self
            .schema
            .attributes()
            .map(|(name, _)| (name, Value::Null))
            .collect();
        if names.len() != self.schema.attributes.len() {
            faults.push("a name appears twice".to_owned());
        }
        let sample = Value::object(names);
        let round = from_value::<I>(&sample).and_then(|identity| to_value(&identity, &self.r#type));
        faults.extend(round.err().map(|error| error.to_string()));
        let resource = self.resource;
        faults
            .into_iter()
            .map(|fault| format!("{resource}: identity: {fault}"))
            .collect()
    }
}

fn attribute_faults(name: &str, attribute: &IdentityAttribute) -> Vec<String> {
    let is_primitive = |r#type: &Type| matches!(r#type, Type::String | Type::Bool | Type::Number);
    let is_simple = match &attribute.r#type {
        Type::List(element) => is_primitive(element),
        r#type => is_primitive(r#type),
    };
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let rules = [
        (
            !is_simple,
            "it is neither text, a number, true or false, nor a list of these",
        ),
        (
            !is_name,
            "a name has lower-case letters, digits and underscores only",
        ),
    ];
    rules
        .into_iter()
        .filter(|(broken, _)| *broken)
        .map(|(_, text)| format!("{name}: {text}"))
        .collect()
}
