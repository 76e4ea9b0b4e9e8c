//! Where mappings come from while the server runs: files that are looked at every two seconds, and the aws-auth of a cluster by a watch.
//!
//! What surprises: what cannot be read changes nothing, so that a half-written file locks nobody out; a ConfigMap that was deleted empties
//! its mappings, as the cluster's own authenticator has it, and so does a deleted dynamic file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eksauth_cloud::ConfigMapSight;
use eksauth_core::authenticator::identity_mapping::backend::{DynamicFile, UserIdStrict};
use eksauth_core::authenticator::server_config::server_config;
use eksauth_core::aws_auth::{Reading, data_of_manifest, read};
use eksauth_provider::ports::Clock;

use super::access_log::AccessLog;
use super::certificate::Certificate;
use super::cluster::WatchedCluster;
use super::mapper::{Mapper, Part};
use super::metrics::Metrics;
use crate::failure::Failure;
use crate::input;

/// Between two looks at a file.
pub(super) const FILE_INTERVAL: Duration = Duration::from_secs(2);

/// Waits after the first, second, … failed watch.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 15];

/// A watch that held so long was a good one.
const GOOD_WATCH: Duration = Duration::from_secs(60);

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
            FileKind::AwsAuth => {
                let data = data_of_manifest(&input::text(&self.path)?);
                Ok(Part::ConfigMap(read(
                    &data.map_err(|error| refused(&error))?,
                )))
            }
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

/// What a change is told to.
#[derive(Clone)]
pub(super) struct Feed {
    pub(super) mapper: Arc<Mapper>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: AccessLog,
    pub(super) clock: Arc<dyn Clock>,
}

impl Feed {
    /// Takes a part over, or says why not. What is the same is not worth a word.
    fn take(&self, position: usize, from: &str, part: Result<Part, Failure>) {
        if part
            .as_ref()
            .is_ok_and(|part| self.mapper.has(position, part))
        {
            return;
        }
        let taken = part.and_then(|part| {
            let entries = part.entries();
            self.mapper
                .replace(position, part)
                .map_err(|error| Failure::new(format!("{from}: {error}")))?;
            Ok(entries)
        });
        match taken {
            Ok(entries) => {
                self.metrics.reloads.up();
                self.log_event(&format!("mappings of {from} taken over, {entries} entries"));
            }
            Err(failure) => {
                self.metrics.reload_failures.up();
                self.log_event(&format!("a change was not taken over: {failure}"));
            }
        }
    }

    fn log_event(&self, text: &str) {
        self.log.event(self.clock.now(), text);
    }

    /// Looks at files, and at the certificate, for ever; `now` asks for a look at once, whatever the files' times say.
    pub(super) async fn follow_files(
        self,
        files: Vec<FeedFile>,
        certificate: (Arc<Certificate>, PathBuf),
        now: Arc<tokio::sync::Notify>,
    ) {
        let mut stamps: Vec<FileStamp> = files
            .iter()
            .map(|file| FileStamp::at(&[&file.path]))
            .collect();
        let (certificate, state_dir) = certificate;
        let (chain, key) = (
            state_dir.join(crate::init::CERTIFICATE),
            state_dir.join(crate::init::KEY),
        );
        let pair = [chain.as_path(), key.as_path()];
        let mut pair_stamp = FileStamp::at(&pair);
        loop {
            let is_asked = tokio::select! {
                () = now.notified() => true,
                () = tokio::time::sleep(FILE_INTERVAL) => false,
            };
            for (file, seen) in files.iter().zip(&mut stamps) {
                let is_watched = file.kind != FileKind::Config;
                if seen.is_changed(&[&file.path]) && is_watched || is_asked {
                    let from = format!("`{}`", file.path.display());
                    self.take(file.position, &from, file.part());
                }
            }
            if pair_stamp.is_changed(&pair) || is_asked {
                match certificate.reload(&state_dir) {
                    Ok(()) => self.log_event("certificate taken over"),
                    Err(failure) => {
                        self.metrics.reload_failures.up();
                        self.log_event(&format!("the certificate was not taken over: {failure}"));
                    }
                }
            }
        }
    }

    /// One watch until it fails, or until its identity is to be renewed, which is no failure.
    async fn follow_once(
        &self,
        place: &WatchedCluster,
        position: usize,
        from: &str,
    ) -> Option<Failure> {
        let watch = match place.watch().await {
            Ok(watch) => watch,
            Err(failure) => return Some(failure),
        };
        let tell = |visibility| {
            let reading = match visibility {
                ConfigMapSight::Data(data) => read(&data),
                ConfigMapSight::Absent => Reading::default(),
            };
            self.take(position, from, Ok(Part::ConfigMap(reading)));
        };
        let followed = tokio::time::timeout(place.renew_after(), watch.follow(tell)).await;
        followed.ok().map(Failure::from)
    }

    /// Follows the aws-auth of a cluster for ever.
    pub(super) async fn follow_cluster(self, place: WatchedCluster, position: usize) {
        let from = format!("aws-auth of {}", place.name());
        let mut failures = 0;
        loop {
            let begun = Instant::now();
            let Some(failure) = self.follow_once(&place, position, &from).await else {
                continue;
            };
            if begun.elapsed() > GOOD_WATCH {
                failures = 0;
            }
            self.metrics.watch_failures.up();
            let pause = PAUSES.get(failures).or(PAUSES.last()).copied();
            let pause = Duration::from_secs(pause.unwrap_or(1));
            self.log_event(&format!(
                "the watch of {from} ended, next in {} seconds: {failure}",
                pause.as_secs()
            ));
            failures += 1;
            self.clock.sleep(pause).await;
        }
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

    fn is_changed(&mut self, paths: &[&Path]) -> bool {
        let now = Self::at(paths);
        let is_changed = now != *self;
        *self = now;
        is_changed
    }
}
