//! The document as it was a moment ago, or as a write of ours left it then: one GET for all who read at about the same time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::aws_auth::document::Document;
use crate::ports::{ApiError, Clock, KubeApi};
use crate::session::recent::MOMENT;
use eksauth_core::aws_auth;

/// A document that could not be read is not asked for again within this time.
const FAILURE_KEPT: Duration = Duration::from_secs(5);

/// Reads the aws-auth of one cluster.
pub(super) struct DocumentCache {
    kube: Arc<dyn KubeApi>,
    clock: Arc<dyn Clock>,
    last_read: tokio::sync::Mutex<Option<LastRead>>,
}

/// What a read gave, and when.
struct LastRead {
    at: SystemTime,
    took: Duration,
    outcome: Result<Arc<Document>, ApiError>,
}

impl DocumentCache {
    pub(super) fn new(kube: Arc<dyn KubeApi>, clock: Arc<dyn Clock>) -> Self {
        Self {
            kube,
            clock,
            last_read: tokio::sync::Mutex::default(),
        }
    }

    /// The document as it was a moment ago.
    pub(super) async fn document(&self) -> Result<Arc<Document>, ApiError> {
        let mut last_read = self.last_read.lock().await;
        if let Some(outcome) = self.believed(last_read.as_ref()) {
            return outcome;
        }
        let began = self.clock.now();
        let outcome = self.get().await;
        let read = self.read_now(outcome.clone());
        let took = read.at.duration_since(began).unwrap_or_default();
        *last_read = Some(LastRead { took, ..read });
        outcome
    }

    /// The document as it was a moment ago, if somebody read it then.
    pub(super) async fn recent(&self) -> Option<Arc<Document>> {
        self.believed(self.last_read.lock().await.as_ref())?.ok()
    }

    fn believed(&self, last: Option<&LastRead>) -> Option<Result<Arc<Document>, ApiError>> {
        let last = last?;
        let age = self.clock.now().duration_since(last.at);
        let kept = match last.outcome {
            Ok(_) => MOMENT,
            // Who waited for an answer that did not come spares the next ones the wait.
            Err(_) => FAILURE_KEPT.max(last.took),
        };
        (age.unwrap_or_default() < kept).then(|| last.outcome.clone())
    }

    /// The document as it is now. A failure is told to nobody else.
    pub(super) async fn document_now(&self) -> Result<Arc<Document>, ApiError> {
        let mut last_read = self.last_read.lock().await;
        let document = self.get().await?;
        *last_read = Some(self.read_now(Ok(document.clone())));
        Ok(document)
    }

    /// Takes what a write answered as the document of this moment.
    pub(super) async fn replace(&self, document: Arc<Document>) {
        *self.last_read.lock().await = Some(self.read_now(Ok(document)));
    }

    /// What was read counts no longer.
    pub(super) async fn forget(&self) {
        *self.last_read.lock().await = None;
    }

    async fn get(&self) -> Result<Arc<Document>, ApiError> {
        let config_map = self
            .kube
            .config_map(aws_auth::NAMESPACE, aws_auth::NAME)
            .await?;
        Ok(Arc::new(Document::new(config_map)))
    }

    fn read_now(&self, outcome: Result<Arc<Document>, ApiError>) -> LastRead {
        LastRead {
            at: self.clock.now(),
            took: Duration::ZERO,
            outcome,
        }
    }
}
