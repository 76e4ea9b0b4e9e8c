//! What the layer itself says to a practitioner: values that do not fit, promises an object broke, panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::error::ValueError;

/// Whose value it is that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueOrigin {
    /// The practitioner's.
    Config,
    /// Terraform's copy of an earlier answer.
    State,
    /// The plan on its way back.
    Plan,
    /// What the object's code answered.
    Answer,
}

/// A value that does not fit an object's model or schema.
pub(crate) fn describe_value_error(
    name: &str,
    origin: ValueOrigin,
    error: &ValueError,
) -> Diagnostic {
    let reason = error.reason();
    let diagnostic = if error.is_about_keys() || origin == ValueOrigin::Answer {
        provider_bug(
            name,
            &format!("its model and its schema do not fit each other: {error}"),
        )
    } else {
        match origin {
            ValueOrigin::Config => Diagnostic::error(
                "Invalid Value",
                format!("The configuration of `{name}` cannot be used: {reason}."),
            ),
            ValueOrigin::State | ValueOrigin::Answer => Diagnostic::error(
                "Unreadable State",
                format!(
                    "The state of `{name}` cannot be read: {reason}. Refresh it, or remove the object from the state and import it again."
                ),
            ),
            ValueOrigin::Plan => Diagnostic::error(
                "Unreadable Plan",
                format!("The plan of `{name}` cannot be read: {reason}. Make a new plan."),
            ),
        }
    };
    if error.path().steps().is_empty() {
        diagnostic
    } else {
        diagnostic.at(error.path().clone())
    }
}

/// A promise that an object's code did not keep.
pub(crate) fn provider_bug(name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider Bug",
        format!(
            "`{name}`: {what}. This is always a bug in the provider; please report it to its authors."
        ),
    )
}

/// Runs an object's code; a panic becomes a message that names the object, and the process goes on.
pub(crate) async fn catch_panic<T>(
    name: &str,
    doing: &str,
    work: impl Future<Output = T>,
) -> Result<T, Diagnostics> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .map_err(|payload| panicked(name, doing, payload.as_ref()).into())
}

/// The same for code that does not wait.
pub(crate) fn catch_panic_sync<T>(
    name: &str,
    doing: &str,
    work: impl FnOnce() -> T,
) -> Result<T, Diagnostics> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|payload| panicked(name, doing, payload.as_ref()).into())
}

fn panicked(name: &str, doing: &str, payload: &(dyn Any + Send)) -> Diagnostic {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    tracing::error!(object = name, operation = doing, "panicked: {text}");
    provider_bug(name, &format!("it panicked during {doing}: {text}"))
}
