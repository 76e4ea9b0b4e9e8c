//! The guard's judgement of a change of the authentication mode: whom only aws-auth lets in loses access with mode API, and there is no way back. What
//! could not be read counts against that step, whatever the provider block says.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode, Defaults};
use eksauth_core::access::change::{AccessEntryChange, ClusterChange};
use eksauth_core::access::lockout::{FindingId, Loses, refuse_losses};
use tf_provider::Diagnostics;

use super::access_entries::ChangingEntries;
use super::between::TwoStates;
use super::inquiry::Judged;
use super::{Applying, AskedBy, ChangeOf, ClusterGuard, Moment};
use crate::access::cluster_access::unreadable;
use crate::access::mode_in_force::SeenMode;
use crate::aws_auth::PlanScope;
use crate::clusters::ClusterRef;
use crate::diagnostics::api_failure;
use crate::ports::ApiError;
use crate::ports::authentication_mode::ManagedRole;

/// A step of the mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModeProposal<'a> {
    /// The next mode.
    pub(crate) mode: AuthenticationMode,
    /// The roles that get an access entry of EKS itself with it.
    pub(crate) managed: &'a [ManagedRole],
    /// Who asks for it, as messages name it.
    pub(crate) resource: &'a str,
    /// Whether other changes of the apply can make up for it.
    pub(crate) scope: PlanScope,
    /// Whether it is planned or about to be made.
    pub(crate) moment: Moment,
}

/// A step that was let pass.
#[derive(Default)]
pub(crate) struct JudgedMode {
    /// What is to be said of it.
    pub(crate) told: Diagnostics,
    /// Whether whoever acts means to lose something.
    pub(crate) is_loss_meant: bool,
}

/// What a step of the mode does to access: itself, and the access entries that EKS makes with it.
pub fn mode_changes(mode: AuthenticationMode, managed: &[ManagedRole]) -> Vec<ClusterChange> {
    let made = managed.iter().map(|role| {
        let Defaults { username, groups } = Defaults::for_type(&role.entry_type, &role.role_arn);
        ClusterChange::AccessEntry(AccessEntryChange::Put(AccessEntry {
            principal_arn: role.role_arn.clone(),
            kind: role.entry_type.clone(),
            username,
            groups,
            policies: Vec::new(),
            created_at: None,
        }))
    });
    std::iter::once(ClusterChange::Mode(mode))
        .chain(made)
        .collect()
}

impl ClusterGuard {
    /// The mode that is in force as far as this configuration knows.
    pub(crate) fn mode(&self) -> AuthenticationMode {
        self.turn.mode().now(SeenMode {
            created_at: self.created_at,
            mode: self.mode,
        })
    }

    /// Looks for the mode that is in force now: a step may have been made since the cluster was found. Nothing follows the last mode, so there nothing is asked.
    async fn look_at_mode(&self) -> Result<(), ApiError> {
        if self.mode() == AuthenticationMode::Api {
            return Ok(());
        }
        let found = self.eks.describe_cluster(&self.cluster).await?;
        if let Some(found) = found {
            self.turn.mode().note(SeenMode::of(&found));
        }
        Ok(())
    }

    /// The same before a write.
    ///
    /// # Errors
    /// The cluster could not be read, so nothing says what counts in it.
    pub(crate) async fn look_at_mode_for_write(&self) -> Result<(), Diagnostics> {
        let about = ClusterRef {
            name: self.cluster.clone(),
            region: self.region.clone(),
        };
        let looked = self.look_at_mode().await;
        looked.map_err(api_failure::failure(
            "Cannot Read Cluster",
            &about.to_string(),
        ))
    }

    /// The same after a write: why it could not be read.
    pub(super) async fn look_at_mode_again(&self) -> Option<String> {
        let looked = self.look_at_mode().await;
        looked
            .err()
            .map(|error| unreadable("the authentication mode", &error))
    }

    /// Judges a step of the mode by everything that lets somebody in now.
    ///
    /// # Errors
    /// The step is refused, with what it would do to access.
    pub(crate) async fn judge_mode(
        &self,
        proposal: ModeProposal<'_>,
    ) -> Result<JudgedMode, Diagnostics> {
        if proposal.moment == Moment::Write {
            self.look_at_mode_for_write().await?;
        }
        let changes = mode_changes(proposal.mode, proposal.managed);
        let (before, unread) = self.state(&self.whole_view().await, &changes).await;
        let states = TwoStates {
            after: before.after(&changes),
            before,
            entries: ChangingEntries::default(),
            unread,
        };
        let who = (&Applying::default(), &BTreeSet::new());
        let judged = self.judge_states(states, who).await;
        let facts = self.facts().await;
        let asked = AskedBy {
            resources: &[proposal.resource.to_owned()],
            keeps_others: true,
            is_removal: false,
            of: ChangeOf::Mode,
            scope: proposal.scope,
            moment: proposal.moment,
        };
        let mut judged = Judged {
            assessment: judged.assessment,
            unread: judged.unread,
        };
        if proposal.mode == AuthenticationMode::Api {
            refuse_losses(&mut judged.assessment, Loses::Everything);
        }
        let is_loss_meant = judged.assessment.findings.iter().any(|finding| {
            finding.id == FindingId::RunningIdentity && self.is_meant(finding, false)
        });
        Ok(JudgedMode {
            told: self.say(&judged, &facts, asked)?,
            is_loss_meant,
        })
    }
}
