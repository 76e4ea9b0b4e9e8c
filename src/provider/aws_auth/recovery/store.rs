//! Where copies go: into the cluster, into a folder, or nowhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tf_provider::Diagnostic;

use super::diagnostics;
use super::{Draft, FOLDER, KeptCopy, MOST_COPIES, PREFIX, copies};
use crate::aws_auth::digest::digest;
use crate::aws_auth::document::NAMESPACE;
use crate::clusters::FoundCluster;
use crate::config::Recovery;
use crate::ports::kubernetes::ConfigMap;
use crate::ports::{ApiError, Clock, ErrorKind, FileStore, KubeApi, Surface};
use crate::session::Session;
use crate::session::recent::MOMENT;

/// What is to be kept.
pub(in super::super) struct Previous<'a> {
    /// The object as it was read.
    pub(in super::super) config_map: &'a ConfigMap,
    /// The canonical ARN of who is about to write.
    pub(in super::super) changed_by: Option<&'a str>,
    /// Which resources take something away, as messages name them.
    pub(in super::super) resources: &'a [String],
}

/// What became of it.
#[derive(Debug, Default)]
pub(in super::super) struct Kept {
    /// The copy that was made for this write alone.
    fresh: Option<FreshCopy>,
    /// What the practitioner should know, once a run.
    pub(in super::super) note: Option<Diagnostic>,
}

#[derive(Debug)]
struct FreshCopy {
    name: String,
}

/// Keeps copies for one cluster in one run.
pub(crate) struct RecoveryStore {
    destination: Destination,
    clock: Arc<dyn Clock>,
    cluster: String,
    surface: Surface,
    run: Mutex<Run>,
}

enum Destination {
    Nowhere,
    Cluster(Arc<dyn KubeApi>),
    Folder {
        files: Arc<dyn FileStore>,
        folder: PathBuf,
        /// What the names of this cluster's copies begin with.
        prefix: String,
    },
}

/// What a run remembers.
#[derive(Default)]
struct Run {
    /// Documents that need no copy, by digest, each with the copy that undoes what is taken from it: those that are kept, and what this run has made
    /// of them.
    kept: BTreeMap<String, String>,
    /// The copies there were a moment ago; `None` before they were listed.
    listing: Option<Listing>,
    /// A note was given: the next failure says nothing new.
    is_noted: bool,
    /// Nothing more is tried.
    is_refused: bool,
}

/// The copies there were. Other runs make and remove copies too, so a listing is believed for a moment only.
struct Listing {
    names: Vec<String>,
    at: SystemTime,
}

impl Run {
    /// Takes note of what there is: a copy that is gone undoes nothing any more.
    fn note_listing(&mut self, listing: Listing) {
        self.kept.retain(|_, copy| listing.names.contains(copy));
        self.listing = Some(listing);
    }
}

impl RecoveryStore {
    /// As the provider block wants it.
    pub(crate) fn new(session: &Session, cluster: &FoundCluster, kube: Arc<dyn KubeApi>) -> Self {
        let settings = session.settings();
        let reference = &cluster.reference;
        let destination = match (settings.recovery, session.cloud()) {
            (Recovery::ConfigMap, _) => Destination::Cluster(kube),
            (Recovery::File, Some(cloud)) => Destination::Folder {
                files: cloud.files(),
                folder: settings
                    .recovery_folder
                    .clone()
                    .unwrap_or_else(|| Path::new(".terraform").join(FOLDER)),
                prefix: format!("{}.{}.", reference.name, reference.region),
            },
            (Recovery::File | Recovery::Off, _) => Destination::Nowhere,
        };
        Self {
            destination,
            clock: session.clock().clone(),
            cluster: reference.name.clone(),
            surface: settings.surface,
            run: Mutex::default(),
        }
    }

    /// Keeps a document, unless a copy of this run undoes what is taken from it. Costs one write, and one list in a moment.
    pub(in super::super) async fn keep(&self, previous: Previous<'_>) -> Kept {
        let digest = digest(&previous.config_map.data);
        if matches!(self.destination, Destination::Nowhere) || self.run().is_refused {
            return Kept::default();
        }
        // Whoever may create and neither list nor delete would leave one more copy with every run, so such a run makes none.
        let pruned = self.prune().await;
        if self.run().kept.contains_key(&digest) {
            return Kept::default();
        }
        if let Err(failure) = pruned
            && failure.is_final
        {
            return self.without_copy(&failure);
        }
        let draft = Draft::from_previous(&previous, self.clock.now());
        if let Err(failure) = self.write(&draft).await {
            return self.without_copy(&failure);
        }
        tracing::info!(cluster = %self.cluster, copy = %draft.name, "aws-auth was kept before it is changed");
        self.note_copy(&draft.name, &digest);
        let note = match self.prune().await {
            Ok(()) => None,
            Err(failure) => self.note_once(|| diagnostics::not_pruned(&self.cluster, &failure)),
        };
        Kept {
            fresh: Some(FreshCopy { name: draft.name }),
            note,
        }
    }

    /// What becomes of a document that could not be kept.
    fn without_copy(&self, failure: &Failed) -> Kept {
        self.run().is_refused |= failure.is_final;
        Kept {
            fresh: None,
            note: self.note_once(|| diagnostics::not_kept(&self.cluster, failure)),
        }
    }

    fn note_copy(&self, name: &str, digest: &str) {
        let mut run = self.run();
        run.kept.insert(digest.to_owned(), name.to_owned());
        if let Some(listing) = &mut run.listing {
            listing.names.push(name.to_owned());
        }
    }

    /// Notes what a write of this run made of a document. A copy that undoes what is taken from the one undoes it of the other too, so that many
    /// writes in a row need one copy, and the document before the first of them is not pushed out by the steps after it.
    pub(in super::super) fn note_written(
        &self,
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
    ) {
        let mut run = self.run();
        // What somebody else wrote in between stands in no copy, whoever writes after it.
        if let Some(copy) = run.kept.get(&digest(before)).cloned() {
            run.kept.insert(digest(after), copy);
        }
    }

    /// The copy that undoes what is taken from a document; `None` where none was kept.
    pub(in super::super) fn copy_of(&self, data: &BTreeMap<String, String>) -> Option<KeptCopy> {
        let name = self.run().kept.get(&digest(data)).cloned()?;
        match &self.destination {
            Destination::Nowhere => None,
            Destination::Cluster(_) => Some(KeptCopy::ConfigMap(name)),
            Destination::Folder { folder, prefix, .. } => {
                Some(KeptCopy::File(folder.join(format!("{prefix}{name}.json"))))
            }
        }
    }

    /// Takes back a copy whose write was certainly not made: it is no step of the document's history.
    pub(in super::super) async fn discard(&self, kept: Kept) {
        let Some(FreshCopy { name }) = kept.fresh else {
            return;
        };
        self.run().kept.retain(|_, copy| *copy != name);
        match self.remove(&name).await {
            Ok(()) => {
                if let Some(listing) = &mut self.run().listing {
                    listing.names.retain(|copy| *copy != name);
                }
            }
            Err(failure) => {
                tracing::info!(cluster = %self.cluster, copy = %name, failure = %failure.text, "an unused copy stays");
            }
        }
    }

    async fn write(&self, draft: &Draft) -> Result<(), Failed> {
        match &self.destination {
            Destination::Nowhere => Ok(()),
            Destination::Cluster(kube) => {
                let made = kube
                    .create_config_map(NAMESPACE, &draft.name, &draft.new)
                    .await;
                match made {
                    Ok(_) => Ok(()),
                    // Time and text are the name, so it is this very copy.
                    Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(()),
                    Err(error) => Err(Failed::from_api_error(&error, self.surface)),
                }
            }
            Destination::Folder {
                files,
                folder,
                prefix,
            } => {
                let name = format!("{prefix}{}.json", draft.name);
                files
                    .write(folder, &name, &draft.manifest())
                    .await
                    .map_err(Failed::from_file_error)
            }
        }
    }

    /// Removes the oldest copies beyond the limit; lists them first where this run has not a moment ago.
    async fn prune(&self) -> Result<(), Failed> {
        let Listing { mut names, at } = self.listing().await?;
        names.sort();
        let surplus = names.len().saturating_sub(MOST_COPIES);
        let mut left = names.split_off(surplus);
        let mut outcome = Ok(());
        for name in names {
            if let Err(failure) = self.remove(&name).await {
                left.push(name);
                outcome = Err(failure);
            }
        }
        self.run().note_listing(Listing { names: left, at });
        outcome
    }

    /// The copies there were a moment ago.
    async fn listing(&self) -> Result<Listing, Failed> {
        let at = self.clock.now();
        let is_recent =
            |listing: &Listing| at.duration_since(listing.at).is_ok_and(|age| age < MOMENT);
        let known = self.run().listing.take();
        match known.filter(is_recent) {
            Some(listing) => Ok(listing),
            None => Ok(Listing {
                names: self.list().await?,
                at,
            }),
        }
    }

    /// The names of the copies there are.
    async fn list(&self) -> Result<Vec<String>, Failed> {
        match &self.destination {
            Destination::Nowhere => Ok(Vec::new()),
            Destination::Cluster(kube) => {
                let found = copies(kube.as_ref()).await;
                let found = found.map_err(|error| Failed::from_api_error(&error, self.surface))?;
                Ok(found.into_iter().map(|copy| copy.name).collect())
            }
            Destination::Folder {
                files,
                folder,
                prefix,
            } => {
                let names = files.names(folder).await.map_err(Failed::from_file_error)?;
                let ours = names.iter().filter_map(|name| {
                    let name = name.strip_prefix(prefix)?.strip_suffix(".json")?;
                    name.starts_with(PREFIX).then(|| name.to_owned())
                });
                Ok(ours.collect())
            }
        }
    }

    async fn remove(&self, name: &str) -> Result<(), Failed> {
        match &self.destination {
            Destination::Nowhere => Ok(()),
            Destination::Cluster(kube) => kube
                .delete_config_map(NAMESPACE, name)
                .await
                .map_err(|error| Failed::from_api_error(&error, self.surface)),
            Destination::Folder {
                files,
                folder,
                prefix,
            } => files
                .remove(folder, &format!("{prefix}{name}.json"))
                .await
                .map_err(Failed::from_file_error),
        }
    }

    /// The note, unless one was given in this run.
    fn note_once(&self, note: impl FnOnce() -> Diagnostic) -> Option<Diagnostic> {
        let was_noted = std::mem::replace(&mut self.run().is_noted, true);
        (!was_noted).then(note)
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a copy could not be made or removed.
pub(super) struct Failed {
    pub(super) text: String,
    pub(super) what_to_do: String,
    /// It will fail again.
    is_final: bool,
}

impl Failed {
    fn from_api_error(error: &ApiError, surface: Surface) -> Self {
        let what_to_do = match error.kind {
            ErrorKind::AccessDenied => surface.choose(
                "Copies need `create`, `list` and `delete` on `configmaps` in namespace `kube-system`. Or set `recovery = \"file\"`, or \
                 `recovery = \"off\"` to do without.",
                "Copies need `create`, `list` and `delete` on `configmaps` in namespace `kube-system`.",
            ),
            ErrorKind::Invalid => surface.choose(
                "A copy is as large as aws-auth itself, and the API server did not take it. `recovery = \"file\"` keeps copies in a folder.",
                "A copy is as large as aws-auth itself, and the API server did not take it.",
            ),
            _ => surface.choose(
                "`recovery = \"file\"` keeps copies in a folder.",
                "`kubectl get configmap aws-auth -n kube-system -o yaml` shows the document, to be saved by hand.",
            ),
        };
        Self {
            text: error.detail(),
            what_to_do: what_to_do.to_owned(),
            is_final: matches!(error.kind, ErrorKind::AccessDenied | ErrorKind::Invalid),
        }
    }

    fn from_file_error(text: String) -> Self {
        Self {
            text,
            what_to_do:
                "`recovery_folder` names another folder; `recovery = \"off\"` does without."
                    .to_owned(),
            is_final: true,
        }
    }
}
