//! What is said of a principal whose access cannot be told, or not told alike for each request.

use eksauth_core::access::cluster_access::Principal;
use tf_provider::Diagnostic;

use super::IdentityMappingModel;
use crate::clusters::ClusterRef;
use crate::ports::sts::CallerIdentity;
use crate::session::CANNOT_TELL;

/// What decides could not be read.
pub(super) fn not_known(
    reference: &ClusterRef,
    principal: &Principal,
    reasons: &[String],
) -> Diagnostic {
    Diagnostic::warning(
        "Access Not Known",
        format!(
            "Whether {reference} admits `{}` could not be found out, so `access` is null: {}. Ask as someone who may read it, or grant the \
             caller the permission.",
            principal.arn,
            reasons.join("; ")
        ),
    )
}

/// Several entries match, and the cluster picks any of them.
pub(super) fn left_to_chance(reference: &ClusterRef, model: &IdentityMappingModel) -> Diagnostic {
    let arn = model.canonical_arn.known().map_or("", String::as_str);
    let summary = model.summary.known().map_or("", String::as_str);
    Diagnostic::warning(
        "Several Entries Match",
        format!(
            "In {reference} several entries match `{arn}`, and the cluster picks another one at each request: {summary}. `username`, `groups` and \
             `rule` are null for that reason. Leave one entry of them."
        ),
    )
}

/// STS names a caller that no cluster can compare with its mappings.
pub(in crate::data_sources) fn admitted_nowhere(
    identity: &CallerIdentity,
    reason: &str,
) -> Diagnostic {
    Diagnostic::error(
        CANNOT_TELL,
        format!("No cluster admits the caller `{}`: {reason}.", identity.arn),
    )
}
