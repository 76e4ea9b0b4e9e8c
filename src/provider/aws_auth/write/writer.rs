//! What resources hold of a cluster's aws-auth: its document, and a way to change it.
//!
//! There is one per cluster and provider configuration, so that changes of many resources meet in one [queue](super::queue).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use eksauth_core::aws_auth::Entry;
use tf_provider::{Diagnostic, Diagnostics};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::caller_entry::CallerEntry;
use super::change_error::ChangeError;
use super::claims::RunMemory;
use super::confirmation::AccessConfirmation;
use super::diagnostics;
use super::document_cache::DocumentCache;
use super::explainer::RefusalExplainer;
use super::guard::{Guard, GuardAndExplainer};
use super::pending::Pending;
use super::queue::Queue;
use super::request::{ChangeOutcome, ChangeRequest, Ownership};
use crate::aws_auth::diagnostics::ClusterName;
use crate::aws_auth::document::Document;
use crate::aws_auth::recovery::RecoveryStore;
use crate::clusters::FoundCluster;
use crate::diagnostics::api_failure;
use crate::ports::{ApiError, Clock, KubeApi};
use crate::session::Session;

/// Reads and writes the aws-auth of one cluster.
pub struct Writer {
    pub(super) name: ClusterName,
    pub(super) session: Arc<Session>,
    pub(super) kube: Arc<dyn KubeApi>,
    pub(super) guard: Option<Arc<dyn Guard>>,
    pub(super) confirmation: Option<Arc<dyn AccessConfirmation>>,
    explainer: Option<Arc<dyn RefusalExplainer>>,
    pub(super) recovery_store: RecoveryStore,
    pub(super) documents: DocumentCache,
    pub(super) queue: Mutex<Queue>,
    pub(super) memory: Mutex<RunMemory>,
    pub(super) cluster: Arc<FoundCluster>,
    caller_entry: OnceCell<Option<CallerEntry>>,
    planned: Mutex<PlannedOwners>,
    /// How often a planned removal waited for who may hold its entry.
    pub(super) planned_steps: AtomicUsize,
    /// That the ConfigMap is gone was said.
    is_missed: AtomicBool,
}

/// Who wanted to write at plan.
#[derive(Default)]
struct PlannedOwners {
    exclusive_map: Option<String>,
    other: Option<String>,
}

/// An exclusive map and another resource that wants to write into the same document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExclusiveConflict {
    /// The map, as messages name it.
    pub map: String,
    /// The other one.
    pub other: String,
}

impl Writer {
    pub(super) fn new(
        session: Arc<Session>,
        cluster: Arc<FoundCluster>,
        name: ClusterName,
        GuardAndExplainer {
            guard,
            explainer,
            confirmation,
        }: GuardAndExplainer,
    ) -> Result<Self, ApiError> {
        let kube = cluster.kubernetes()?;
        Ok(Self {
            name,
            recovery_store: RecoveryStore::new(&session, &cluster, kube.clone()),
            documents: DocumentCache::new(kube.clone(), session.clock().clone()),
            session,
            kube,
            guard,
            confirmation,
            explainer,
            cluster,
            queue: Mutex::default(),
            memory: Mutex::default(),
            caller_entry: OnceCell::new(),
            planned: Mutex::default(),
            planned_steps: AtomicUsize::default(),
            is_missed: AtomicBool::default(),
        })
    }

    /// How messages name the cluster.
    pub fn cluster(&self) -> &ClusterName {
        &self.name
    }

    /// Whether nobody has said yet that the ConfigMap is gone.
    pub(crate) fn is_first_to_miss_it(&self) -> bool {
        !self.is_missed.swap(true, Ordering::Relaxed)
    }

    /// The document as this run saw it last: one GET for all who read, until a write of ours replaces it.
    ///
    /// # Errors
    /// The GET failed; the same failure is told to all who ask within a few seconds.
    pub async fn document(&self) -> Result<Arc<Document>, ApiError> {
        self.documents.document().await
    }

    /// Makes a change, together with those of other resources that arrive at the same time.
    ///
    /// # Errors
    /// The change was refused or could not be written; then nothing of it is in the document, unless the text says otherwise.
    pub async fn change(
        self: &Arc<Self>,
        cancel: &CancellationToken,
        request: ChangeRequest,
    ) -> Result<ChangeOutcome, Diagnostics> {
        Ok(self.try_change(cancel, request).await?)
    }

    /// The same, with a refusal told apart from a failure.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub async fn try_change(
        self: &Arc<Self>,
        cancel: &CancellationToken,
        request: ChangeRequest,
    ) -> Result<ChangeOutcome, ChangeError> {
        self.memory().claims.forget(&request);
        if let Some(outcome) = self.answer_standing(&request).await {
            return Ok(outcome);
        }
        self.find_caller_entry().await;
        let (pending, answer) = Pending::new(request, cancel.clone());
        self.enqueue(pending);
        answer
            .await
            .unwrap_or_else(|_| Err(diagnostics::unanswered(&self.name).into()))
    }

    /// Notes at plan who wants to write, and says if an exclusive map would stand beside others.
    pub fn note_planned(&self, request: &ChangeRequest) -> Option<ExclusiveConflict> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let label = request.label();
        if request.ownership == Ownership::ExclusiveMap {
            planned.exclusive_map = Some(label.clone());
            let other = planned.other.clone()?;
            return Some(ExclusiveConflict { map: label, other });
        }
        planned.other = Some(label.clone());
        let map = planned.exclusive_map.clone()?;
        Some(ExclusiveConflict { map, other: label })
    }

    /// A failure as a practitioner reads it, with the reasons of the API server's refusals where they can be found out.
    pub(crate) async fn explain(&self, summary: &str, about: &str, error: &ApiError) -> Diagnostic {
        match &self.explainer {
            Some(explainer) => explainer.explain(summary, about, error).await,
            None => {
                let surface = self.session.settings().surface;
                api_failure::failed_on(surface, summary, about, error)
            }
        }
    }

    /// The entry of who is calling, once a change was asked for; `None` where that is no AWS identity.
    pub(super) fn caller_entry(&self) -> Option<&CallerEntry> {
        self.caller_entry.get().and_then(Option::as_ref)
    }

    async fn find_caller_entry(&self) -> Option<&CallerEntry> {
        let find = || CallerEntry::find(&self.session, &self.cluster);
        self.caller_entry.get_or_init(find).await.as_ref()
    }

    /// Whether whoever is calling may come in by an entry.
    pub(crate) async fn is_of_caller(&self, entry: &Entry) -> bool {
        let caller = self.find_caller_entry().await;
        caller.is_some_and(|caller| caller.is_callers(entry))
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.session.clock().as_ref()
    }
}
