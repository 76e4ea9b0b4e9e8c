//! What whoever acts may do before and after a change of its own access entry, by tokens that no API server has seen.

use std::sync::Arc;
use std::time::Duration;

use eksauth_core::access::cluster_access::Principal;
use eksauth_core::access::lockout::{Finding, FindingId, Severity};
use eksauth_core::principal::arn::canonical_role_arn;

use crate::access::caller_check::{DO_EVERYTHING, WRITE_AWS_AUTH};
use crate::access::rbac_guard::described;
use crate::clusters::FoundCluster;
use crate::config::LockoutGuard;
use crate::ports::access_review::AccessQuestion;
use crate::ports::{ApiError, ErrorKind, FreshConnections};
use crate::session::Session;

/// Until a yes counts: a change of an access entry may take several seconds until it is in force (EKS user guide).
const YES_AFTER: Duration = Duration::from_secs(6);
/// Until a no counts: what was made in the same apply takes as long.
const NO_AFTER: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_secs(1);

/// What whoever acts could do before a change.
pub(crate) struct Proof {
    connections: Arc<dyn FreshConnections>,
    session: Arc<Session>,
    may: Vec<AccessQuestion>,
}

impl Proof {
    /// `None` where the change is about somebody else, a loss is meant, nothing can be asked, or whoever acts is not admitted anyway.
    pub(crate) async fn begin(
        session: &Arc<Session>,
        cluster: &FoundCluster,
        principal: &Principal,
    ) -> Option<Self> {
        if is_off(session)
            || acting(session, cluster).await.as_ref() != Some(principal)
            || is_acknowledged(session, cluster, principal)
        {
            return None;
        }
        Self::of_whoever_acts(session, cluster).await
    }

    /// The same before a change that may touch anybody.
    pub(crate) async fn of_whoever_acts(
        session: &Arc<Session>,
        cluster: &FoundCluster,
    ) -> Option<Self> {
        if is_off(session) {
            return None;
        }
        let mut proof = Self {
            connections: cluster.fresh_connections()?,
            session: session.clone(),
            may: Vec::new(),
        };
        let mut may = Vec::new();
        for question in [DO_EVERYTHING, WRITE_AWS_AUTH] {
            match proof.ask(question).await {
                Ok(true) => may.push(question),
                Ok(false) => {}
                Err(error) => {
                    tracing::info!(%error, "a change of access is not confirmed, because the API server does not answer whoever acts");
                    return None;
                }
            }
        }
        proof.may = may;
        Some(proof)
    }

    /// What whoever acts has lost, as sentences name it; nothing where it has all that it had.
    pub(crate) async fn lost(&self) -> Vec<String> {
        let clock = self.session.clock();
        let began = clock.now();
        loop {
            let lost = self.lost_now().await;
            let waited = clock.now().duration_since(began).unwrap_or_default();
            let enough = match lost.is_empty() {
                true => YES_AFTER,
                false => NO_AFTER,
            };
            if waited >= enough {
                return lost;
            }
            clock.sleep(INTERVAL).await;
        }
    }

    /// No answer tells nothing.
    async fn lost_now(&self) -> Vec<String> {
        let mut lost = Vec::new();
        let questions = match self.may.is_empty() {
            // Whether it is let in at all.
            true => vec![WRITE_AWS_AUTH],
            false => self.may.clone(),
        };
        for question in questions {
            match self.ask(question).await {
                Err(error) if error.kind == ErrorKind::Unauthorized => {
                    return vec!["the way into the cluster at all".to_owned()];
                }
                Ok(false) if !self.may.is_empty() => lost.push(described(question)),
                Ok(_) | Err(_) => {}
            }
        }
        lost
    }

    async fn ask(&self, question: AccessQuestion) -> Result<bool, ApiError> {
        let addresses = self.connections.addresses().await;
        let Some(address) = addresses.first() else {
            return Err(ApiError::new(
                ErrorKind::Unreachable,
                "connect",
                "the endpoint has no address",
            ));
        };
        let connection = self.connections.connect(*address).await?;
        connection.kube().self_subject_access_review(question).await
    }
}

fn is_off(session: &Session) -> bool {
    let settings = session.settings();
    let refuses = matches!(
        settings.lockout_guard,
        LockoutGuard::Error | LockoutGuard::Strict
    );
    !refuses || !settings.confirm_access
}

/// Who acts on the cluster, as far as the configuration says it.
pub(super) async fn acting(session: &Session, cluster: &FoundCluster) -> Option<Principal> {
    match &cluster.access.kubernetes_role_arn {
        Some(role) => canonical_role_arn(role)
            .ok()
            .map(|arn| Principal::from_arn(&arn)),
        None => {
            let identity = session.identity().await.ok()?;
            Principal::from_caller(&identity.arn).ok()
        }
    }
}

pub(super) fn is_acknowledged(
    session: &Session,
    cluster: &FoundCluster,
    principal: &Principal,
) -> bool {
    session.settings().acknowledgements.cover(&Finding {
        id: FindingId::RunningIdentity,
        severity: Severity::Error,
        cluster: cluster.reference.name.clone(),
        arn: principal.arn.clone(),
        reason: String::new(),
        notes: Vec::new(),
    })
}
