//! What is said where aws-auth cannot be asked for.

use tf_provider::Diagnostic;

/// The provider block has values that are known only after apply.
pub(super) fn not_configured() -> Diagnostic {
    Diagnostic::error(
        "Provider Not Configured Yet",
        "The provider block depends on values that are known only after apply, so aws-auth cannot be read now. Apply the resources it depends \
         on first, or give the provider known values.",
    )
}
