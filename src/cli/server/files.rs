//! The files that feed a server: read again when they change, two seconds later at most, and at SIGHUP.
//!
//! What surprises: everything here blocks, so it runs on a thread for that and never among the requests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eksauth_core::authenticator::identity_mapping::{DynamicFile, UserIdStrict};
use eksauth_core::authenticator::server_config::server_config;
use eksauth_core::aws_auth::read;

use super::certificate::Certificate;
use super::mapper::Part;
use crate::failure::Failure;
use crate::input;

/// A file that feeds a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// The configuration.
    Config,
    /// aws-auth.
    AwsAuth,
    /// The dynamic file.
    Dynamic(UserIdStrict),
}

/// A backend's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FeedFile {
    pub(super) path: PathBuf,
    pub(super) kind: FileKind,
    pub(super) position: usize,
}

impl FeedFile {
    /// The file's mappings.
    ///
    /// # Errors
    /// A file that cannot be read or understood.
    pub(super) fn part(&self) -> Result<Part, Failure> {
        let refused =
            |why: &dyn std::fmt::Display| Failure::new(format!("`{}`: {why}", self.path.display()));
        match &self.kind {
            FileKind::Config => {
                let config = server_config(&input::text(&self.path)?);
                Ok(Part::Mounted(
                    config.map_err(|error| refused(&error))?.mappings,
                ))
            }
            FileKind::AwsAuth => Ok(Part::ConfigMap(read(&input::config_map(&self.path)?))),
            FileKind::Dynamic(strict) if !self.path.exists() => {
                Ok(Part::Dynamic(DynamicFile::empty(*strict)))
            }
            FileKind::Dynamic(strict) => {
                let file = DynamicFile::parse(&input::text(&self.path)?, *strict);
                let file = file.ok_or_else(|| refused(&"one of its entries is not valid"))?;
                Ok(Part::Dynamic(file))
            }
        }
    }
}

/// What was read again.
pub(super) enum FileChange {
    /// The mappings of a backend.
    Mappings {
        /// Which backend.
        position: usize,
        /// How messages name the file.
        source: String,
        /// The mappings, or why there are none.
        part: Result<Part, Failure>,
    },
    /// The server's certificate, which is in force already, or why it is not.
    Certificate(Result<(), Failure>),
}

/// The files of a server, and how they looked when they were last read.
pub(super) struct WatchedFiles {
    files: Vec<(FeedFile, FileStamp)>,
    certificate: Arc<Certificate>,
    state_dir: PathBuf,
    pair: FileStamp,
}

impl WatchedFiles {
    /// The files as they look now. Read them after this, so that no change is lost between.
    pub(super) fn new(
        files: Vec<FeedFile>,
        certificate: Arc<Certificate>,
        state_dir: PathBuf,
    ) -> Self {
        let stamped = |file: FeedFile| {
            let stamp = FileStamp::at(&[&file.path]);
            (file, stamp)
        };
        Self {
            files: files.into_iter().map(stamped).collect(),
            pair: FileStamp::of_pair(&state_dir),
            certificate,
            state_dir,
        }
    }

    /// The files of the backends.
    pub(super) fn of_backends(&self) -> impl Iterator<Item = &FeedFile> {
        self.files.iter().map(|(file, _)| file)
    }

    /// Reads what has changed, or everything if asked. The configuration is read only if asked.
    pub(super) fn read_changes(&mut self, is_asked: bool) -> Vec<FileChange> {
        let mut changes = Vec::new();
        for (file, stamp) in &mut self.files {
            let is_watched = file.kind != FileKind::Config;
            if stamp.replace(FileStamp::at(&[&file.path])) && is_watched || is_asked {
                changes.push(FileChange::Mappings {
                    position: file.position,
                    source: format!("`{}`", file.path.display()),
                    part: file.part(),
                });
            }
        }
        if self.pair.replace(FileStamp::of_pair(&self.state_dir)) || is_asked {
            changes.push(FileChange::Certificate(
                self.certificate.reload(&self.state_dir),
            ));
        }
        changes
    }
}

/// What files looked like: a change of any of it is a change of the file, a swapped link included.
#[derive(Debug, PartialEq, Eq)]
struct FileStamp(Vec<Option<(std::time::SystemTime, u64, u64)>>);

impl FileStamp {
    fn at(paths: &[&Path]) -> Self {
        use std::os::unix::fs::MetadataExt;
        let look = |path: &&Path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
        };
        Self(paths.iter().map(look).collect())
    }

    /// Of certificate and key.
    fn of_pair(state_dir: &Path) -> Self {
        let chain = state_dir.join(crate::init::CERTIFICATE);
        let key = state_dir.join(crate::init::KEY);
        Self::at(&[&chain, &key])
    }

    /// Puts the present look in the place of the last one. True if they differ.
    fn replace(&mut self, now: Self) -> bool {
        let is_changed = now != *self;
        *self = now;
        is_changed
    }
}
