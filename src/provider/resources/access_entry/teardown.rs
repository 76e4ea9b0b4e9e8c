//! Where all of a configuration goes: the entry by which whoever acts comes in goes after everything that is removed by it.
//!
//! Terraform asks for removals in no order. Entries of aws-auth and bindings are removed through the API server, which lets in whoever acts by its own entry and
//! its policies; so those wait. Access entries themselves are removed through EKS, which does not ask the cluster.

use tf_provider::resource::Private;
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics;
use crate::access::teardown::{self, Group, Noted, Others};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::Placement;

/// The removal of an entry, or of a policy of one.
pub(in crate::resources) struct Teardown<'a> {
    pub(in crate::resources) cx: &'a Context<Client>,
    pub(in crate::resources) cluster: &'a FoundCluster,
    pub(in crate::resources) placement: &'a Placement,
    pub(in crate::resources) private: &'a Private,
    /// What goes.
    pub(in crate::resources) own: Noted<'a>,
    /// Whose it is.
    pub(in crate::resources) principal_arn: &'a str,
    /// Who asks for it, as messages name it.
    pub(in crate::resources) label: String,
}

impl Teardown<'_> {
    /// Whether the plan keeps nothing that this configuration has in the cluster.
    pub(in crate::resources) fn is_whole(&self) -> bool {
        teardown::is_whole(self.cx, &self.placement.remembered(), self.private)
    }

    /// Waits with what is whoever acts' own until all else has gone.
    ///
    /// # Errors
    /// Something else does not go: this stays, so that the rest can still be removed.
    pub(in crate::resources) async fn await_others(&self) -> Result<(), Diagnostics> {
        let cx = self.cx;
        let guard = cx.client.entry_guard(self.cluster);
        let Some(own) = self.own.name(&cx.claims, self.private) else {
            return Ok(());
        };
        if !self.is_whole() || !guard.goes_last(self.cluster, self.principal_arn).await {
            return Ok(());
        }
        let others = Others::of(cx, &self.placement.remembered(), self.private);
        let writer = match others.aws_auth.is_empty() {
            true => None,
            false => cx.client.aws_auth().at_delete(self.placement).await?,
        };
        let departing = guard.departing();
        departing.note_waiting(&own);
        let entry = self.entry();
        let of_aws_auth = || {
            let target = writer.as_ref();
            target.map_or(0, |target| target.writer.still_there(&others.aws_auth))
        };
        let open = || {
            let of_others = match self.own.group {
                Group::AccessEntries => others.open_for_entry(departing),
                _ => others.open_for_association(departing, entry.as_deref()),
            };
            of_aws_auth() + of_others
        };
        guard.awaits_departure(open).await;
        // Access entries do not need whoever acts in the cluster.
        let needs_it = of_aws_auth() + others.open_in_cluster(departing);
        match needs_it + others.failed(departing) {
            0 => Ok(()),
            open => Err(diagnostics::own_entry_goes_last(&self.label, open).into()),
        }
    }

    /// The entry of the same principal, which may wait for its policies.
    fn entry(&self) -> Option<String> {
        let object = super::entry_key(
            self.own.cluster_arn,
            &Attr::Known(self.principal_arn.to_owned()),
        );
        let entry = Noted {
            group: Group::AccessEntries,
            object: &object,
            ..self.own
        };
        entry.name(&self.cx.claims, self.private)
    }

    /// Notes that it has gone, or could not.
    pub(in crate::resources) fn note_settled(&self, is_gone: bool) {
        if let Some(own) = self.own.name(&self.cx.claims, self.private) {
            let guard = self.cx.client.entry_guard(self.cluster);
            guard.departing().note_settled(&own, is_gone);
        }
    }
}
