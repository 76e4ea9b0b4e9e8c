//! Pods and what makes them, page by page: an answer is read field by field, and what nobody looks at is never kept.

use async_trait::async_trait;
use eksauth_provider::ports::workload::{KubernetesObject, ObjectKind, ObjectPage, WorkloadApi};
use eksauth_provider::ports::{ApiError, RequestVerb};
use kube::api::ListParams;

use super::client::KubeClient;
use super::failure::Operation;

/// An answer's items at most: what is looked at of each is in memory until all have come.
const PAGE: u32 = 250;

#[async_trait]
impl WorkloadApi for KubeClient {
    async fn object_page(
        &self,
        kind: ObjectKind,
        continuation: Option<&str>,
    ) -> Result<ObjectPage, ApiError> {
        let operation = Operation {
            verb: RequestVerb::List,
            object: kind.plural().to_owned(),
        };
        let mut params = ListParams::default().limit(PAGE);
        if kind == ObjectKind::Pod {
            // A pod that has ended gets no credentials any more.
            params = params.fields("status.phase!=Succeeded,status.phase!=Failed");
        }
        if let Some(token) = continuation {
            params = params.continue_token(token);
        }
        let path = match kind.api_group() {
            "" => format!("/api/v1/{}", kind.plural()),
            group => format!("/apis/{group}/v1/{}", kind.plural()),
        };
        let request = operation.request(kube::core::Request::new(path).list(&params))?;
        let keep = |object: KubernetesObject| object;
        let page = self.list_page(&operation, &request, keep).await?;
        Ok(ObjectPage::new(page.items, page.continuation))
    }
}
