//! What is said where not everything may be read.

use tf_provider::Diagnostic;

/// Associations, roles or the OIDC provider.
pub(super) fn not_everything(unread: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "Not Everything Could Be Read",
        format!(
            "The service accounts are listed, and what is not known of their roles is null: {}. `reason` says at each account what it lacks. Grant the caller the \
             permission.",
            unread.join("; ")
        ),
    )
}
