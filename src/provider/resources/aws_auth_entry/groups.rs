//! What an entry that stays as it is says of the cluster's groups, for all entries of the cluster.

use tf_provider::Context;

use crate::aws_auth::{Document, WritableCluster, diagnostics};
use crate::client::Client;

/// Warns of groups and bindings that do not go together, in one warning for a cluster.
pub(crate) async fn warn_of_groups(
    cx: &Context<Client>,
    target: &WritableCluster,
    document: &Document,
) {
    let warnings = cx.client.group_warnings();
    let found = warnings
        .take(&cx.cancel, &target.cluster, document.reading())
        .await;
    if !found.is_empty() {
        cx.add(diagnostics::groups(target.writer.cluster(), &found));
    }
}
