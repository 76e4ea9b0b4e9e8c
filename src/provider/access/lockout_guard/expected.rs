//! What the guard expected of a write that it let pass: whether whoever acts was to lose something, and what it could not read.

use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{FindingId, Severity, assess, may_take_away};
use eksauth_core::aws_auth::read;

use super::ClusterGuard;
use crate::aws_auth::Proposal;

/// What the guard thought of a write that it let pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expectation {
    /// Whoever acts was to lose something, and that was acknowledged or let pass by configuration.
    pub(crate) is_loss_meant: bool,
    /// What could not be read.
    pub(crate) unread: Vec<String>,
    /// Why the access entries could not be read.
    pub(crate) unread_entries: Option<String>,
    /// An access entry names whoever acts.
    pub(crate) has_access_entry: bool,
    /// By aws-auth alone nobody has less.
    pub(crate) takes_nothing_away: bool,
}

impl ClusterGuard {
    /// What the judgement of a write was. It was just judged, so nothing is read that was not.
    pub(crate) async fn expectation(&self, proposal: Proposal<'_>) -> Expectation {
        let view = |data, access_entries| ClusterView {
            mode: self.mode(),
            aws_auth: Knowledge::Known(read(data)),
            access_entries,
        };
        let alone = |data| view(data, Knowledge::Known(Vec::new()));
        if !may_take_away(&alone(proposal.before), &alone(proposal.after)) {
            return Expectation {
                takes_nothing_away: true,
                ..Expectation::default()
            };
        }
        let (entries, facts) = (self.undescribed_entries().await, self.facts().await);
        let before = view(proposal.before, entries.clone());
        let after = view(proposal.after, entries);
        let judged = self
            .judged_by(&facts, |circumstances, _| {
                assess(&before, &after, circumstances)
            })
            .await;
        let is_loss_meant = judged.assessment.findings.iter().any(|finding| {
            finding.id == FindingId::RunningIdentity && finding.severity == Severity::Error
        });
        let unread_entries = self.unlisted().await;
        let has_access_entry = match &facts.caller.acting.principal {
            Some(acting) => self.has_access_entry(acting).await,
            None => false,
        };
        Expectation {
            is_loss_meant,
            unread: judged.unread,
            unread_entries,
            has_access_entry,
            takes_nothing_away: false,
        }
    }

    /// The judgement asked for the names, or for this one entry, where it turned on it.
    async fn has_access_entry(&self, acting: &Principal) -> bool {
        if let Some(listed) = self.all_names_known().await {
            return listed.arn_of(acting).is_some();
        }
        let described = self.describe(std::slice::from_ref(acting), None).await;
        matches!(described.entries.get(acting), Some(Some(_)))
    }
}
