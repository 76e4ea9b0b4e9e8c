//! Roles that new entries name and that IAM does not have, where it may be asked.

use tf_provider::Context;

use crate::access::role_findings::missing_roles;
use crate::aws_auth::{self, WritableCluster};
use crate::client::Client;

/// The finding on a role that IAM does not have.
const MISSING: &str = "role.missing";

/// Warns of roles that new entries name and that IAM does not have, in one warning.
pub(crate) async fn warn_of_missing<'a>(
    cx: &Context<Client>,
    target: &WritableCluster,
    arns: impl IntoIterator<Item = &'a str>,
) {
    let settings = cx.client.settings();
    if settings.suppress_findings.contains(MISSING) {
        return;
    }
    let missing = missing_roles(cx.client.roles(), &target.cluster, arns).await;
    if !missing.is_empty() {
        let (cluster, account) = (target.writer.cluster(), &target.cluster.account);
        let told = aws_auth::diagnostics::roles_not_there(cluster, account, &missing);
        cx.add(told);
    }
}
