//! A function in a test.

use serde::Serialize;

use crate::function::{Function, FunctionError};
use crate::model::to_value;
use crate::objects::function::{ErasedFunction, argument_type};
use crate::types::Type;
use crate::value::Value;

/// Calls a function with arguments given one by one, the variadic ones too, as Terraform does.
///
/// # Errors
/// What the function refuses.
pub fn call<F: Function, A: Serialize>(
    function: F,
    arguments: &[A],
) -> Result<Value, FunctionError> {
    let erased = ErasedFunction::erase(function);
    let arguments = arguments
        .iter()
        .zip(0..)
        .map(|(argument, index)| {
            let r#type = usize::try_from(index)
                .ok()
                .and_then(|index| argument_type(erased.signature(), index))
                .unwrap_or(&Type::Dynamic);
            to_value(argument, r#type)
                .map_err(|error| FunctionError::argument(index, error.to_string()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    erased.call(arguments)
}
