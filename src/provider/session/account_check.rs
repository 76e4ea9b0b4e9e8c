//! Whether this run works in the account that a state was made in.

use eksauth_core::principal::arn::{AccountId, Arn};
use tf_provider::Diagnostics;

use super::{Session, diagnostics};
use crate::ports::sts::CallerIdentity;

impl Session {
    /// Compares the account in an ARN of the state with the caller's.
    ///
    /// # Errors
    /// Another account, with the way out; or the caller could not be asked. An ARN without account is compared with nothing.
    pub async fn check_account(&self, arn: &str) -> Result<(), Diagnostics> {
        match self.caller_elsewhere(arn).await? {
            Some((identity, account)) => {
                Err(diagnostics::other_account(&identity, account.as_str(), arn).into())
            }
            None => Ok(()),
        }
    }

    /// The same for an ARN that an import names: there is no state yet.
    ///
    /// # Errors
    /// As of [`Session::check_account`].
    pub async fn check_account_of_import(&self, arn: &str) -> Result<(), Diagnostics> {
        match self.caller_elsewhere(arn).await? {
            Some((identity, account)) => {
                Err(diagnostics::import_of_other_account(&identity, account.as_str(), arn).into())
            }
            None => Ok(()),
        }
    }

    /// The caller and the ARN's account, where these are two.
    async fn caller_elsewhere(
        &self,
        arn: &str,
    ) -> Result<Option<(CallerIdentity, AccountId)>, Diagnostics> {
        let account = Arn::parse(arn).ok().and_then(|arn| arn.account);
        let Some(account) = account else {
            return Ok(None);
        };
        let identity = self.identity_or_failure().await?;
        let is_elsewhere = identity.account != account.as_str();
        Ok(is_elsewhere.then_some((identity, account)))
    }
}
