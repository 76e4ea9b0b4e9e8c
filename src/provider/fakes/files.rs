//! Files in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::ports::FileStore;

/// The files, and whether they can be written.
#[derive(Default)]
pub struct FakeFiles {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    files: BTreeMap<PathBuf, String>,
    is_read_only: bool,
    written: Vec<String>,
}

impl FakeFiles {
    /// Every file with its text.
    pub fn all(&self) -> BTreeMap<PathBuf, String> {
        self.inner().files.clone()
    }

    /// A file that is there already.
    pub fn put(&self, path: &str, text: &str) {
        self.inner().files.insert(path.into(), text.to_owned());
    }

    /// Every text that was written, in order, also of files that are gone.
    pub fn written(&self) -> Vec<String> {
        self.inner().written.clone()
    }

    /// From now on nothing can be written.
    pub fn make_read_only(&self) {
        self.inner().is_read_only = true;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl FileStore for FakeFiles {
    async fn write(&self, folder: &Path, name: &str, text: &str) -> Result<(), String> {
        let path = folder.join(name);
        let mut inner = self.inner();
        if inner.is_read_only {
            return Err(format!("`{}` cannot be written: read-only", path.display()));
        }
        inner.written.push(text.to_owned());
        inner.files.insert(path, text.to_owned());
        Ok(())
    }

    async fn read(&self, folder: &Path, name: &str) -> Result<Option<String>, String> {
        Ok(self.inner().files.get(&folder.join(name)).cloned())
    }

    async fn names(&self, folder: &Path) -> Result<Vec<String>, String> {
        let inner = self.inner();
        let within = inner
            .files
            .keys()
            .filter(|path| path.parent() == Some(folder));
        let names = within.filter_map(|path| path.file_name());
        Ok(names
            .map(|name| name.to_string_lossy().into_owned())
            .collect())
    }

    async fn remove(&self, folder: &Path, name: &str) -> Result<(), String> {
        self.inner().files.remove(&folder.join(name));
        Ok(())
    }
}
