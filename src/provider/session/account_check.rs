//! Whether this run works in the account that a state was made in.

use eksauth_core::principal::arn::Arn;
use tf_provider::Diagnostics;

use super::{Session, diagnostics};

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
        Err(diagnostics::other_account(&identity, remembered.as_str(), arn).into())
    }
}
