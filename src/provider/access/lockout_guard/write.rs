//! The guard's judgement of a write of aws-auth: before it by the document just read, and after it by what is there beside the document.
//!
//! The document itself cannot change between judgement and write, because a write names the version that was judged. What the judgement counts on beside it can:
//! bindings, roles and access entries, which other processes write. So it is read anew after the write.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::lockout::{FindingId, Loses, assess, may_take_away, refuse_losses};
use eksauth_core::aws_auth::read;
use tf_provider::Diagnostics;

use super::facts::Facts;
use super::inquiry::Judged;
use super::{AskedBy, ChangeOf, ClusterGuard, Moment, diagnostics};
use crate::aws_auth::{PlanScope, Proposal};
use crate::config::LockoutGuard;

/// What a write was let pass on.
pub(super) struct JudgedWrite {
    /// Who acts was asked before the write: afterwards it may be somebody whom the cluster does not admit any more, and that may be meant.
    facts: Arc<Facts>,
    unread: Vec<String>,
    /// Whether somebody goes, as far as is known, who was an administrator.
    turns_on_admins: bool,
    /// Whether whoever acts loses what it needs, which was acknowledged.
    takes_from_oneself: bool,
}

/// The states that a write leads from and to.
struct States {
    before: ClusterView,
    after: ClusterView,
}

impl ClusterGuard {
    /// Aws-auth alone.
    fn states(&self, proposal: &Proposal<'_>) -> States {
        let view = |data: &BTreeMap<String, String>| ClusterView {
            mode: self.mode(),
            aws_auth: Knowledge::Known(read(data)),
            access_entries: Knowledge::Known(Vec::new()),
        };
        States {
            before: view(proposal.before),
            after: view(proposal.after),
        }
    }

    pub(super) async fn judge_write(
        &self,
        proposal: Proposal<'_>,
    ) -> Result<Diagnostics, Diagnostics> {
        let states = self.states(&proposal);
        self.note_judged(None);
        // The access entries are the same before and after.
        if !may_take_away(&states.before, &states.after) {
            return Ok(self.protected_without_access(&states.after));
        }
        self.look_at_mode_for_write().await?;
        let states = self.states(&proposal);
        if !may_take_away(&states.before, &states.after) {
            return Ok(Diagnostics::new());
        }
        let facts = self.facts().await;
        let mut judged = self.judged_states(states, &facts).await;
        if proposal.keeps_access {
            refuse_losses(&mut judged.assessment, Loses::Anything);
        }
        let told = self.say(&judged, &facts, asked(&proposal, Moment::Write))?;
        let findings = &judged.assessment.findings;
        if let Some(binding) = self.turn.own_binding_that_stays()
            && findings
                .iter()
                .any(|finding| finding.id == FindingId::RunningIdentity)
        {
            return Err(diagnostics::own_entry_stays(&self.cluster, &binding).into());
        }
        self.note_judged(Some(JudgedWrite {
            facts,
            turns_on_admins: judged.assessment.turns_on.admins,
            takes_from_oneself: findings
                .iter()
                .any(|finding| finding.id == FindingId::RunningIdentity),
            unread: judged.unread,
        }));
        Ok(told)
    }

    async fn judged_states(&self, mut states: States, facts: &Facts) -> Judged {
        let entries = self.undescribed_entries().await;
        states.before.access_entries.clone_from(&entries);
        states.after.access_entries = entries;
        self.judged_by(facts, |circumstances, _| {
            assess(&states.before, &states.after, circumstances)
        })
        .await
    }

    /// Nobody else writes aws-auth of this cluster through this guard meanwhile.
    fn note_judged(&self, judged: Option<JudgedWrite>) {
        let mut last = self
            .judged_write
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last = judged;
    }

    /// Judges once more with everything but who acts read anew. Where nobody lost anything, nothing is read.
    pub(super) async fn judge_write_after(
        &self,
        proposal: Proposal<'_>,
    ) -> Result<Diagnostics, Diagnostics> {
        let before = {
            let mut last = self
                .judged_write
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            last.take()
        };
        let Some(before) = before else {
            return Ok(Diagnostics::new());
        };
        self.later.forget_rbac().await;
        if before.turns_on_admins {
            self.entries.forget().await;
        }
        let unread_mode = self.look_at_mode_again().await;
        let states = self.states(&proposal);
        let mut judged = self.judged_states(states, &before.facts).await;
        judged.unread.extend(unread_mode);
        let is_new = |reason: &&String| !before.unread.contains(reason);
        let unread: Vec<String> = judged.unread.iter().filter(is_new).cloned().collect();
        if unread.is_empty() {
            // What is said of it was said before it.
            self.say(&judged, &before.facts, asked(&proposal, Moment::Done))?;
            return Ok(Diagnostics::new());
        }
        let told = diagnostics::not_judged_again(&self.cluster, &unread);
        match self.settings().lockout_guard {
            // Whoever gave up its own access cannot read what it could.
            LockoutGuard::Strict if !before.takes_from_oneself => {
                Err(diagnostics::refused_unread(told).into())
            }
            _ => Ok(told.into()),
        }
    }
}

fn asked<'a>(proposal: &Proposal<'a>, moment: Moment) -> AskedBy<'a> {
    AskedBy {
        resources: proposal.resources,
        keeps_others: proposal.keeps_others,
        is_removal: false,
        of: ChangeOf::AwsAuth,
        scope: PlanScope::Alone,
        moment,
    }
}
