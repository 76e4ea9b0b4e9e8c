//! Whether this run works in the account that a state was made in.

use eksauth_core::principal::arn::Arn;
use tf_provider::{Diagnostic, Diagnostics};

use super::Session;

impl Session {
    /// Compares the account in an ARN of the state with the caller's.
    ///
    /// # Errors
    /// Another account, with the way out; or the caller could not be asked. An ARN without account is compared with nothing.
    pub async fn check_account(&self, arn: &str) -> Result<(), Diagnostics> {
        let account = Arn::parse(arn).ok().and_then(|arn| arn.account);
        let Some(remembered) = account else {
            return Ok(());
        };
        let identity = self.identity_or_failure().await?;
        if identity.account == remembered.as_str() {
            return Ok(());
        }
        Err(Diagnostic::error(
            "Another Account",
            format!(
                "The state was made in account `{remembered}` (`{arn}`), but the credentials of this run, `{}`, belong to account `{}`. The \
                 state was left as it is. Run with credentials of account `{remembered}`; `allowed_account_ids` in the provider block \
                 catches this earlier.",
                identity.arn, identity.account
            ),
        )
        .into())
    }
}
