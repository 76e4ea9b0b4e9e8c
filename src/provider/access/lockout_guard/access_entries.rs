//! The guard's judgement of a change of one access entry or its policies: it asks nothing while the principal loses nothing. An entry can hide what aws-auth
//! gives, so making one may take access away, and removing one may give it.

use std::sync::Arc;

use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
pub(super) use eksauth_core::access::change::Described;
use eksauth_core::access::change::{AccessEntryChange, ClusterChange, ClusterState};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{FindingId, Severity, assess, may_take_away};
use eksauth_core::aws_auth::Reading;
use tf_provider::Diagnostics;

use super::facts::Facts;
use super::inquiry::Judged;
use super::{AskedBy, ChangeOf, ClusterGuard, Moment, diagnostics};
use crate::aws_auth::PlanScope;
use crate::config::LockoutGuard;

/// A change of one access entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryProposal<'a> {
    /// aws-auth; nothing in a mode that does not read it.
    pub(crate) aws_auth: &'a Knowledge<Reading>,
    /// Whose entry it is.
    pub(crate) principal: &'a Principal,
    /// The entry with its policies as it is; `None` where there is none, or where it counts for nobody any more.
    pub(crate) before: Option<&'a AccessEntry>,
    /// What is done, in this order.
    pub(crate) changes: &'a [ClusterChange],
    /// Who asks for it, as messages name it.
    pub(crate) resource: &'a str,
    /// Whether it only takes away, and the plan keeps nothing that this configuration has in the cluster.
    pub(crate) is_teardown: bool,
    /// Whether other changes of the apply can make up for it.
    pub(crate) scope: PlanScope,
    /// Whether it is planned, about to be made, or made.
    pub(crate) moment: Moment,
}

/// Access entries that change, where not all are read.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangingEntries {
    /// As they are.
    pub(super) before: Described,
    /// What is done with them.
    pub(super) changes: Vec<ClusterChange>,
}

impl ChangingEntries {
    pub(super) fn are_none(&self) -> bool {
        self.changes.is_empty()
    }

    /// Beside others that were read one by one: as they are.
    pub(super) fn before(&self, described: &Described) -> Described {
        let mut all = described.clone();
        all.extend(self.before.clone());
        all
    }

    /// The same as they are to be.
    pub(super) fn after(&self, described: &Described) -> Described {
        after(&self.before(described), &self.changes)
    }
}

impl ClusterGuard {
    /// Whether the principal may have less afterwards, by what aws-auth and its own entry say. Nobody else's access is touched.
    pub(crate) fn entry_change_may_take(&self, proposal: &EntryProposal<'_>) -> bool {
        may_take_in(self.mode(), proposal)
    }

    /// The same in the mode that was known last or one that may have come since.
    pub(crate) fn entry_change_may_take_by_now(&self, proposal: &EntryProposal<'_>) -> bool {
        use AuthenticationMode::{Api, ApiAndConfigMap, ConfigMap};
        let known = self.mode();
        [ConfigMap, ApiAndConfigMap, Api]
            .into_iter()
            .any(|mode| mode >= known && may_take_in(mode, proposal))
    }

    /// Judges a change of an access entry. `None` where nobody may lose anything.
    ///
    /// # Errors
    /// The change is refused, with what it would do to access.
    pub(crate) async fn judge_entry(
        &self,
        proposal: EntryProposal<'_>,
    ) -> Result<Option<JudgedEntry>, Diagnostics> {
        if !self.entry_change_may_take(&proposal) {
            return Ok(None);
        }
        self.forget_written_entries().await;
        let facts = self.facts().await;
        let judged = self.judged_entry(&proposal, &facts).await;
        let assessment = &judged.assessment;
        if proposal.moment == Moment::Plan {
            self.note_power(assessment, &[proposal.resource.to_owned()]);
        }
        let is_grave = !assessment.of_severity(Severity::Error).is_empty();
        let advised =
            |told: Diagnostics| match is_grave && self.hides_an_entry_of_aws_auth(&proposal) {
                true => diagnostics::advise_policies_of_its_own(&told),
                false => told,
            };
        let resources = [proposal.resource.to_owned()];
        let said = self.say(&judged, &facts, asked(&proposal, &resources));
        let told = said.map(advised).map_err(advised)?;
        let mut findings = assessment.findings.iter();
        Ok(Some(JudgedEntry {
            told,
            turns_on_admins: assessment.turns_on.admins,
            takes_from_oneself: findings.any(|one| one.id == FindingId::RunningIdentity),
            unread: judged.unread,
            facts,
        }))
    }

    /// Whether an entry is made without policies in a mode that reads aws-auth: what it hides there is gone until another resource associates some.
    fn hides_an_entry_of_aws_auth(&self, proposal: &EntryProposal<'_>) -> bool {
        let gives = |change: &ClusterChange| {
            matches!(
                change,
                ClusterChange::AccessEntry(AccessEntryChange::Associate { .. })
            )
        };
        self.mode().reads_config_map()
            && proposal.before.is_none()
            && !proposal.changes.iter().any(gives)
    }

    async fn judged_entry(&self, proposal: &EntryProposal<'_>, facts: &Facts) -> Judged {
        let view = ClusterView {
            mode: self.mode(),
            aws_auth: proposal.aws_auth.clone(),
            access_entries: self.undescribed_entries().await,
        };
        let changing = ChangingEntries {
            before: [(proposal.principal.clone(), proposal.before.cloned())].into(),
            changes: proposal.changes.to_vec(),
        };
        let judging = self.judged_by(facts, |circumstances, _| {
            let mut circumstances = circumstances.clone();
            circumstances.described_after = Some(changing.after(&circumstances.described));
            circumstances.described = changing.before(&circumstances.described);
            assess(&view, &view, &circumstances)
        });
        let mut judged = judging.await;
        if let (Knowledge::Unreadable(reason), true) =
            (proposal.aws_auth, self.mode().reads_config_map())
        {
            judged.unread.push(reason.clone());
        }
        judged
    }

    /// Judges a change once more after it, with everything but who acts read anew: somebody else may have taken meanwhile what it counted on, or made a step of the
    /// mode by which it takes something at all.
    ///
    /// # Errors
    /// What it does with what others changed is what the guard refuses.
    pub(crate) async fn judge_entry_after(
        &self,
        before: Option<&JudgedEntry>,
        proposal: EntryProposal<'_>,
    ) -> Result<Diagnostics, Diagnostics> {
        let unread_mode = self.look_at_mode_again().await;
        let of_now;
        let before = match before {
            Some(before) => before,
            None if unread_mode.is_some() || self.entry_change_may_take(&proposal) => {
                of_now = JudgedEntry::of_nothing(self.facts().await);
                &of_now
            }
            None => return Ok(Diagnostics::new()),
        };
        self.later.forget_rbac().await;
        if before.turns_on_admins {
            self.entries.forget().await;
        }
        let mut judged = self.judged_entry(&proposal, &before.facts).await;
        judged.unread.extend(unread_mode);
        let is_new = |reason: &&String| !before.unread.contains(reason);
        let unread: Vec<String> = judged.unread.iter().filter(is_new).cloned().collect();
        if unread.is_empty() {
            // What is said of it was said before it.
            let resources = [proposal.resource.to_owned()];
            self.say(&judged, &before.facts, asked(&proposal, &resources))?;
            return Ok(Diagnostics::new());
        }
        let told = diagnostics::entry_not_judged_again(&self.cluster, &unread);
        match self.settings().lockout_guard {
            // Whoever gave up its own access cannot read what it could.
            LockoutGuard::Strict if !before.takes_from_oneself => {
                Err(diagnostics::refused_unread(told).into())
            }
            _ => Ok(told.into()),
        }
    }
}

/// What a change was let pass on.
pub(crate) struct JudgedEntry {
    /// What is to be said of it.
    pub(crate) told: Diagnostics,
    /// Who acts was asked before the write: afterwards it may be somebody whom the cluster does not admit any more, and that may be meant.
    facts: Arc<Facts>,
    unread: Vec<String>,
    /// Whether somebody goes, as far as is known, who was an administrator.
    turns_on_admins: bool,
    /// Whether whoever acts loses what it needs, which was acknowledged.
    takes_from_oneself: bool,
}

impl JudgedEntry {
    /// A change that took nothing in the mode that was in force before it.
    fn of_nothing(facts: Arc<Facts>) -> Self {
        Self {
            told: Diagnostics::new(),
            facts,
            unread: Vec::new(),
            turns_on_admins: true,
            takes_from_oneself: false,
        }
    }
}

/// Whether the principal may have less afterwards in a mode.
fn may_take_in(mode: AuthenticationMode, proposal: &EntryProposal<'_>) -> bool {
    let state = ClusterState {
        view: ClusterView {
            mode,
            aws_auth: proposal.aws_auth.clone(),
            access_entries: Knowledge::Known(proposal.before.into_iter().cloned().collect()),
        },
        rbac: None,
    };
    may_take_away(&state.view, &state.after(proposal.changes).view)
}

fn asked<'a>(proposal: &'a EntryProposal<'a>, resources: &'a [String]) -> AskedBy<'a> {
    AskedBy {
        resources,
        keeps_others: !proposal.is_teardown,
        is_removal: proposal.is_teardown,
        of: ChangeOf::AccessEntry(proposal),
        scope: proposal.scope,
        moment: proposal.moment,
    }
}

/// The entries that were asked for as a change leaves them.
fn after(described: &Described, changes: &[ClusterChange]) -> Described {
    let entries: Vec<AccessEntry> = described.values().flatten().cloned().collect();
    let state = ClusterState {
        view: ClusterView {
            mode: AuthenticationMode::Api,
            aws_auth: Knowledge::Known(Reading::default()),
            access_entries: Knowledge::Known(entries),
        },
        rbac: None,
    };
    let mut after: Described = described
        .keys()
        .map(|principal| (principal.clone(), None))
        .collect();
    if let Knowledge::Known(entries) = state.after(changes).view.access_entries {
        for entry in entries {
            after.insert(Principal::from_arn(&entry.principal_arn), Some(entry));
        }
    }
    after
}
