//! Where mappings come from while the server runs: files, which are looked at every two seconds, and the aws-auth of a cluster by a watch.
//!
//! What surprises: what cannot be read changes nothing, so that a half-written file or a cluster that does not answer locks nobody out; a
//! ConfigMap that was deleted empties its mappings, as the cluster's own authenticator has it, and so does a deleted dynamic file.

use std::sync::Arc;
use std::time::Duration;

use eksauth_cloud::ConfigMapSight;
use eksauth_core::aws_auth::{Reading, data_of_manifest, read, server_config};
use eksauth_core::identity_mapping::backend::{DynamicFile, UserIdStrict};
use eksauth_provider::backoff::Backoff;
use eksauth_provider::ports::Clock;

use super::access_log::AccessLog;
use super::cluster::WatchedCluster;
use super::files::{FileChange, WatchedFiles};
use super::mapper::{Mapper, Part};
use super::metrics::Metrics;
use super::readiness::Readiness;
use crate::failure::Failure;

/// Between two looks at a file.
pub(super) const FILE_INTERVAL: Duration = Duration::from_secs(2);

/// Waits after failed watches.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(15),
};

/// A watch that held so long was a good one.
const GOOD_WATCH: Duration = Duration::from_secs(60);

/// What loads changes.
#[derive(Clone)]
pub(super) struct Feed {
    pub(super) mapper: Arc<Mapper>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) log: AccessLog,
    pub(super) clock: Arc<dyn Clock>,
}

impl Feed {
    /// Loads the mappings of a backend, or logs why not. What is the same is not logged.
    fn load(&self, position: usize, source: &str, part: Result<Part, Failure>) {
        if part
            .as_ref()
            .is_ok_and(|part| self.mapper.has(position, part))
        {
            return;
        }
        let loaded = part.and_then(|part| {
            let entries = part.entries();
            self.mapper
                .replace(position, part)
                .map_err(|error| Failure::new(format!("{source}: {error}")))?;
            Ok(entries)
        });
        match loaded {
            Ok(entries) => {
                self.metrics.reloads.up();
                self.log_event(&format!("loaded {entries} entries from {source}"));
            }
            Err(failure) => {
                self.metrics.reload_failures.up();
                self.log_event(&format!("a change was not loaded: {failure}"));
            }
        }
    }

    fn log_event(&self, text: &str) {
        self.log.event(self.clock.now(), text);
    }

    /// Looks at files, and at the certificate, for ever; `now` asks for a look at once, whatever the files' times say. A slow disk holds up
    /// no request: the looks are made on a thread for blocking work.
    pub(super) async fn follow_files(
        self,
        files: Vec<FeedFile>,
        certificate: (Arc<Certificate>, PathBuf),
        now: Arc<tokio::sync::Notify>,
    ) {
        let mut watched = WatchedFiles::new(self, files, certificate);
        loop {
            let is_asked = tokio::select! {
                () = now.notified() => true,
                () = tokio::time::sleep(FILE_INTERVAL) => false,
            };
            let look = move || {
                watched.look(is_asked);
                watched
            };
            match tokio::task::spawn_blocking(look).await {
                Ok(looked) => watched = looked,
                // The runtime ends.
                Err(_) => return,
            }
        }
    }

    /// One watch until it fails, or until its identity is to be renewed, which is no failure.
    async fn follow_once(&self, cluster: &WatchedCluster, position: usize) -> Option<Failure> {
        let opened = match cluster.open().await {
            Ok(opened) => opened,
            Err(failure) => return Some(failure),
        };
        for line in &opened.events {
            self.log_event(line);
        }
        let source = cluster.source();
        let on_change = |state| {
            let reading = match state {
                ConfigMapState::Data(data) => read(&data),
                ConfigMapState::Absent => Reading::default(),
            };
            self.load(position, &source, Ok(Part::ConfigMap(reading)));
            self.readiness.followed();
        };
        let watch = opened.watch.follow(on_change);
        let followed = tokio::time::timeout(cluster.renew_after(), watch).await;
        followed.ok().map(Failure::from)
    }

    /// Follows the aws-auth of a cluster for ever. Every watch begins with the question where the cluster is, so that one that is made, replaced
    /// or given another certificate authority while the server runs is found.
    pub(super) async fn follow_cluster(self, cluster: WatchedCluster, position: usize) {
        let mut failures = 0;
        loop {
            let begun = self.clock.now();
            let Some(failure) = self.follow_once(&cluster, position).await else {
                continue;
            };
            self.readiness.lost();
            self.metrics.watch_failures.up();
            let held = self.clock.now().duration_since(begun).unwrap_or_default();
            if held > GOOD_WATCH {
                failures = 0;
            }
            self.metrics.watch_failures.up();
            failures += 1;
            let pause = BACKOFF.pause(failures);
            self.say(&format!(
                "the watch of {from} ended, next in {} seconds: {failure}",
                pause.as_secs()
            ));
            self.clock.sleep(pause).await;
        }
    }
}

/// The files that are followed, as they were at the last look.
struct WatchedFiles {
    feed: Feed,
    files: Vec<(FeedFile, Look)>,
    certificate: Arc<Certificate>,
    state_dir: PathBuf,
    certificate_look: Look,
}

impl WatchedFiles {
    fn new(feed: Feed, files: Vec<FeedFile>, certificate: (Arc<Certificate>, PathBuf)) -> Self {
        let looked = |file: FeedFile| {
            let look = Look::at(&[&file.path]);
            (file, look)
        };
        let (certificate, state_dir) = certificate;
        Self {
            feed,
            files: files.into_iter().map(looked).collect(),
            certificate,
            certificate_look: Look::at_certificate(&state_dir),
            state_dir,
        }
    }

    /// Takes over what changed, and everything where a look was asked for.
    fn look(&mut self, is_asked: bool) {
        for (file, seen) in &mut self.files {
            let is_watched = file.kind != FileKind::Config;
            if seen.is_changed(Look::at(&[&file.path])) && is_watched || is_asked {
                let from = format!("`{}`", file.path.display());
                self.feed.take(file.position, &from, file.part());
            }
        }
        let now = Look::at_certificate(&self.state_dir);
        if !self.certificate_look.is_changed(now) && !is_asked {
            return;
        }
        match self.certificate.reload(&self.state_dir) {
            Ok(()) => self.feed.say("certificate taken over"),
            Err(failure) => {
                self.feed.metrics.reload_failures.up();
                let text = format!("the certificate was not taken over: {failure}");
                self.feed.say(&text);
            }
        }
    }
}

/// What files looked like: a change of any of it is a change of the file, a swapped link included.
#[derive(Debug, PartialEq, Eq)]
struct Look(Vec<Option<(std::time::SystemTime, u64, u64)>>);

impl Look {
    fn at(paths: &[&Path]) -> Self {
        use std::os::unix::fs::MetadataExt;
        let look = |path: &&Path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
        };
        Self(paths.iter().map(look).collect())
    }

    fn at_certificate(state_dir: &Path) -> Self {
        let (chain, key) = (
            state_dir.join(crate::init::CERTIFICATE),
            state_dir.join(crate::init::KEY),
        );
        Self::at(&[&chain, &key])
    }

    fn is_changed(&mut self, now: Self) -> bool {
        let is_changed = now != *self;
        *self = now;
        is_changed
    }
}
