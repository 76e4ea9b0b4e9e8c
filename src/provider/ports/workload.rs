//! Pods, what makes them, and their namespaces and accounts, page by page and as far as kube2iam and kiam look at them. Read-only.

use async_trait::async_trait;
pub use eksauth_core::legacy_pod_role::objects::{KubernetesObject, ObjectKind, ObjectPage};

use super::error::ApiError;

/// The workloads of one cluster.
#[async_trait]
pub trait WorkloadApi: Send + Sync {
    /// GET of a page of a kind in all namespaces, without pods that have ended; the first page without `continuation`.
    async fn object_page(
        &self,
        kind: ObjectKind,
        continuation: Option<&str>,
    ) -> Result<ObjectPage, ApiError>;
}
