//! What a state says of an attribute whose new value cannot be written: a change that was made is never answered with nothing.

use crate::diagnostics::Diagnostic;
use crate::error::ValueError;
use crate::objects::diagnostics::provider_bug;
use crate::value::Value;

/// A change's plan and the state before it; null stands for "is not".
#[derive(Clone, Copy)]
pub(crate) struct Substitutes<'v> {
    pub(crate) planned: &'v Value,
    pub(crate) prior: &'v Value,
}

impl Substitutes<'_> {
    /// The attribute as it was planned, else as it was before (an old id finds the object, null does not), else null. Never unknown.
    pub(crate) fn attribute(self, name: &str) -> Value {
        let planned = self.planned.attribute(name);
        let substitute = if planned.is_unknown() {
            self.prior.attribute(name)
        } else {
            planned
        };
        substitute.clone().unknown_as_null()
    }
}

/// The message about an attribute that was substituted.
pub(crate) fn describe_unwritable(name: &str, error: &ValueError) -> Diagnostic {
    let diagnostic = provider_bug(
        name,
        &format!(
            "the change was made, but what came of it cannot be written to the state as it is: {error}. All other attributes are saved, so the object is not forgotten. Do not remove it from the state. If it is marked as tainted, run `terraform untaint` to keep it, then apply again with a version of the provider that has this fixed"
        ),
    );
    if error.path().steps().is_empty() {
        diagnostic
    } else {
        diagnostic.at(error.path().clone())
    }
}
