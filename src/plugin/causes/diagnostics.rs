//! What is said by an object that meets a cause which another one has told.

use crate::cause::Cause;
use crate::diagnostics::Diagnostic;

/// A plan without an answer about this object. The text names no object, so that Terraform folds it with those of the others.
pub(super) fn not_checked(cause: &Cause, told_as: &str) -> Diagnostic {
    Diagnostic::warning(
        "Not Checked For The Same Reason",
        format!(
            "{}. The error \"{told_as}\" of this run says why and what to do. Until then this object stays as it was last known, and nothing \
             about it is checked.",
            cause.name
        ),
    )
}

/// A step that did not happen.
pub(super) fn failed_alike(cause: &Cause, told_as: &str) -> Diagnostic {
    Diagnostic::error(
        "Failed For The Same Reason",
        format!(
            "{}: {}. The error \"{told_as}\" of this run says why and what to do.",
            cause.about, cause.name
        ),
    )
}
