//! What the guard expected of a write that it let pass: whether whoever acts was to lose something, and what it could not read.

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{FindingId, Severity, assess, may_take_away};
use eksauth_core::aws_auth::read;
use eksauth_core::principal::case_folding::fold_key;

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
            mode: self.mode,
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
        let (entries, facts) = (self.entries().await, self.facts().await);
        let before = view(proposal.before, (*entries).clone());
        let after = view(proposal.after, (*entries).clone());
        let judged = self
            .judged_by(&facts, |circumstances, _| {
                assess(&before, &after, circumstances)
            })
            .await;
        let is_loss_meant = judged.assessment.findings.iter().any(|finding| {
            finding.id == FindingId::RunningIdentity && finding.severity == Severity::Error
        });
        let acting = facts.caller.acting.principal.as_ref();
        let (unread_entries, has_access_entry) = match entries.as_ref() {
            Knowledge::Unreadable(reason) => (Some(reason.clone()), false),
            Knowledge::Known(entries) => {
                (None, acting.is_some_and(|acting| is_named(entries, acting)))
            }
        };
        Expectation {
            is_loss_meant,
            unread: judged.unread,
            unread_entries,
            has_access_entry,
            takes_nothing_away: false,
        }
    }
}

fn is_named(entries: &[AccessEntry], principal: &Principal) -> bool {
    let key = fold_key(&principal.arn);
    entries
        .iter()
        .any(|entry| fold_key(&entry.canonical_arn()) == key)
}
