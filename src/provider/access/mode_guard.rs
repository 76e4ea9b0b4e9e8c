//! Steps of the authentication mode: judged by the lock-out guard before they are made, while nobody else of the configuration takes access away, and looked at
//! after by tokens that no API server has seen (docs/decisions/0017). Nothing takes a step back, so what is found then is told with the way in: an access
//! entry, which EKS makes and not the cluster. Kubernetes actions: those of the guard; create on selfsubjectaccessreviews, which every authenticated user has.

use std::sync::Arc;

use eksauth_core::access::access_entry::AuthenticationMode;
use tf_provider::Diagnostics;

use super::access_turn::{AccessTurn, AccessTurns, HeldTurn};
use super::entry_guard::Proof;
use super::lockout_guard::{ClusterGuard, JudgedMode, ModeProposal, Moment};
use super::mode_in_force::SeenMode;
use super::role_listing::RoleListing;
use crate::aws_auth::PlanScope;
use crate::clusters::FoundCluster;
use crate::ports::authentication_mode::ManagedRole;
use crate::session::Session;

/// What judges the steps of one provider configuration.
pub struct ModeGuards {
    session: Arc<Session>,
    roles: Arc<RoleListing>,
    turns: Arc<AccessTurns>,
}

/// A step of the mode as somebody asks for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModeStep<'a> {
    /// The next mode.
    pub(crate) mode: AuthenticationMode,
    /// The roles that get an access entry with it.
    pub(crate) managed: &'a [ManagedRole],
    /// Who asks, as messages name it.
    pub(crate) resource: &'a str,
}

/// A step that was let pass. Nobody else of this configuration takes access away in the cluster until it is dropped.
pub(crate) struct LetPass {
    /// What is to be said of it.
    pub(crate) told: Diagnostics,
    /// Whether whoever acts means to lose something.
    pub(crate) is_loss_meant: bool,
    _turn: HeldTurn,
}

impl ModeGuards {
    pub(crate) fn new(
        session: Arc<Session>,
        roles: Arc<RoleListing>,
        turns: Arc<AccessTurns>,
    ) -> Self {
        Self {
            session,
            roles,
            turns,
        }
    }

    /// The guard of a cluster in the mode in which it was found.
    pub(crate) fn of_cluster(&self, cluster: &FoundCluster) -> ModeGuard {
        let turn = self.turns.of_cluster(&cluster.reference);
        let guard = cluster.kubernetes().ok().and_then(|kube| {
            let (session, roles) = (self.session.clone(), self.roles.clone());
            ClusterGuard::new(session, cluster, kube, roles)
        });
        ModeGuard {
            guard: guard.map(|guard| guard.taking_turns(turn.clone())),
            turn,
            created_at: cluster.cluster.created_at,
            session: self.session.clone(),
        }
    }
}

/// The guard of one cluster's mode.
pub(crate) struct ModeGuard {
    /// `None` where the provider block turns it off.
    guard: Option<ClusterGuard>,
    turn: Arc<AccessTurn>,
    created_at: Option<i64>,
    session: Arc<Session>,
}

impl ModeGuard {
    /// Judges a planned step. Access entries of the same apply may make up for what it takes, so nothing is refused yet.
    ///
    /// # Errors
    /// The step is refused.
    pub(crate) async fn preview(&self, step: ModeStep<'_>) -> Result<Diagnostics, Diagnostics> {
        let proposal = step.proposal(PlanScope::Others, Moment::Plan);
        match &self.guard {
            Some(guard) => Ok(guard.judge_mode(proposal).await?.told),
            None => Ok(Diagnostics::new()),
        }
    }

    /// Judges a step that is about to be made.
    ///
    /// # Errors
    /// The step is refused, and nothing was done.
    pub(crate) async fn judge(&self, step: ModeStep<'_>) -> Result<LetPass, Diagnostics> {
        let turn = self.turn.take().await;
        let proposal = step.proposal(PlanScope::Alone, Moment::Write);
        let judged = match &self.guard {
            Some(guard) => guard.judge_mode(proposal).await?,
            None => JudgedMode::default(),
        };
        Ok(LetPass {
            told: judged.told,
            is_loss_meant: judged.is_loss_meant,
            _turn: turn,
        })
    }

    /// Notes a step that is made, for those who wait for their turn: they found the cluster in the mode before it.
    pub(crate) fn note_made(&self, mode: AuthenticationMode) {
        let created_at = self.created_at;
        self.turn.mode().note(SeenMode { created_at, mode });
    }

    /// What whoever acts may do before a step; `None` where nothing can be asked.
    pub(crate) async fn proof(&self, cluster: &FoundCluster) -> Option<Proof> {
        Proof::of_whoever_acts(&self.session, cluster).await
    }
}

impl<'a> ModeStep<'a> {
    fn proposal(self, scope: PlanScope, moment: Moment) -> ModeProposal<'a> {
        ModeProposal {
            mode: self.mode,
            managed: self.managed,
            resource: self.resource,
            scope,
            moment,
        }
    }
}
