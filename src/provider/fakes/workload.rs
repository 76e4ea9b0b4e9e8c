//! Pods and what makes them of the API server in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::FakeKube;
use super::kubernetes::failed_request;
use crate::ports::workload::{KubernetesObject, ObjectKind, ObjectPage, WorkloadApi};
use crate::ports::{ApiError, ErrorKind};

/// Objects by the name of their kind, as an API server writes them.
pub(super) type FakeWorkloads = BTreeMap<&'static str, Vec<Value>>;

/// Objects of a page.
const PAGE: usize = 2;

impl FakeKube {
    /// Somebody makes an object; its `kind` says which.
    pub fn put_object(&self, object: Value) {
        let kind = match object["kind"].as_str() {
            // No manifest has one.
            Some("Node") => Some(ObjectKind::Node),
            kind => kind.and_then(ObjectKind::from_name),
        };
        let kind = kind.unwrap();
        self.workloads()
            .entry(kind.name())
            .or_default()
            .push(object);
    }
}

#[async_trait]
impl WorkloadApi for FakeKube {
    async fn object_page(
        &self,
        kind: ObjectKind,
        continuation: Option<&str>,
    ) -> Result<ObjectPage, ApiError> {
        self.permit("list", kind.plural())?;
        let mut all = self
            .workloads()
            .get(kind.name())
            .cloned()
            .unwrap_or_default();
        if kind == ObjectKind::Namespace {
            let bare = self.namespace_names().into_iter();
            all.extend(bare.map(|name| serde_json::json!({"metadata": {"name": name}})));
        }
        let start: usize = continuation.map_or(0, |token| token.parse().unwrap());
        let end = (start + PAGE).min(all.len());
        let next = (end < all.len()).then(|| end.to_string());
        let items: Result<Vec<KubernetesObject>, _> =
            all.drain(start..end).map(serde_json::from_value).collect();
        let items = items
            .map_err(|error| failed_request(ErrorKind::Service, "list", &error.to_string()))?;
        Ok(ObjectPage::new(items, next))
    }
}
