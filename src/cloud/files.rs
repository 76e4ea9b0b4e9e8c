//! Files of this machine, written beside their place and moved there whole.
//!
//! What surprises: a temporary file is readable by its owner only from its first byte on, and keeps that when it is moved. Writing waits for
//! the disk (`fsync`), so everything here runs on a thread for blocking work and holds up no worker of the runtime.

use std::fs::DirBuilder;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use eksauth_provider::ports::FileStore;

/// The files of this machine.
pub(crate) struct LocalFiles;

#[async_trait]
impl FileStore for LocalFiles {
    async fn write(&self, folder: &Path, name: &str, text: &str) -> Result<(), String> {
        let (folder, name, text) = (folder.to_owned(), name.to_owned(), text.to_owned());
        let path = folder.join(&name);
        let written = blocking(move || write(&folder, &name, &text)).await;
        written.map_err(|error| describe(&path, "written", &error))
    }

    async fn read(&self, folder: &Path, name: &str) -> Result<Option<String>, String> {
        let path = folder.join(name);
        let read = {
            let path = path.clone();
            blocking(move || std::fs::read_to_string(path)).await
        };
        match read {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(describe(&path, "read", &error)),
        }
    }

    async fn names(&self, folder: &Path) -> Result<Vec<String>, String> {
        let listed = {
            let folder = folder.to_owned();
            blocking(move || names(&folder)).await
        };
        listed.map_err(|error| describe(folder, "listed", &error))
    }

    async fn remove(&self, folder: &Path, name: &str) -> Result<(), String> {
        let path = folder.join(name);
        let removed = {
            let path: PathBuf = path.clone();
            blocking(move || std::fs::remove_file(path)).await
        };
        match removed {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(describe(&path, "removed", &error)),
        }
    }
}

/// Runs on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    let finished = tokio::task::spawn_blocking(work).await;
    finished.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}

fn write(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".recovery-")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name))
        .map(|_| ())
        .map_err(|error| error.error)
}

fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

fn describe(path: &Path, what: &str, error: &std::io::Error) -> String {
    format!("`{}` cannot be {what}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_is_whole_and_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;

        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        let files = LocalFiles;
        assert_eq!(files.names(&folder).await, Ok(Vec::new()));
        files.write(&folder, "one.json", "{}").await.unwrap();
        files
            .write(&folder, "one.json", "{\"two\":2}")
            .await
            .unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&folder), mode(&folder.join("one.json"))),
            (0o700, 0o600)
        );
        assert_eq!(
            std::fs::read_to_string(folder.join("one.json")).unwrap(),
            "{\"two\":2}"
        );
        assert_eq!(files.names(&folder).await, Ok(vec!["one.json".to_owned()]));
        files.remove(&folder, "one.json").await.unwrap();
        files.remove(&folder, "one.json").await.unwrap();
        assert_eq!(files.names(&folder).await, Ok(Vec::new()));
    }

    /// The runtime's one thread for blocking work is busy until the answer is dropped.
    fn busy_runtime() -> (tokio::runtime::Runtime, std::sync::mpsc::Sender<()>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        let (release, held) = std::sync::mpsc::channel::<()>();
        runtime.spawn_blocking(move || held.recv().is_err());
        (runtime, release)
    }

    #[test]
    fn the_disk_holds_up_no_worker() {
        let place = tempfile::tempdir().unwrap();
        let (runtime, release) = busy_runtime();
        runtime.block_on(async {
            let files = LocalFiles;
            let work = async {
                files.write(place.path(), "one.json", "{}").await?;
                let names = files.names(place.path()).await?;
                files.remove(place.path(), "one.json").await?;
                Ok::<_, String>(names)
            };
            let mut work = std::pin::pin!(work);
            let is_pending = std::future::poll_fn(|cx| {
                std::task::Poll::Ready(work.as_mut().poll(cx).is_pending())
            });
            assert!(is_pending.await);
            assert!(!place.path().join("one.json").exists());
            drop(release);
            assert_eq!(work.await, Ok(vec!["one.json".to_owned()]));
        });
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_named() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("file"), "").unwrap();
        let folder = place.path().join("file/below");
        let refused = LocalFiles
            .write(&folder, "one.json", "{}")
            .await
            .unwrap_err();
        assert!(
            refused.starts_with(&format!(
                "`{}/one.json` cannot be written: ",
                folder.display()
            )),
            "{refused}"
        );
    }
}
