//! Values from and to JSON and models.

pub use crate::codec::json::{decode as from_json, encode as to_json};
pub use crate::model::{from_value, to_value};
