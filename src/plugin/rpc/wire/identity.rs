//! Identities and their schemas from and to the wire. One that was not sent is null, and null is not sent.

use super::schema::type_bytes;
use super::value::{decode, encode};
use crate::diagnostics::Diagnostics;
use crate::objects::resource::AnyResource;
use crate::objects::{IdentityMeta, ValueOrigin, describe_value_error};
use crate::proto::tfplugin6 as proto;
use crate::value::Value;

pub(crate) fn identity_schema(meta: &IdentityMeta) -> proto::ResourceIdentitySchema {
    let attributes = meta.schema.attributes();
    proto::ResourceIdentitySchema {
        version: meta.version,
        identity_attributes: attributes
            .map(
                |(name, attribute)| proto::resource_identity_schema::IdentityAttribute {
                    name: name.to_owned(),
                    r#type: type_bytes(attribute.value_type()),
                    required_for_import: attribute.is_required_for_import(),
                    optional_for_import: !attribute.is_required_for_import(),
                    description: attribute.description_text().to_owned(),
                },
            )
            .collect(),
    }
}

impl<C> dyn AnyResource<C> {
    /// The identity beside a state or a plan from the wire.
    pub(crate) fn decode_identity(
        &self,
        data: Option<&proto::ResourceIdentityData>,
    ) -> Result<Value, Diagnostics> {
        let (Some(meta), Some(data)) = (self.identity(), data) else {
            return Ok(Value::Null);
        };
        decode(data.identity_data.as_ref(), &meta.r#type)
            .map_err(|error| describe_value_error(meta.resource, ValueOrigin::State, &error).into())
    }

    /// An identity to the wire.
    pub(crate) fn encode_identity(
        &self,
        identity: &Value,
    ) -> Result<Option<proto::ResourceIdentityData>, Diagnostics> {
        match self.identity() {
            Some(meta) if !identity.is_null() => meta.encode(identity).map(Some),
            _ => Ok(None),
        }
    }
}

impl IdentityMeta {
    /// An identity to the wire, null too.
    pub(crate) fn encode(
        &self,
        identity: &Value,
    ) -> Result<proto::ResourceIdentityData, Diagnostics> {
        let data = encode(identity, &self.r#type)
            .map_err(|error| describe_value_error(self.resource, ValueOrigin::Answer, &error))?;
        Ok(proto::ResourceIdentityData {
            identity_data: Some(data),
        })
    }
}
