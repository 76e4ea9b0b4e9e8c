//! Who watches over the writes of a cluster, as the writer needs them: one who judges, and one who explains refusals.
//!
//! Whoever makes the [`Writers`](super::writers::Writers) brings them along; the writer knows neither the lock-out guard nor how access is read.

use std::sync::Arc;

use async_trait::async_trait;
use tf_provider::Diagnostic;

use super::guard::Guard;
use crate::ports::ApiError;

/// Explains why an API server refuses a call.
#[async_trait]
pub trait RefusalExplainer: Send + Sync {
    /// The failure as a practitioner reads it. `summary` is a title without ids, `about` names the object.
    async fn explain(&self, summary: &str, about: &str, error: &ApiError) -> Diagnostic;
}

/// Who watches over the writes of one cluster.
#[derive(Clone, Default)]
pub struct Oversight {
    /// Judges every write first; `None`: every write passes.
    pub guard: Option<Arc<dyn Guard>>,
    /// Explains refusals; `None`: they are told as they came.
    pub explainer: Option<Arc<dyn RefusalExplainer>>,
}
