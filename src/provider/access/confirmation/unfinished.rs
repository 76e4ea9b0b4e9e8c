//! A note on this machine while a write is watched, so that a run that ends in the middle of it (kill -9, a machine that goes) is known to the next one.
//!
//! It stands beside the copies in files, below Terraform's data folder, and says when which cluster was written and which copy was kept. There is nothing
//! secret in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws_auth::recovery::{FOLDER, KeptCopy};
use crate::clusters::ClusterRef;
use crate::ports::FileStore;
use crate::session::Session;

/// Notes of one cluster.
pub(super) struct UnfinishedWrites {
    files: Option<Arc<dyn FileStore>>,
    folder: PathBuf,
    name: String,
}

/// A write that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UnfinishedWrite {
    /// When, in RFC 3339.
    pub(super) begun_at: String,
    /// The copy of the document before it.
    pub(super) copy: Option<KeptCopy>,
}

impl UnfinishedWrites {
    pub(super) fn new(session: &Session, cluster: &ClusterRef) -> Self {
        let folder = session.settings().recovery_folder.clone();
        Self {
            files: session.cloud().map(|cloud| cloud.files()),
            folder: folder.unwrap_or_else(|| Path::new(".terraform").join(FOLDER)),
            name: format!("unconfirmed.{}.{}.json", cluster.name, cluster.region),
        }
    }

    /// Notes that a write begins. What cannot be noted hinders nothing.
    pub(super) async fn begin(&self, now: SystemTime, copy: Option<&KeptCopy>) {
        let at = Timestamp::try_from(now).unwrap_or_default();
        let write = UnfinishedWrite {
            begun_at: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            copy: copy.cloned(),
        };
        let (Some(files), Ok(text)) = (&self.files, serde_json::to_string(&write)) else {
            return;
        };
        if let Err(error) = files.write(&self.folder, &self.name, &text).await {
            tracing::debug!(%error, "a write that begins cannot be noted");
        }
    }

    /// Forgets the write: its outcome is known.
    pub(super) async fn end(&self) {
        let Some(files) = &self.files else { return };
        if let Err(error) = files.remove(&self.folder, &self.name).await {
            tracing::debug!(%error, "the note of a write that ended stays");
        }
    }

    /// The write that a run before this one began and did not end.
    pub(super) async fn left(&self) -> Option<UnfinishedWrite> {
        let text = self
            .files
            .as_ref()?
            .read(&self.folder, &self.name)
            .await
            .ok()??;
        serde_json::from_str(&text).ok()
    }
}
