//! Who is calling, and whose a token is.

use async_trait::async_trait;
use eksauth_core::token::StsRequest;

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

/// What STS said to the request of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, cut off one byte above [`eksauth_core::token::MAX_STS_BODY_BYTES`].
    pub body: Vec<u8>,
}

/// STS as those ask it who judge somebody else's token.
#[async_trait]
pub trait TokenSts: Send + Sync {
    /// Sends the request that the judge made: once, without following redirects.
    ///
    /// # Errors
    /// No answer came, or it broke off. An answer of any status is none: the judge reads it.
    async fn ask(&self, request: &StsRequest) -> Result<StsAnswer, ApiError>;
}
