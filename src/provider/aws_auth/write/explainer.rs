//! Why an API server refuses a call, as the writer needs it. Whoever makes the [`Writers`](super::writers::Writers) brings it along.

use async_trait::async_trait;
use tf_provider::Diagnostic;

use crate::ports::ApiError;

/// Explains why an API server refuses a call.
#[async_trait]
pub trait RefusalExplainer: Send + Sync {
    /// The failure as a practitioner reads it. `summary` is a title without ids, `about` names the object.
    async fn explain(&self, summary: &str, about: &str, error: &ApiError) -> Diagnostic;
}
