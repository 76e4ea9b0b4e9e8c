//! The guard's judgement of a change of roles and bindings: it asks nothing while nobody's binding to all power, to a way there or to aws-auth gets less.

use std::collections::BTreeSet;

use eksauth_core::access::change::{ClusterChange, ClusterState};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::aws_auth::{self, read};
use eksauth_core::kubernetes::rbac::{Rbac, RbacObjects, Subjects};
use tf_provider::Diagnostics;

use super::inquiry::Judged;
use super::{Applying, AskedBy, Between, ClusterGuard, diagnostics};
use crate::access::cluster_access::{list_access_entries, unreadable};
use crate::aws_auth::PlanScope;
use crate::config::LockoutGuard;

/// A change of roles and bindings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RbacProposal<'a> {
    /// What is done, in this order.
    pub(crate) changes: &'a [ClusterChange],
    /// Who asks for it, as messages name it.
    pub(crate) resource: &'a str,
    /// Whether other changes of the apply can make up for it.
    pub(crate) scope: PlanScope,
    /// Whether it is made now.
    pub(crate) is_write: bool,
}

impl ClusterGuard {
    /// Judges a change of roles and bindings by what the cluster has now.
    ///
    /// # Errors
    /// The change is refused, with what it would do to access.
    pub(crate) async fn judge_rbac(
        &self,
        proposal: RbacProposal<'_>,
    ) -> Result<Diagnostics, Diagnostics> {
        let unread_view = ClusterView {
            mode: self.mode,
            aws_auth: Knowledge::Unreadable(String::new()),
            access_entries: Knowledge::Unreadable(String::new()),
        };
        let (mut state, unread) = self.state(&unread_view, proposal.changes).await;
        let Some(objects) = &state.rbac else {
            let told = diagnostics::rbac_not_judged(&self.cluster, &unread);
            return match self.settings().lockout_guard {
                LockoutGuard::Strict if proposal.scope != PlanScope::Others => {
                    Err(diagnostics::refused_unread(told).into())
                }
                _ => Ok(told.into()),
            };
        };
        if !takes_power(objects, &state, proposal.changes) {
            return Ok(Diagnostics::new());
        }
        state.view = self.whole_view().await;
        let view = state.view.clone();
        let between = Between {
            before: &view,
            changes: proposal.changes,
            applying: &Applying::default(),
            deleted: &BTreeSet::new(),
        };
        let judged = self.judge_from(state, unread, between).await;
        let facts = self.facts().await;
        let asked = AskedBy {
            resources: &[proposal.resource.to_owned()],
            keeps_others: true,
            scope: proposal.scope,
            is_write: proposal.is_write,
        };
        let judged = Judged {
            assessment: judged.assessment,
            unread: judged.unread,
        };
        self.say(&judged, &facts, asked)
    }

    /// Who enters, by everything that says it.
    async fn whole_view(&self) -> ClusterView {
        let aws_auth = self
            .kube
            .config_map(aws_auth::NAMESPACE, aws_auth::NAME)
            .await;
        let aws_auth = match aws_auth {
            Ok(found) => Knowledge::Known(read(&found.map(|found| found.data).unwrap_or_default())),
            Err(error) => Knowledge::Unreadable(unreadable(aws_auth::NAME, &error)),
        };
        ClusterView {
            mode: self.mode,
            aws_auth,
            access_entries: list_access_entries(self.eks.clone(), self.mode, &self.cluster).await,
        }
    }
}

/// Whether anybody is bound to less of what the guard looks at.
fn takes_power(objects: &RbacObjects, state: &ClusterState, changes: &[ClusterChange]) -> bool {
    let after = state.after(changes).rbac.unwrap_or_default();
    let (before, after) = (Rbac::from_objects(objects), Rbac::from_objects(&after));
    let loses = |before: &Subjects, after: &Subjects| {
        !before.users.is_subset(&after.users) || !before.groups.is_subset(&after.groups)
    };
    loses(&before.admins, &after.admins)
        || loses(&before.may_become_admins, &after.may_become_admins)
        || loses(&before.aws_auth_writers, &after.aws_auth_writers)
}
