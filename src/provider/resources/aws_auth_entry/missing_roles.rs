//! Roles that new entries name and that IAM does not have, where it may be asked.

use tf_provider::Context;

use crate::access::role_findings::warning_of_missing;
use crate::aws_auth::WritableCluster;
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
    let name = target.writer.cluster();
    let told = warning_of_missing(cx.client.roles(), &target.cluster, name, arns).await;
    if let Some(told) = told {
        cx.add(told);
    }
}
