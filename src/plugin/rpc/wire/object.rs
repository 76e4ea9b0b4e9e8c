//! The values of one object from and to the wire, with messages that name the object.

use std::collections::BTreeMap;

use super::value::{decode, encode};
use crate::diagnostics::Diagnostics;
use crate::objects::{
    AnyObject, ObjectMeta, Substitutes, ValueOrigin, describe_unwritable, describe_value_error,
};
use crate::path::Step;
use crate::proto::tfplugin6 as proto;
use crate::value::Value;

/// Validates a configuration from the wire. `write_only_allowed`: whether the client knows write-only attributes.
pub(crate) fn validate<O: AnyObject + ?Sized>(
    object: &O,
    config: Option<&proto::DynamicValue>,
    write_only_allowed: bool,
) -> Result<Diagnostics, Diagnostics> {
    let config = object.meta().decode(config, ValueOrigin::Config)?;
    Ok(object.validate(&config, write_only_allowed))
}

impl ObjectMeta {
    /// A value of the object from the wire.
    pub(crate) fn decode(
        &self,
        value: Option<&proto::DynamicValue>,
        origin: ValueOrigin,
    ) -> Result<Value, Diagnostics> {
        decode(value, &self.r#type)
            .map_err(|error| describe_value_error(self.name, origin, &error).into())
    }

    /// A value of the object to the wire.
    pub(crate) fn encode(&self, value: &Value) -> Result<proto::DynamicValue, Diagnostics> {
        encode(value, &self.r#type)
            .map_err(|error| describe_value_error(self.name, ValueOrigin::Answer, &error).into())
    }

    /// The value of a change that was made to the wire: the attributes that cannot be encoded are substituted and reported.
    ///
    /// # Errors
    /// None but where even the substitutes, which came from the wire, cannot go back to it.
    pub(crate) fn encode_applied(
        &self,
        value: &Value,
        substitutes: Substitutes<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<proto::DynamicValue, Diagnostics> {
        if let Ok(encoded) = encode(value, &self.r#type) {
            return Ok(encoded);
        }
        let mut values = BTreeMap::new();
        for (name, r#type) in self.attribute_types() {
            match encode(value.attribute(name), r#type) {
                Ok(_) => {
                    values.insert(name.clone(), value.attribute(name).clone());
                }
                Err(error) => {
                    let fault = error.under(Step::Attribute(name.clone()));
                    diagnostics.push(describe_unwritable(self.name, &fault));
                }
            }
        }
        self.encode(&self.complete_object(values, substitutes))
    }
}
