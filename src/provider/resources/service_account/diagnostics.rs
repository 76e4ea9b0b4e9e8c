//! What is said of service accounts.

use tf_provider::{AttributePath, Diagnostic};

use super::conflicts::Conflict;
use crate::access::role_trust::Refusal;
use crate::diagnostics::api_failure::sentence;
use crate::ports::ApiError;
use crate::ports::service_account::{FIELD_MANAGER, RunningPods};

fn at(attribute: &str) -> AttributePath {
    AttributePath::attribute(attribute)
}

/// An account by what a practitioner calls it.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// `apps`.
    pub(super) namespace: String,
    /// `reader`.
    pub(super) name: String,
    /// `prod`.
    pub(super) cluster: String,
}

impl About {
    /// For an error.
    pub(super) fn text(&self) -> String {
        format!(
            "Service account `{}` in namespace `{}` of cluster `{}`",
            self.name, self.namespace, self.cluster
        )
    }

    fn subject(&self) -> String {
        format!("{}:{}", self.namespace, self.name)
    }
}

/// Somebody else holds what is wanted.
pub(super) fn conflict(about: &About, conflicts: &[Conflict]) -> Diagnostic {
    let is_own = conflicts
        .iter()
        .any(|one| one.managers.iter().any(|name| name == FIELD_MANAGER));
    let whose = match is_own {
        true => {
            " `terraform-provider-eksauth` is this provider: another configuration has the account, or its state was lost. Import it where it belongs."
        }
        false => "",
    };
    let text = format!(
        "{} is there, and others hold fields of it with other values:\n{}\n\nNothing was changed.{whose} Leave the field to them, have them give it up, or set \
         `on_conflict = \"adopt\"` to take it over.",
        about.text(),
        lines(conflicts)
    );
    Diagnostic::error("Service Account Is Held By Others", text).at(at("on_conflict"))
}

/// Fields with who holds them, a line each.
fn lines(conflicts: &[Conflict]) -> String {
    let line = |conflict: &Conflict| {
        let managers = conflict.managers.join("`, `");
        let wanted = match &conflict.wanted {
            Some(wanted) => format!("; wanted is `{wanted}`"),
            None => String::new(),
        };
        format!(
            "  `{managers}` holds {} = `{}`{wanted}",
            conflict.field, conflict.held
        )
    };
    conflicts.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What others hold too does not go.
pub(super) fn stays(about: &About, left: &[Conflict]) -> Diagnostic {
    Diagnostic::warning(
        "Field Stays On Service Account",
        format!(
            "{} keeps what others hold too:\n{}\n\nIt is not held here any more. Let those who hold it take it away.",
            about.text(),
            lines(left)
        ),
    )
}

/// The account is there already.
pub(super) fn adopted(about: &About) -> Diagnostic {
    Diagnostic::warning(
        "Service Account Exists Already",
        format!(
            "{} is there already. It is managed here from now on with what is set here, keeps everything else, and survives destroy.",
            about.text()
        ),
    )
}

/// The account is there already, and this provider holds fields of it that no state here knows of.
pub(super) fn adopted_from_us(about: &About) -> Diagnostic {
    let diagnostic = adopted(about);
    Diagnostic {
        detail: format!(
            "{} This provider holds fields of it already, for another configuration or for one whose state was lost: import it where destroy is to delete it.",
            diagnostic.detail
        ),
        ..diagnostic
    }
}

/// What destroy leaves of an account that was there before.
pub(super) fn adopted_stays(about: &About) -> Diagnostic {
    Diagnostic::warning(
        "Adopted Service Account Stays",
        format!(
            "{} was there before this configuration, so it stays. What was held of it here was taken away.",
            about.text()
        ),
    )
}

/// Pods that a change reaches only when they are made anew.
pub(super) fn pods_keep_the_old(about: &About, pods: &RunningPods) -> Diagnostic {
    Diagnostic::warning(
        "Pods Must Be Restarted",
        format!(
            "The annotations of service account `{}` in namespace `{}` change, and what a pod gets by them was decided when it was made. These pods keep what they have \
             until they are made anew: {}. Restart what runs them, such as `kubectl -n {} rollout restart deployment NAME`.",
            about.name,
            about.namespace,
            named(pods),
            about.namespace
        ),
    )
}

/// Pods that run as an account that goes.
pub(super) fn still_used(about: &About, pods: &RunningPods) -> Diagnostic {
    Diagnostic::warning(
        "Service Account Is In Use",
        format!(
            "{} is to be deleted, and pods run as it: {}. They go on until their tokens end, and no new pod of theirs can be made.",
            about.text(),
            named(pods)
        ),
    )
}

fn named(pods: &RunningPods) -> String {
    let names = format!("`{}`", pods.names.join("`, `"));
    match pods.has_more {
        true => format!("{names} and more"),
        false => names,
    }
}

/// There is no such namespace.
pub(super) fn no_namespace(about: &About, waited_seconds: u64) -> Diagnostic {
    Diagnostic::error(
        "Namespace Not Found",
        format!(
            "Cluster `{}` has no namespace `{}`, or it is being deleted; the provider waited {waited_seconds} s for it. Correct `namespace`, or let the namespace be made first \
             (`depends_on`). `timeouts` says how long to wait.",
            about.cluster, about.namespace
        ),
    )
    .at(at("namespace"))
}

/// Ctrl-C during a wait.
pub(super) fn cancelled(about: &About) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The wait for namespace `{}` of cluster `{}` was cancelled. Nothing was changed.",
            about.namespace, about.cluster
        ),
    )
}

/// The account is another one than a moment before.
pub(super) fn changed_meanwhile(about: &About, error: &ApiError) -> Diagnostic {
    Diagnostic::error(
        "Service Account Changed Meanwhile",
        format!(
            "{} was changed by somebody else at the same time: {}\n\nNothing was changed here. Plan and apply again.",
            about.text(),
            error.detail()
        ),
    )
}

/// An import id that is none.
pub(super) fn malformed_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is not the import id of a service account: write `cluster/namespace/name`, such as `prod/apps/reader`. A region may follow: \
             `prod/apps/reader@eu-west-1`."
        ),
    )
}

/// Nothing to import.
pub(super) fn nothing_to_import(about: &About) -> Diagnostic {
    Diagnostic::error(
        "Nothing To Import",
        format!(
            "{} does not exist, so there is nothing to import.",
            about.text()
        ),
    )
}

/// How a role's trust is told: what stops the plan can be made a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnUntrusted {
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
    pub(super) fn refused(self, about: &About, role_arn: &str, refusal: &Refusal) -> Diagnostic {
        let text = format!(
            "Pods of service account `{}` would not get `{role_arn}`. {} {}",
            about.subject(),
            refusal.explanation,
            remedy(about, refusal)
        );
        let diagnostic = self.diagnostic("Role Does Not Trust Service Account", text);
        match refusal.reason.as_str() {
            "provider.client_id" => diagnostic.at(at("audience")),
            _ => diagnostic,
        }
    }

    /// The role of that name has another ARN.
    pub(super) fn other_arn(self, role_arn: &str, found: &str) -> Diagnostic {
        let text = format!(
            "There is no role `{role_arn}`; the role of that name is `{found}`. STS compares the whole ARN, its path included, so pods would not get the role. \
             Write the role's own ARN."
        );
        self.diagnostic("Another Role", text)
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
        _ => format!(
            "Name `{}` in `service_accounts` of the role's `eksauth_irsa_role`{}, or allow `sts:AssumeRoleWithWebIdentity` to `{provider_arn}` in its trust policy \
             with `{issuer}:sub` = `system:serviceaccount:{}` and `{issuer}:aud` = `{audience}`.",
            about.subject(),
            audience_too(audience),
            about.subject()
        ),
    }
}

fn audience_too(audience: &str) -> String {
    match audience {
        "sts.amazonaws.com" => String::new(),
        other => format!(", with `audience = \"{other}\"`"),
    }
}

/// A role of another partition.
pub(super) fn other_partition(role_arn: &str, role: &str, cluster: &str) -> Diagnostic {
    Diagnostic::error(
        "Role In Another Partition",
        format!(
            "`{role_arn}` is in partition `{role}` and the cluster in `{cluster}`. No token of this cluster counts there. Write the ARN of a role in `{cluster}`."
        ),
    )
    .at(at("role_arn"))
}

/// A role that is not there, or not yet.
pub(super) fn no_role(role_arn: &str) -> Diagnostic {
    Diagnostic::warning(
        "Role Not Found",
        format!(
            "There is no role `{role_arn}`, so pods of this service account get no credentials until there is. If this apply makes it, that is as it should be; \
             else correct `role_arn`."
        ),
    )
    .at(at("role_arn"))
}

/// A role that these credentials cannot look at.
pub(super) fn other_account(role_arn: &str, account: &str) -> Diagnostic {
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
pub(super) fn not_judged(role_arn: &str, reason: &str) -> Diagnostic {
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
