//! Whether a trust policy is short enough.

use eksauth_core::iam_policy::policy_document::size;
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics;
use crate::client::Client;

/// IAM's default quota.
const DEFAULT_QUOTA: usize = 2048;

/// A trust policy with what it is measured by.
pub(crate) struct TrustSize<'a> {
    /// The policy.
    pub(crate) document: &'a Attr<String>,
    /// Whether the role does not have it yet.
    pub(crate) is_new: bool,
    /// The account's quota, where the practitioner says it.
    pub(crate) quota: &'a Attr<i64>,
    /// How to come to a shorter one.
    pub(crate) shorter: &'static str,
}

impl TrustSize<'_> {
    /// Warns of a new policy that is longer than IAM's default quota.
    ///
    /// # Errors
    /// It is longer than the quota that the practitioner says.
    pub(crate) fn check(self, cx: &Context<Client>) -> Result<(), Diagnostics> {
        let Some(document) = self.document.known() else {
            return Ok(());
        };
        let size = size(document);
        match *self.quota {
            Attr::Known(quota) if usize::try_from(quota).is_ok_and(|quota| size > quota) => {
                Err(diagnostics::over_quota(size, quota, self.shorter).into())
            }
            Attr::Null if size > DEFAULT_QUOTA && self.is_new => {
                cx.add(diagnostics::long_trust(size, self.shorter));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
