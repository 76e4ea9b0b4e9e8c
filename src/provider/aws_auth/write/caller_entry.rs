//! The identity that writes, as the cluster knows it: its entry is changed last, so that a failure before it leaves a way in.

use eksauth_core::aws_auth::{Entry, Section};
use eksauth_core::principal::arn::{canonical_caller_arn, canonical_role_arn};

use super::pending::Relations;
use super::request::{ChangeRequest, EntryKey};
use crate::aws_auth::document::Document;
use crate::clusters::FoundCluster;
use crate::session::Session;

/// The running identity in one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerEntry {
    /// Its canonical ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
}

impl CallerEntry {
    /// The identity whose token the cluster is shown; `None` where it is no AWS identity, or cannot be asked for.
    pub(super) async fn find(session: &Session, cluster: &FoundCluster) -> Option<Self> {
        let access = &cluster.access;
        if access.token.is_some() || access.client_certificate.is_some() {
            return None;
        }
        let arn = match &access.kubernetes_role_arn {
            Some(role) => canonical_role_arn(role).ok()?,
            None => match session.identity().await {
                Ok(identity) => canonical_caller_arn(&identity.arn).ok()?.arn,
                Err(error) => {
                    tracing::warn!(%error, "the running identity is not known, so its entry cannot be kept for last");
                    return None;
                }
            },
        };
        let account = arn.split(':').nth(4)?.to_owned();
        Some(Self { arn, account })
    }

    /// True for an entry by which this identity may come in.
    pub(super) fn is_callers(&self, entry: &Entry) -> bool {
        let keys = [
            (Section::MapRoles, &self.arn),
            (Section::MapUsers, &self.arn),
            (Section::MapAccounts, &self.account),
        ];
        keys.iter()
            .any(|(section, arn)| EntryKey::from_entry(entry) == EntryKey::named(*section, arn))
    }

    /// True if the request changes or removes what gives this identity its access today.
    pub(super) fn is_touched_by(
        &self,
        document: &Document,
        request: &ChangeRequest,
        relations: &Relations,
    ) -> bool {
        let is_callers = |entry: &Entry| self.is_callers(entry);
        let is_there = |entry: &Entry| !document.find(entry.section(), entry.arn()).is_empty();
        let removes = request
            .removals
            .iter()
            .any(|removal| is_callers(&removal.entry) && is_there(&removal.entry));
        let changes = request.upserts.iter().any(|upsert| {
            let there = document.find(upsert.entry.section(), upsert.entry.arn());
            let differs = there.iter().any(|entry| !entry.same_meaning(&upsert.entry));
            let is_handed_over = relations
                .handed_over
                .contains_key(&EntryKey::from_entry(&upsert.entry));
            let moves = upsert.prior.as_ref().is_some_and(|prior| {
                is_callers(prior)
                    && EntryKey::from_entry(prior) != EntryKey::from_entry(&upsert.entry)
            });
            moves || (is_callers(&upsert.entry) && (differs || is_handed_over))
        });
        removes || changes
    }
}
