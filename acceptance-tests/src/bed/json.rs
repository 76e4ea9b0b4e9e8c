//! Fields of JSON answers.

use serde_json::Value;

use crate::failure::{Failure, Outcome};

/// The field `name` of a JSON object, as text; dots lead into objects below it.
///
/// # Errors
/// There is none, or it is no text.
pub fn text(object: &Value, name: &str) -> Outcome<String> {
    let found = object
        .pointer(&format!("/{}", name.replace('.', "/")))
        .and_then(Value::as_str);
    found
        .map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("no text `{name}` in {object}")))
}
