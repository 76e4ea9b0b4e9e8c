//! The title of a refusal by the API server, and the lines of its text that depend on the refusal alone.

use tf_provider::Diagnostic;

use crate::ports::ErrorKind;

/// A clock that is further off than this makes tokens that STS refuses.
const TOLERATED_SKEW_SECONDS: i64 = 5 * 60;

/// What a token that is used again may hide.
const REMEMBERED: &str = "The API server remembers what a token gave for up to some minutes, so a change of access that is younger may not count yet.";

/// What to do where the caller is known and may not.
pub(super) const NOT_ALLOWED_BY_RBAC: &str = "What to do: who you are is known, but RBAC does not allow this call. The caller needs `get` and `patch` on the ConfigMap aws-auth in kube-system (`get` alone to plan), and where there is none yet, `create` on ConfigMaps.";

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
