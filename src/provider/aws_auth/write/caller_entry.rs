//! The identity that writes, as the cluster knows it: its entry is changed last, so that a failure before it leaves a way in.

use eksauth_core::aws_auth::{Entry, Section};
use eksauth_core::principal::arn::{canonical_caller_arn, canonical_role_arn};

use super::pending::Relations;
use super::request::{ChangeRequest, Key};
use crate::aws_auth::document::Document;
use crate::client::Client;
use crate::clusters::FoundCluster;

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
    pub(in crate::aws_auth) async fn of(client: &Client, cluster: &FoundCluster) -> Option<Self> {
        let access = &cluster.access;
        if access.token.is_some() || access.client_certificate.is_some() {
            return None;
        }
        let arn = match &access.kubernetes_role_arn {
            Some(role) => canonical_role_arn(role).ok()?,
            None => match client.identity().await {
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

    /// True if the wish changes or removes what gives this identity its access today.
    pub(in crate::aws_auth) fn is_touched_by(
        &self,
        document: &Document,
        request: &ChangeRequest,
        relations: &Relations,
    ) -> bool {
        let keys = [
            (Section::MapRoles, &self.arn),
            (Section::MapUsers, &self.arn),
            (Section::MapAccounts, &self.account),
        ];
        let is_own = |entry: &Entry| {
            keys.iter()
                .any(|(section, arn)| Key::of(entry) == Key::named(*section, arn))
        };
        let is_there = |entry: &Entry| !document.find(entry.section(), entry.arn()).is_empty();
        let removes = request
            .removals
            .iter()
            .any(|removal| is_own(&removal.entry) && is_there(&removal.entry));
        let changes = request.upserts.iter().any(|put| {
            let there = document.find(put.entry.section(), put.entry.arn());
            let differs = there.iter().any(|entry| !entry.same_meaning(&put.entry));
            let is_handed_over = relations.handed_over.contains_key(&Key::of(&put.entry));
            let moves = put
                .prior
                .as_ref()
                .is_some_and(|prior| is_own(prior) && Key::of(prior) != Key::of(&put.entry));
            moves || (is_own(&put.entry) && (differs || is_handed_over))
        });
        removes || changes
    }
}
