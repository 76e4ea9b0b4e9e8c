//! Where all of a configuration goes and that is acknowledged: the entry by which whoever acts comes in goes after what is removed by it. Of the entries of one provider
//! block the writer sees to that; here it is bindings, and what other blocks (`alias`) remove in processes of their own.

use std::time::Duration;

use eksauth_core::aws_auth::Entry;
use tf_provider::resource::Private;
use tf_provider::{Context, Diagnostics};

use super::diagnostics;
use crate::access::beside::Beside;
use crate::access::teardown::{self, Others};
use crate::aws_auth::WritableCluster;
use crate::client::Client;
use crate::clusters::Remembered;
use crate::diagnostics::api_failure;

/// So long bindings are waited for of which none goes: Terraform asks for those only after the entry to which it refers.
const MOST_QUIET: Duration = Duration::from_secs(5);

/// An entry that goes.
pub(super) struct GoingEntry<'a> {
    pub(super) entry: &'a Entry,
    pub(super) cluster: &'a Remembered,
    pub(super) private: &'a Private,
    pub(super) target: &'a WritableCluster,
}

impl GoingEntry<'_> {
    /// Waits with the entry of whoever acts.
    ///
    /// # Errors
    /// What another provider block removes does not go: the entry stays, so that it can still be removed.
    pub(super) async fn await_others(&self, cx: &Context<Client>) -> Result<(), Diagnostics> {
        let cluster = &self.target.cluster;
        let meant = &cx.client.session().settings().acknowledgements;
        let is_meant = meant.cover_teardown(&cluster.reference.name)
            && teardown::is_whole(cx, self.cluster, self.private);
        if !is_meant || !self.target.writer.is_of_caller(self.entry).await {
            return Ok(());
        }
        let reference = cluster.reference.to_string();
        let kube = cluster.kubernetes();
        let kube = kube.map_err(api_failure::failure("Cannot Reach Cluster", &reference))?;
        let clock = cx.client.clock().as_ref();
        let others = Others::of(cx, self.cluster, self.private);
        let guard = cx.client.rbac_guard(cluster, &kube);
        let departing = guard.departing();
        let open = || others.open_bindings(departing);
        departing.awaited_for(clock, MOST_QUIET, open).await;
        let Some(beside) = Beside::of(cx, self.cluster, self.private, &kube).await else {
            return Ok(());
        };
        match beside.awaited(clock, None).await {
            0 => Ok(()),
            open => Err(diagnostics::own_entry_goes_last(self.entry.arn(), open).into()),
        }
    }
}
