//! What is said of a caller that cannot be told, or that works in another account than a state was made in.

use tf_provider::Diagnostic;

use crate::diagnostics::shared_cause;
use crate::ports::sts::CallerIdentity;

/// The title of every failure to find out who is calling.
pub(crate) const CANNOT_TELL: &str = "Cannot Tell Who Is Calling";

/// STS names an account that is none.
pub(super) fn no_account(identity: &CallerIdentity, reason: &str) -> Diagnostic {
    Diagnostic::error(
        CANNOT_TELL,
        format!("STS names the account of `{}`: {reason}.", identity.arn),
    )
}

/// The state is another account's.
pub(super) fn other_account(identity: &CallerIdentity, remembered: &str, arn: &str) -> Diagnostic {
    Diagnostic::error(
        "Another Account",
        format!(
            "The state was made in account `{remembered}` (`{arn}`), but the credentials of this run, `{}`, belong to account `{}`. The \
             state was left as it is. Run with credentials of account `{remembered}`; `allowed_account_ids` in the provider block \
             catches this earlier.",
            identity.arn, identity.account
        ),
    )
    .caused_by(shared_cause::other_account(
        &format!("`{arn}`"),
        remembered,
        &identity.account,
    ))
}

/// An import names something of another account.
pub(super) fn import_of_other_account(
    identity: &CallerIdentity,
    account: &str,
    arn: &str,
) -> Diagnostic {
    Diagnostic::error(
        "Another Account",
        format!(
            "`{arn}` is of account `{account}`, but the credentials of this run, `{}`, belong to account `{}`. Nothing was imported. Import with \
             credentials of account `{account}`, or correct the ARN.",
            identity.arn, identity.account
        ),
    )
}
