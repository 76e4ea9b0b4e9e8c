//! What is said of the role of a service account, and of whether it lets the account in.

use tf_provider::Diagnostic;

use super::{About, at};
use crate::access::role_trust::Refusal;
use crate::diagnostics::api_failure::sentence;

/// How a role's trust is told: what stops the plan can be made a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::resources::service_account) enum OnUntrusted {
    Error,
    Warn,
}

impl OnUntrusted {
    fn diagnostic(self, title: &str, text: String) -> Diagnostic {
        match self {
            Self::Error => Diagnostic::error(
                title,
                format!(
                    "{text} If the same apply changes that by a resource of another provider, set `on_untrusted = \"warn\"`."
                ),
            ),
            Self::Warn => Diagnostic::warning(title, text),
        }
        .at(at("role_arn"))
    }

    /// The role's trust policy does not let the account in.
    pub(in crate::resources::service_account) fn refused(
        self,
        about: &About,
        role_arn: &str,
        refusal: &Refusal,
    ) -> Diagnostic {
        let text = format!(
            "Pods of service account `{}` would not get `{role_arn}`. {} {}",
            about.subject(),
            refusal.explanation,
            remedy(about, refusal)
        );
        let diagnostic = self.diagnostic("Role Does Not Trust Service Account", text);
        match refusal.reason.as_str() {
            "provider.client_id" => diagnostic.at(at("audience")),
            reason if is_about_audience(reason) => diagnostic.at(at("audience")),
            _ => diagnostic,
        }
    }

    /// The role of that name has another ARN.
    pub(in crate::resources::service_account) fn other_arn(
        self,
        role_arn: &str,
        found: &str,
    ) -> Diagnostic {
        let text = format!(
            "There is no role `{role_arn}`; the role of that name is `{found}`. STS compares the whole ARN, its path included, so pods would not get the role. \
             Write the role's own ARN."
        );
        self.diagnostic("Another Role", text)
    }
}

impl OnUntrusted {
    /// A role of another partition, which no apply brings nearer.
    pub(in crate::resources::service_account) fn other_partition(
        self,
        role_arn: &str,
        role: &str,
        cluster: &str,
    ) -> Diagnostic {
        let title = "Role In Another Partition";
        let text = format!(
            "`{role_arn}` is in partition `{role}` and the cluster in `{cluster}`. No token of this cluster counts there. Write the ARN of a role in `{cluster}`."
        );
        match self {
            Self::Error => Diagnostic::error(title, text),
            Self::Warn => Diagnostic::warning(title, text),
        }
        .at(at("role_arn"))
    }
}

fn remedy(about: &About, refusal: &Refusal) -> String {
    let Refusal {
        reason,
        provider_arn,
        issuer,
        audience,
        ..
    } = refusal;
    match reason.as_str() {
        "provider.not_found" => {
            "Make it with `eksauth_oidc_provider` in the account of the role.".to_owned()
        }
        "provider.client_id" => format!(
            "Add `{audience}` to the provider's `client_id_list`, or set `audience` to one that it takes."
        ),
        reason if is_about_audience(reason) => format!(
            "The account is named, and its tokens have the audience `{audience}`, which the trust policy does not take. Set `audience` here to one that it takes, or let the \
             trust policy of the role take `{audience}`: `audience = \"{audience}\"` in its `eksauth_irsa_role`, or `{issuer}:aud` = `{audience}` in the condition."
        ),
        _ => format!(
            "Name `{}` in `service_accounts` of the role's `eksauth_irsa_role`{}, or allow `sts:AssumeRoleWithWebIdentity` to `{provider_arn}` in its trust policy \
             with `{issuer}:sub` = `system:serviceaccount:{}` and `{issuer}:aud` = `{audience}`.",
            about.subject(),
            audience_too(audience),
            about.subject()
        ),
    }
}

/// The refusal of an account whose audience others have set.
pub(in crate::resources::service_account) fn with_audience_of_others(
    refusal: Refusal,
    audience: &str,
) -> Refusal {
    Refusal {
        explanation: format!(
            "{} The audience of its tokens is `{audience}`, because others have set the annotation `eks.amazonaws.com/audience` of the account, and it stays where `audience` is not \
             set here.",
            refusal.explanation
        ),
        ..refusal
    }
}

/// True where the condition on the audience of the token decided.
fn is_about_audience(reason: &str) -> bool {
    reason.starts_with("condition:") && reason.ends_with(":aud")
}

fn audience_too(audience: &str) -> String {
    match audience {
        "sts.amazonaws.com" => String::new(),
        other => format!(", with `audience = \"{other}\"`"),
    }
}

/// A role that is not there, or not yet.
pub(in crate::resources::service_account) fn no_role(role_arn: &str) -> Diagnostic {
    Diagnostic::warning(
        "Role Not Found",
        format!(
            "There is no role `{role_arn}`, so pods of this service account get no credentials until there is. Ignore this if the same apply creates it; \
             else correct `role_arn`."
        ),
    )
    .at(at("role_arn"))
}

/// A role that these credentials cannot look at.
pub(in crate::resources::service_account) fn other_account(
    role_arn: &str,
    account: &str,
) -> Diagnostic {
    Diagnostic::warning(
        "Role In Another Account",
        format!(
            "`{role_arn}` belongs to account `{account}`, which these credentials cannot look into, so whether it lets this service account in was not judged. \
             It can only if account `{account}` has an OIDC provider for this cluster's issuer, and the role's trust policy names that one."
        ),
    )
    .at(at("role_arn"))
}

/// What decides was not read, or does not decide.
pub(in crate::resources::service_account) fn not_judged(
    role_arn: &str,
    reason: &str,
) -> Diagnostic {
    Diagnostic::warning(
        "Role Trust Not Judged",
        format!(
            "Whether `{role_arn}` lets this service account in was not judged. {} Nothing else was asked in its place; \
             `on_untrusted = \"ignore\"` does not look.",
            sentence(reason.trim_end_matches('.'))
        ),
    )
    .at(at("role_arn"))
}
