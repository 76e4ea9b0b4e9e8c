//! A write that proves itself: after a write that could touch what whoever acts stands on, tokens that no API server has seen ask whether it still gets in
//! and may still mend aws-auth; where it may not and nobody meant that, the write is undone.
//!
//! Facts, measured: an API server remembers whom it admitted for at least 10 s, by token, so each question takes a fresh one, and the connection whose token
//! was first used right before the write is the way back for that long. The authenticator learns of a write by a watch, within milliseconds or seconds,
//! so a yes right after it proves nothing. Read [`touch`] (which writes), [`question`] (what is asked), [`watch`] (when and how often), [`verdict`] (what
//! counts), and `aws_auth/write/undo.rs`. Kubernetes actions: create on selfsubjectreviews and selfsubjectaccessreviews, which every authenticated
//! user has. docs/decisions/0017.

mod credentials;
mod diagnostics;
mod question;
mod touch;
mod unfinished;
mod verdict;
mod watch;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use eksauth_core::access::cluster_access::Principal;
use eksauth_core::access::lockout::{Finding, FindingId, Severity};
use eksauth_core::principal::arn::canonical_role_arn;
use eksauth_core::token::TOKEN_PREFIX;
use tf_provider::Diagnostic;
use tokio::sync::OnceCell;

use crate::access::lockout_guard::ClusterGuard;
use crate::access::lockout_guard::expected::Expectation;
use crate::access::unauthorized::Unauthorized;
use crate::aws_auth::{AccessConfirmation, AccessWatch, Proposal, RefusalExplainer};
use crate::clusters::FoundCluster;
use crate::ports::{ApiError, ClusterAccess, ErrorKind, FreshConnections};
use crate::session::Session;

use credentials::Credentials;
use touch::Texts;
use unfinished::UnfinishedWrites;
use watch::Watch;

/// Confirms the writes of one cluster.
pub(crate) struct ClusterConfirmation {
    surroundings: Arc<Surroundings>,
    guard: Arc<ClusterGuard>,
    access: ClusterAccess,
    connections: Option<Arc<dyn FreshConnections>>,
    /// Who acts by the configuration, asked once; `None` where it does not say it.
    by_configuration: OnceCell<Option<Principal>>,
    /// Whether this run looked for what an earlier one left.
    has_looked: AtomicBool,
}

/// What a watch needs of its cluster.
struct Surroundings {
    cluster: String,
    region: String,
    session: Arc<Session>,
    credentials: Credentials,
    unauthorized: Arc<Unauthorized>,
    unfinished: UnfinishedWrites,
    /// Who acts by the API server, once it was asked.
    acting: OnceLock<Principal>,
}

/// A write on its way.
struct WatchedWrite {
    before: BTreeMap<String, String>,
    after: BTreeMap<String, String>,
    /// Who acts, as far as the configuration says it.
    principal: Option<Principal>,
    expectation: Expectation,
}

impl WatchedWrite {
    fn touches(&self, principal: &Principal) -> bool {
        let (before, after) = (&self.before, &self.after);
        Texts { before, after }.touch(principal)
    }
}

impl ClusterConfirmation {
    /// The confirmation, unless the provider block turns it off. Without a guard nothing that is lost was meant to be kept.
    pub(crate) fn new(
        session: Arc<Session>,
        cluster: &FoundCluster,
        guard: Option<Arc<ClusterGuard>>,
        unauthorized: Arc<Unauthorized>,
    ) -> Option<Self> {
        let guard = guard.filter(|_| session.settings().confirm_access)?;
        Some(Self {
            guard,
            access: cluster.access.clone(),
            connections: cluster.fresh_connections(),
            by_configuration: OnceCell::new(),
            has_looked: AtomicBool::new(false),
            surroundings: Arc::new(Surroundings {
                cluster: cluster.reference.name.clone(),
                region: cluster.reference.region.clone(),
                credentials: Credentials::new(session.clone(), cluster),
                unfinished: UnfinishedWrites::new(&session, &cluster.reference),
                session,
                unauthorized,
                acting: OnceLock::new(),
            }),
        })
    }

    /// Who acts, as far as it is known before the write.
    async fn acting(&self) -> Option<Principal> {
        if let Some(acting) = self.surroundings.acting.get() {
            return Some(acting.clone());
        }
        let by_configuration = || self.read_configuration();
        self.by_configuration
            .get_or_init(by_configuration)
            .await
            .clone()
    }

    async fn read_configuration(&self) -> Option<Principal> {
        match &self.access.kubernetes_role_arn {
            Some(role) => canonical_role_arn(role)
                .ok()
                .map(|arn| Principal::from_arn(&arn)),
            None => {
                let identity = self.surroundings.session.identity().await.ok()?;
                Principal::from_caller(&identity.arn).ok()
            }
        }
    }

    /// A certificate, or a token of another authenticator, stands on nothing that aws-auth says. A token of AWS in the provider block is remembered by the
    /// API server, and no other can be made of it.
    fn note_given_identity(&self) {
        let is_of_aws = |access: &ClusterAccess| {
            let token = access.token.as_ref();
            token.is_some_and(|token| token.expose().starts_with(TOKEN_PREFIX))
        };
        if self.access.client_certificate.is_none() && is_of_aws(&self.access) {
            tracing::info!(
                cluster = %self.surroundings.cluster,
                "not confirmed: the token of the provider block acts, the API server remembers it, and no other can be made"
            );
        }
    }

    /// Whether the loss of whoever acts is meant, whatever the guard thought of it.
    fn is_acknowledged(&self, principal: &Principal) -> bool {
        let finding = Finding {
            id: FindingId::RunningIdentity,
            severity: Severity::Error,
            cluster: self.surroundings.cluster.clone(),
            arn: principal.arn.clone(),
            reason: String::new(),
            notes: Vec::new(),
        };
        let settings = self.surroundings.session.settings();
        settings.acknowledgements.cover(&finding)
    }
}

#[async_trait]
impl AccessConfirmation for ClusterConfirmation {
    async fn prepare(&self, proposal: Proposal<'_>) -> Option<Box<dyn AccessWatch>> {
        let Some(connections) = &self.connections else {
            self.note_given_identity();
            return None;
        };
        let write = WatchedWrite {
            before: proposal.before.clone(),
            after: proposal.after.clone(),
            principal: self.acting().await,
            expectation: Expectation::default(),
        };
        if let Some(principal) = &write.principal
            && (!write.touches(principal) || self.is_acknowledged(principal))
        {
            return None;
        }
        let expectation = self.guard.expectation(proposal).await;
        if expectation.is_loss_meant {
            tracing::debug!(cluster = %self.surroundings.cluster, "not confirmed: what this write takes away is meant");
            return None;
        }
        let write = WatchedWrite {
            expectation,
            ..write
        };
        let surroundings = self.surroundings.clone();
        Some(Box::new(Watch::new(
            surroundings,
            connections.clone(),
            write,
        )))
    }

    async fn unfinished(&self) -> Option<Diagnostic> {
        if self.has_looked.swap(true, Ordering::Relaxed) {
            return None;
        }
        let unfinished = &self.surroundings.unfinished;
        let left = unfinished.left().await?;
        unfinished.end().await;
        Some(diagnostics::unfinished(&self.surroundings, &left))
    }
}

/// A refusal of the API server may come from a write that an earlier run did not see to its end.
#[async_trait]
impl RefusalExplainer for ClusterConfirmation {
    async fn explain(&self, summary: &str, about: &str, error: &ApiError) -> Diagnostic {
        let surroundings = &self.surroundings;
        let explained = surroundings
            .unauthorized
            .explain(summary, about, error)
            .await;
        let is_refused = matches!(
            error.kind,
            ErrorKind::Unauthorized | ErrorKind::AccessDenied
        );
        match surroundings.unfinished.left().await {
            Some(left) if is_refused => {
                diagnostics::refused_after_unfinished(surroundings, &left, explained)
            }
            _ => explained,
        }
    }
}
