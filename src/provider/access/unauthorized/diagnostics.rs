//! The title of a refusal by the API server, and the lines of its text that depend on the refusal alone.

use eksauth_core::access::reconciliation::ClusterAnswer;
use tf_provider::Diagnostic;

use crate::ports::{ApiError, ErrorKind};

/// A clock that is further off than this makes tokens that STS refuses.
const TOLERATED_SKEW_SECONDS: i64 = 5 * 60;

/// What a token that is used again may hide.
const REMEMBERED: &str = "The API server caches the result of a token for some minutes, so a more recent change of access may not count yet.";

/// What to do where the caller is known and may not: the permission that the call needs, of which the refusal has verb and object.
pub(super) fn not_allowed_by_rbac(error: &ApiError) -> String {
    let call = error.missing_permission.as_deref();
    let call = call.unwrap_or_else(|| error.operation.trim_start_matches("kubernetes:"));
    format!(
        "What to do: who you are is known, but RBAC does not allow this call. The caller needs {}",
        needed(call)
    )
}

/// The permission for `patch serviceaccounts apps/reader`, `list pods apps` or `list serviceaccounts`.
fn needed(call: &str) -> String {
    let mut words = call.split(' ');
    let (verb, resource) = (words.next().unwrap_or_default(), words.next());
    let Some(resource) = resource.filter(|resource| *resource != "configmaps") else {
        return "`get` and `patch` on the ConfigMap aws-auth in kube-system (`get` alone to plan), and where there is none yet, `create` on ConfigMaps.".to_owned();
    };
    let of = match (words.next(), verb) {
        (None, _) => String::new(),
        (Some(object), verb) => match object.split_once('/') {
            Some(("", name)) => format!(" `{name}`"),
            // A role may name objects for every verb but `create`.
            Some((namespace, _)) if verb == "create" => format!(" in namespace `{namespace}`"),
            Some((namespace, name)) => format!(" `{name}` in namespace `{namespace}`"),
            None if verb == "list" => format!(" in namespace `{object}`"),
            None => format!(" `{object}`"),
        },
    };
    format!(
        "`{verb}` on {resource}{of}. Give it by a role and a binding; the page of the resource or data source lists everything that it needs."
    )
}

/// The refusal; `summary` says what was tried, which is the title where the caller is known.
pub(super) fn refused(summary: &str, kind: ErrorKind, text: &str) -> Diagnostic {
    let title = match kind {
        ErrorKind::Unauthorized => "The Cluster Does Not Know Who You Are",
        _ => summary,
    };
    Diagnostic::error(title, text)
}

/// What the API server's clock says of the token.
pub(super) fn clock(skew_seconds: Option<i64>) -> String {
    match skew_seconds {
        Some(skew) if skew.abs() > TOLERATED_SKEW_SECONDS => {
            format!(
                "Clock     this machine is {} s off the API server's; tokens are refused beyond 5 minutes. Set the clock right.",
                skew.abs()
            )
        }
        Some(skew) => format!(
            "This run signed the token, and the clocks agree ({} s). {REMEMBERED}",
            skew.abs()
        ),
        None => format!("This run signed the token. {REMEMBERED}"),
    }
}

/// Who the API server says that somebody is whom it refused something.
pub(super) fn known_as(kind: ErrorKind, answer: &ClusterAnswer) -> Option<String> {
    match (kind, answer) {
        (ErrorKind::Unauthorized, ClusterAnswer::Admitted(_) | ClusterAnswer::AdmittedUnnamed) => Some(
            "A new token was admitted right after: a change of access has come into force meanwhile, or the API server remembered the refusal. Run again."
                .to_owned(),
        ),
        (ErrorKind::AccessDenied, ClusterAnswer::Admitted(user)) => {
            Some(format!("Known as  {} (as the API server says)", user.describe()))
        }
        (ErrorKind::AccessDenied, ClusterAnswer::AdmittedUnnamed) => Some(
            "Known as  somebody, but the caller may not ask as whom (403; the cluster role `system:basic-user` is not bound)".to_owned(),
        ),
        _ => None,
    }
}

/// The same of a token or a certificate that the practitioner gave.
pub(super) fn given(answer: &ClusterAnswer) -> String {
    let of_block = "A token or a client certificate of the provider block (`clusters`) acts on the cluster, so the AWS identity of this run does not count there.";
    let seen = match answer {
        ClusterAnswer::Admitted(user) => format!(
            "The API server knows it as {}, who lacks the right.",
            user.describe()
        ),
        ClusterAnswer::AdmittedUnnamed => {
            "The API server knows it, and it lacks the right.".to_owned()
        }
        ClusterAnswer::Refused => {
            "The API server does not know it: it has ended, or is another cluster's.".to_owned()
        }
        ClusterAnswer::NotAsked | ClusterAnswer::Unanswered(_) | ClusterAnswer::Remembered(_) => {
            "The API server did not say whose it is.".to_owned()
        }
    };
    format!("{of_block} {seen}")
}
