//! Values from and to the wire. Answers are always MessagePack.

use crate::codec::{json, msgpack};
use crate::error::ValueError;
use crate::proto::tfplugin6::DynamicValue;
use crate::types::Type;
use crate::value::Value;

/// A value of a type; one that was not sent is null.
pub(crate) fn decode(value: Option<&DynamicValue>, r#type: &Type) -> Result<Value, ValueError> {
    match value {
        Some(value) if !value.msgpack.is_empty() => msgpack::decode(&value.msgpack, r#type),
        Some(value) if !value.json.is_empty() => {
            let text = std::str::from_utf8(&value.json)
                .map_err(|_| ValueError::new("the text is not UTF-8"))?;
            json::decode(text, r#type)
        }
        _ => Ok(Value::Null),
    }
}

/// A value for the wire.
pub(crate) fn encode(value: &Value, r#type: &Type) -> Result<DynamicValue, ValueError> {
    Ok(DynamicValue {
        msgpack: msgpack::encode(value, r#type)?,
        json: Vec::new(),
    })
}
