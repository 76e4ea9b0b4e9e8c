//! The file: read as it is, and written in one step, by nobody else meanwhile.
//!
//! kubectl takes `FILE.lock` while it writes, and so does this; who takes no lock (the AWS command line) is noticed by what stands in the file then.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// For the owner only.
const NEW_FILE: u32 = 0o600;

/// A kubeconfig as it was read.
#[derive(Debug)]
pub(super) struct KubeconfigFile {
    /// As it was given.
    given: PathBuf,
    /// Behind every symbolic link.
    path: PathBuf,
    /// None where there is no file.
    text: Option<String>,
    mode: Option<u32>,
    /// Its names in the file system.
    names: u64,
}

impl KubeconfigFile {
    /// The file of a path; one that is not there is empty.
    ///
    /// # Errors
    /// It cannot be read, is no file, is not UTF-8, or may not be written.
    pub(super) fn read(given: &Path) -> Result<Self, Failure> {
        let path = behind_links(given)?;
        let name = given.display().to_string();
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self {
                    given: given.to_owned(),
                    path,
                    text: None,
                    mode: None,
                    names: 1,
                });
            }
            Err(error) => return Err(Failure::read(&name, &error)),
        };
        if !metadata.is_file() {
            return Err(Failure::new(format!(
                "`{name}` is no ordinary file, and nothing else is written to"
            )));
        }
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o200 == 0 {
            return Err(Failure::new(format!(
                "`{name}` is read-only (mode {mode:04o}) and is left as it is; `chmod u+w` it first"
            )));
        }
        let bytes = std::fs::read(&path).map_err(|error| Failure::read(&name, &error))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Failure::new(format!(
                "`{name}` is left as it is: it is not UTF-8 (byte {at})"
            ))
        })?;
        Ok(Self {
            given: given.to_owned(),
            path,
            text: Some(text),
            mode: Some(mode),
            names: metadata.nlink(),
        })
    }

    /// Its path as it was given.
    pub(super) fn name(&self) -> String {
        self.given.display().to_string()
    }

    pub(super) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// What is wrong with the file apart from its text.
    pub(super) fn warnings(&self) -> Vec<String> {
        let open = self.mode.filter(|mode| mode & 0o077 != 0);
        let warning = open.map(|mode| {
            let name = self.name();
            format!(
                "`{name}` can be read or written by others (mode {mode:04o}), and a kubeconfig may hold tokens and keys; the mode was not changed: `chmod 600` it"
            )
        });
        let links = (self.names > 1).then(|| {
            format!(
                "`{}` has {} names (hard links): what is written stands under this one, and the others keep the text of before",
                self.name(),
                self.names
            )
        });
        warning.into_iter().chain(links).collect()
    }

    /// Puts a text in the place of the one that was read.
    ///
    /// # Errors
    /// Somebody else writes or has written meanwhile, or the folder cannot be written.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let name = self.name();
        let failed = |error: std::io::Error| {
            Failure::new(format!(
                "`{name}` cannot be written and is left as it is: {error}"
            ))
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut folders = DirBuilder::new();
        folders
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(failed)?;
        let _lock = Lock::take(&self.path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::new(format!(
                "`{}` is there: another program writes the kubeconfig at present. Nothing was written; try again, or remove the file if no program is at work",
                Lock::path(&self.path).display()
            )),
            _ => failed(error),
        })?;
        let new = Temporary::write(&self.path, text, self.metadata().as_ref()).map_err(failed)?;
        if self.now().map_err(failed)? != self.text.as_deref().map(str::as_bytes).map(Vec::from) {
            return Err(Failure::new(format!(
                "`{name}` changed while this command was at work; nothing was written. Run it again"
            )));
        }
        new.put_at(&self.path).map_err(failed)
    }

    fn metadata(&self) -> Option<Metadata> {
        self.text.as_ref()?;
        std::fs::metadata(&self.path).ok()
    }

    fn now(&self) -> std::io::Result<Option<Vec<u8>>> {
        match std::fs::read(&self.path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Where a path leads; a link to a file that is not there yet leads to that file.
fn behind_links(given: &Path) -> Result<PathBuf, Failure> {
    let mut path = given.to_owned();
    // As many as the kernel follows.
    for _ in 0..40 {
        let Ok(target) = std::fs::read_link(&path) else {
            return Ok(path);
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        path = folder.join(target);
    }
    Err(Failure::new(format!(
        "`{}` is a symbolic link that leads to no file",
        given.display()
    )))
}

/// kubectl's own lock.
struct Lock(PathBuf);

impl Lock {
    fn path(file: &Path) -> PathBuf {
        with_suffix(file, ".lock")
    }

    fn take(file: &Path) -> std::io::Result<Self> {
        let path = Self::path(file);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(NEW_FILE);
        options.open(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A lock that cannot be removed is named by the next one who wants it.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The new text beside the file, until it takes its place.
struct Temporary(Option<PathBuf>);

impl Temporary {
    fn write(file: &Path, text: &str, before: Option<&Metadata>) -> std::io::Result<Self> {
        let path = with_suffix(file, &format!(".{}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(NEW_FILE);
        let mut new = options.open(&path)?;
        let temporary = Self(Some(path));
        new.write_all(text.as_bytes())?;
        if let Some(before) = before {
            keep_owner(&new, before)?;
            new.set_permissions(Permissions::from_mode(before.mode() & 0o7777))?;
        }
        new.sync_all()?;
        Ok(temporary)
    }

    fn put_at(mut self, file: &Path) -> std::io::Result<()> {
        if let Some(path) = &self.0 {
            std::fs::rename(path, file)?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // The failure that left it is the one to tell.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn keep_owner(new: &File, before: &Metadata) -> std::io::Result<()> {
    let own = new.metadata()?;
    if (own.uid(), own.gid()) == (before.uid(), before.gid()) {
        return Ok(());
    }
    fchown(new, Some(before.uid()), Some(before.gid()))
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
