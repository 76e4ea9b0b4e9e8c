//! Files of the machine that runs Terraform: where recovery copies may be kept instead of in the cluster.

use std::path::Path;

use async_trait::async_trait;

/// A folder's files, readable by their owner only.
#[async_trait]
pub trait FileStore: Send + Sync {
    /// Writes a file whole or not at all, mode 0600; the folder is made with mode 0700 where it is missing.
    ///
    /// # Errors
    /// The system's words, with the path.
    async fn write(&self, folder: &Path, name: &str, text: &str) -> Result<(), String>;

    /// The text of a file; `None` where there is none.
    ///
    /// # Errors
    /// The system's words, with the path.
    async fn read(&self, folder: &Path, name: &str) -> Result<Option<String>, String>;

    /// The names of the files in a folder; none where there is no folder.
    ///
    /// # Errors
    /// The system's words, with the path.
    async fn names(&self, folder: &Path) -> Result<Vec<String>, String>;

    /// Removes a file; gone already is success.
    ///
    /// # Errors
    /// The system's words, with the path.
    async fn remove(&self, folder: &Path, name: &str) -> Result<(), String>;
}
