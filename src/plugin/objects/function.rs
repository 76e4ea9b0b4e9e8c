//! A provider function without its types: arguments by position, errors keyed to the argument's index.

use std::sync::Arc;

use crate::error::ValueError;
use crate::function::{Function, FunctionError, Parameter, Signature};
use crate::model::{from_value, to_value};
use crate::objects::catch_panic_sync;
use crate::path::Step;
use crate::types::Type;
use crate::value::Value;

/// A function whose argument types are hidden.
pub(crate) trait AnyFunction: Send + Sync {
    fn signature(&self) -> &Signature;

    fn check(&self) -> Vec<String>;

    /// The arguments as Terraform gives them, the variadic ones one after the other.
    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError>;
}

/// A function with its signature.
pub(crate) struct ErasedFunction<F> {
    function: F,
    signature: Signature,
}

impl Signature {
    /// The parameter of an argument by its index.
    pub(crate) fn parameter(&self, index: usize) -> Option<&Parameter> {
        self.parameters.get(index).or(self.variadic.as_ref())
    }
}

impl<F: Function> ErasedFunction<F> {
    pub(crate) fn erase(function: F) -> Arc<dyn AnyFunction> {
        let signature = function.signature();
        Arc::new(Self {
            function,
            signature,
        })
    }
}

impl<F: Function> AnyFunction for ErasedFunction<F> {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn check(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let parameters = self.signature.parameters.iter();
        let mut seen: Vec<&str> = Vec::new();
        for parameter in parameters.chain(&self.signature.variadic) {
            if seen.contains(&parameter.name) {
                faults.push(format!(
                    "{}: the parameter `{}` appears twice",
                    F::NAME,
                    parameter.name
                ));
            }
            seen.push(parameter.name);
        }
        if self.signature.summary.is_empty() {
            faults.push(format!("{}: the summary is missing", F::NAME));
        }
        faults
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let arguments = collect_arguments(&self.signature, arguments)?;
        let arguments = from_value(&arguments)
            .map_err(|error| describe_argument_error(&self.signature, &error))?;
        let answer = catch_panic_sync(F::NAME, "call", || self.function.call(arguments)).map_err(
            |panicked| function_bug(F::NAME, panicked.iter().map(|one| one.detail.as_str())),
        )??;
        to_value(&answer, &self.signature.returns)
            .map_err(|error| function_bug(F::NAME, [error.to_string().as_str()]))
    }
}

fn function_bug<'t>(name: &str, texts: impl IntoIterator<Item = &'t str>) -> FunctionError {
    let text = texts.into_iter().collect::<Vec<_>>().join(" ");
    FunctionError {
        text: format!(
            "The function `{name}` has no result because of a bug in the provider: {text}"
        ),
        argument: None,
    }
}

/// The fixed arguments one by one, the variadic ones as one list behind them.
fn collect_arguments(
    signature: &Signature,
    mut arguments: Vec<Value>,
) -> Result<Value, FunctionError> {
    let fixed = signature.parameters.len();
    let fits = match signature.variadic {
        Some(_) => arguments.len() >= fixed,
        None => arguments.len() == fixed,
    };
    if !fits {
        return Err(FunctionError {
            text: format!("{fixed} arguments are required, not {}", arguments.len()),
            argument: None,
        });
    }
    if signature.variadic.is_some() {
        let rest = arguments.split_off(fixed);
        arguments.push(Value::List(rest));
    }
    Ok(Value::List(arguments))
}

/// A path's first step is the argument; of a variadic one the second step counts from the first of them.
fn describe_argument_error(signature: &Signature, error: &ValueError) -> FunctionError {
    let fixed = i64::try_from(signature.parameters.len()).unwrap_or(i64::MAX);
    let mut steps = error.path().steps().iter();
    let argument = match (steps.next(), error.path().steps().get(1)) {
        (Some(Step::Index(first)), Some(Step::Index(second))) if *first == fixed => {
            Some(first.saturating_add(*second))
        }
        (Some(Step::Index(first)), _) => Some(*first),
        _ => None,
    };
    FunctionError {
        text: error.to_string(),
        argument,
    }
}

/// The type an argument travels as.
pub(crate) fn argument_type(signature: &Signature, index: usize) -> Option<&Type> {
    signature
        .parameter(index)
        .map(|parameter| &parameter.r#type)
}
