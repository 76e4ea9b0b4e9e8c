//! What is said of a question that cannot be asked so, and of one that could not be answered wholly.

use tf_provider::{AttributePath, Diagnostic};

use crate::access::web_identity::WebIdentity;
use crate::clusters::ClusterRef;
use crate::diagnostics::api_failure;

/// Nothing names the role.
pub(super) fn missing_role() -> Diagnostic {
    Diagnostic::error(
        "Missing Role",
        "Give `role_name` or `role_arn`: its account decides which OIDC provider counts.",
    )
    .at(AttributePath::attribute("role_name"))
}

/// Two attributes name one thing.
pub(super) fn conflict(attribute: &str, other: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Conflicting Attributes",
        format!("`{other}` and `{attribute}` cannot be set together: {why}."),
    )
    .at(AttributePath::attribute(attribute))
}

/// A value that was unknown when the configuration was judged.
pub(super) fn invalid(attribute: &str, reason: &str) -> Diagnostic {
    Diagnostic::error("Invalid Attribute Value", api_failure::sentence(reason))
        .at(AttributePath::attribute(attribute))
}

/// A cluster that is being created has no issuer.
pub(super) fn no_issuer_yet(reference: &ClusterRef) -> Diagnostic {
    Diagnostic::error(
        "Cluster Not Ready",
        format!(
            "{reference} has no OIDC issuer yet: it is still being created. Ask again once it is active."
        ),
    )
}

/// The role is not there.
pub(super) fn role_not_found(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Role Not Found",
        format!(
            "There is no role `{name}` in the account of the caller. A role that is only planned can be judged with `policy`."
        ),
    )
}

/// The role of that name has another ARN.
pub(super) fn another_role(name: &str, found: &str, asked: &str) -> Diagnostic {
    Diagnostic::error(
        "Another Role",
        format!(
            "The role `{name}` in the account of the caller is `{found}`, not `{asked}`. Use a provider configuration of its account, or give its \
             trust policy with `policy`."
        ),
    )
    .at(AttributePath::attribute("role_arn"))
}

/// What decides could not be read.
pub(super) fn not_judged(asked: &WebIdentity, reason: &str) -> Diagnostic {
    Diagnostic::warning(
        "Not Everything Could Be Checked",
        format!(
            "Whether `{}` gets `{}` could not be found out, so `allowed` is null: {reason}. Ask as someone who may read it, or grant the caller \
             the permission.",
            asked.subject, asked.role_arn
        ),
    )
}
