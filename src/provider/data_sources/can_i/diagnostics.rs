//! What is said where a question cannot be answered.

use eksauth_core::access::cluster_access::Principal;
use tf_provider::Diagnostic;

use crate::clusters::ClusterRef;

/// What decides could not be found out.
pub(super) fn not_known(
    reference: &ClusterRef,
    principal: &Principal,
    reasons: &[String],
) -> Diagnostic {
    Diagnostic::warning(
        "Permission Not Known",
        format!(
            "Whether `{}` may do this in {reference} could not be found out, so `allowed` is null: {}. Ask as someone who may read it, or name a \
             session in `arn` where the user name has placeholders.",
            principal.arn,
            reasons.join("; ")
        ),
    )
}

/// The text names no resource.
pub(super) fn no_resource(reason: String) -> Diagnostic {
    Diagnostic::error("Invalid Kubernetes Resource", format!("{reason}."))
}
