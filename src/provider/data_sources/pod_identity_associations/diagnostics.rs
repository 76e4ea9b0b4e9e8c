//! What is said where not every association may be read.

use std::collections::BTreeSet;

use tf_provider::Diagnostic;

/// Details that were asked for and are not there.
pub(super) fn not_everything(unread: &BTreeSet<String>) -> Diagnostic {
    let reasons: Vec<&str> = unread.iter().map(String::as_str).collect();
    Diagnostic::warning(
        "Not Everything Could Be Read",
        format!(
            "The Pod Identity associations are listed, and the details of some are null: {}. Grant the caller the permission, or leave `details` out.",
            reasons.join("; ")
        ),
    )
}
