//! The account that this run works in, as ARNs name it.

use eksauth_core::principal::arn::{AccountId, Arn, caller_partition};
use eksauth_core::principal::partition::Partition;
use tf_provider::Diagnostics;

use super::{Session, diagnostics};
use crate::diagnostics::api_failure;
use crate::ports::sts::CallerIdentity;

/// The caller's partition and account: what an ARN of something that is yet to be made has before its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerAccount {
    /// From the caller's ARN; `aws` where that cannot be read.
    pub partition: Partition,
    /// Twelve digits.
    pub id: AccountId,
}

impl Session {
    /// The caller's account where the provider block says it: it is that of the role which is assumed. Nothing is asked.
    pub fn account_of_role(&self) -> Option<CallerAccount> {
        let role = self.settings().assumed_role_arn.as_deref()?;
        let role = Arn::parse(role).ok()?;
        Some(CallerAccount {
            partition: role.partition,
            id: role.account?,
        })
    }

    /// The caller's account.
    ///
    /// # Errors
    /// The caller could not be asked, or STS names an account that is none.
    pub async fn caller_account(&self) -> Result<CallerAccount, Diagnostics> {
        let identity = self.identity_or_failure().await?;
        let partition = caller_partition(&identity.arn);
        let id = AccountId::parse(&identity.account)
            .map_err(|error| diagnostics::no_account(&identity, &error.to_string()))?;
        Ok(CallerAccount { partition, id })
    }

    /// [`identity`](Self::identity) with its failure as a practitioner reads it.
    ///
    /// # Errors
    /// As there.
    pub async fn identity_or_failure(&self) -> Result<CallerIdentity, Diagnostics> {
        self.identity()
            .await
            .map_err(api_failure::failure(diagnostics::CANNOT_TELL, "The caller"))
    }
}
