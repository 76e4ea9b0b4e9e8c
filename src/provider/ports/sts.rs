//! Who is calling.

use async_trait::async_trait;

use super::error::ApiError;

/// The caller as STS sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Twelve digits.
    pub account: String,
    /// A user's ARN, or `arn:…:sts::…:assumed-role/ROLE/SESSION`. The caller may choose the session name.
    pub arn: String,
    /// The unique id, with `:SESSION` for a role.
    pub user_id: String,
}

/// STS.
#[async_trait]
pub trait StsApi: Send + Sync {
    /// GetCallerIdentity, asked once a configuration.
    async fn caller_identity(&self) -> Result<CallerIdentity, ApiError>;
}
