//! What is said of the provider block, each attribute by itself apart.

use eksauth_core::principal::arn::Arn;
use eksauth_core::principal::partition::Partition;
use tf_provider::schema::Invalid;
use tf_provider::{AttributePath, Diagnostic};

/// Objects of a cluster need a region.
pub(crate) fn no_region() -> Diagnostic {
    Diagnostic::warning(
        "Provider Block Without Region",
        "Neither the provider block nor the environment nor the profile names a region. Objects of a cluster then need their own `region`; IAM \
         needs none.",
    )
    .at(AttributePath::attribute("region"))
}

/// Static keys come in pairs.
pub(super) fn missing_key(missing: &str) -> Diagnostic {
    Diagnostic::error(
        "Incomplete Credentials",
        format!(
            "Static credentials are `access_key` and `secret_key` together; `{missing}` is missing."
        ),
    )
    .at(AttributePath::attribute(missing))
}

/// A role of another partition can never be assumed from here.
pub(super) fn another_partition(role: &Arn, region: Partition) -> Diagnostic {
    Diagnostic::error(
        "Partitions Do Not Match",
        format!(
            "`{role}` is in partition `{}`, but `region` is in `{region}`: credentials of one partition are not valid in the other.",
            role.partition
        ),
    )
}

/// A web identity without its token.
pub(super) fn missing_token() -> Diagnostic {
    Diagnostic::error(
        "Missing Token",
        "Set `web_identity_token_file` (read whenever it is needed) or `web_identity_token`.",
    )
}

/// A client certificate comes with its key.
pub(super) fn half_a_client_certificate() -> Diagnostic {
    Diagnostic::error(
        "Incomplete Credentials",
        "`client_certificate` and `client_key` belong together; one of them is missing.",
    )
}

/// A block `assume_role` that is switched off.
pub(super) fn no_role() -> Diagnostic {
    Diagnostic::warning(
        "Argument Without Effect",
        "The block `assume_role` has no `role_arn`, or an empty one, so it assumes no role. Leave the block out if that is meant.",
    )
}

/// A block that assumes no role.
pub(super) fn missing_role_arn() -> Diagnostic {
    Diagnostic::error("Missing Role ARN", "The block needs `role_arn`.")
}

/// Two attributes say one thing.
pub(super) fn conflict(first: &str, second: &str) -> Diagnostic {
    Diagnostic::error(
        "Conflicting Attributes",
        format!("`{first}` and `{second}` cannot be set together. Keep one of them."),
    )
}

/// Certificates are never left unverified.
pub(super) fn tls_is_verified() -> Diagnostic {
    Diagnostic::error(
        "Certificates Are Always Verified",
        "`insecure = true` is refused. AWS tells this provider which API server and which certificate authority belong to a cluster, and tokens for the \
         cluster go there: without verification, whoever answers in the place of AWS gets them. For an endpoint with a certificate of your own \
         authority set `custom_ca_bundle`; an endpoint without TLS is written with `http://` in `endpoints`.",
    )
    .at(AttributePath::attribute("insecure"))
}

/// An argument of hashicorp/aws that does nothing here.
pub(super) struct Ignored {
    /// What it is called.
    pub(super) name: &'static str,
    /// Why it does nothing.
    pub(super) reason: &'static str,
}

/// Arguments of a copied block that do nothing here, all in one.
pub(super) fn no_effect(ignored: &[Ignored]) -> Diagnostic {
    let lines: Vec<String> = ignored
        .iter()
        .map(|one| format!("  - `{}`: {}", one.name, one.reason))
        .collect();
    Diagnostic::warning(
        "Argument Without Effect",
        format!(
            "hashicorp/aws has arguments that this provider accepts and does not need:\n{}\nLeave them out, or keep them where the block is shared.",
            lines.join("\n")
        ),
    )
}

/// What a single value is refused for, where the rule is not the attribute's own.
pub(super) fn invalid_value(invalid: &Invalid) -> Diagnostic {
    Diagnostic::error(invalid.summary.clone(), invalid.detail.clone())
}
