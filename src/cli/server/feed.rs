//! Where mappings come from while the server runs: files, which are looked at every two seconds, and the aws-auth of a cluster by a watch.
//!
//! What surprises: what cannot be read changes nothing, so that a half-written file or a cluster that does not answer locks nobody out; a
//! ConfigMap that was deleted empties its mappings, as the cluster's own authenticator has it, and so does a deleted dynamic file.

use std::sync::Arc;
use std::time::Duration;

use eksauth_cloud::ConfigMapState;
use eksauth_core::aws_auth::{Reading, read};
use eksauth_core::plural::counted;
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

/// Pauses after the first, second, … watch that failed or could not begin.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 15];

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
            let (entries, findings) = (part.entries(), part.findings());
            self.mapper
                .replace(position, part)
                .map_err(|error| Failure::new(format!("{source}: {error}")))?;
            Ok((entries, findings))
        });
        match loaded {
            Ok((entries, findings)) => {
                self.metrics.reloads.up();
                let noun = if entries == 1 { "entry" } else { "entries" };
                self.log_event(&format!("loaded {entries} {noun} from {source}"));
                for finding in findings {
                    self.log_event(&format!("{source}: {finding}"));
                }
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

    /// Looks at files, and at the certificate, for ever; `now` asks for a look at once, whatever the files' times say.
    pub(super) async fn follow_files(self, files: WatchedFiles, now: Arc<tokio::sync::Notify>) {
        let mut files = Some(files);
        while let Some(mut looking) = files.take() {
            let is_asked = tokio::select! {
                () = now.notified() => true,
                () = tokio::time::sleep(FILE_INTERVAL) => false,
            };
            let look = move || {
                let changes = looking.read_changes(is_asked);
                (looking, changes)
            };
            let (looked, changes) = match tokio::task::spawn_blocking(look).await {
                Ok(looked) => looked,
                Err(error) => {
                    return self.log_event(&format!("files are not read again any more: {error}"));
                }
            };
            files = Some(looked);
            changes
                .into_iter()
                .for_each(|change| self.load_file(change));
        }
    }

    fn load_file(&self, change: FileChange) {
        match change {
            FileChange::Mappings {
                position,
                source,
                part,
            } => self.load(position, &source, part),
            FileChange::Certificate(Ok(())) => self.log_event("loaded the certificate"),
            FileChange::Certificate(Err(failure)) => {
                self.metrics.reload_failures.up();
                self.log_event(&format!("the certificate was not loaded: {failure}"));
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
            let pause = PAUSES.get(failures).or(PAUSES.last()).copied();
            let pause = Duration::from_secs(pause.unwrap_or(1));
            self.log_event(&format!(
                "{} is not followed, next attempt in {}: {failure}",
                cluster.source(),
                counted(
                    usize::try_from(pause.as_secs()).unwrap_or(usize::MAX),
                    "second"
                )
            ));
            failures += 1;
            self.clock.sleep(pause).await;
        }
    }
}
