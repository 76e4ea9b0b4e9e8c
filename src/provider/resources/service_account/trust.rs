//! What a plan says of the role: whether pods of the account would get it.

use eksauth_core::iam_policy::trust_policy::ServiceAccount;
use tf_provider::{Attr, Context, Diagnostics, Severity};

use super::schema::ServiceAccountModel;
use super::{about, diagnostics};
use crate::access::role_trust::{RoleTrust, TrustQuestion};
use crate::client::Client;
use crate::clusters::FoundCluster;

/// What is planned for an account.
pub(super) struct Change<'a> {
    pub(super) planned: &'a ServiceAccountModel,
    /// The state of the same account.
    pub(super) prior: Option<&'a ServiceAccountModel>,
    /// The audience that others have annotated it with. It counts where none is set here.
    pub(super) audience_of_others: Option<&'a str>,
}

/// Judges a role that is new to the account; one that it had before is the data source's business.
pub(super) async fn judge(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    change: &Change<'_>,
) -> Result<(), Diagnostics> {
    let Change { planned, prior, .. } = change;
    let is_known = prior.is_some_and(|prior| {
        prior.role_arn == planned.role_arn && prior.audience == planned.audience
    });
    let on_untrusted = match planned.on_untrusted.known().map(String::as_str) {
        Some("error") => diagnostics::OnUntrusted::Error,
        Some("warn") => diagnostics::OnUntrusted::Warn,
        _ => return Ok(()),
    };
    if is_known || planned.audience.is_unknown() {
        return Ok(());
    }
    let (Attr::Known(namespace), Attr::Known(name), Attr::Known(role_arn)) =
        (&planned.namespace, &planned.name, &planned.role_arn)
    else {
        return Ok(());
    };
    let Ok(service_account) = ServiceAccount::parse(&format!("{namespace}:{name}")) else {
        return Ok(());
    };
    let question = TrustQuestion {
        role_arn,
        service_account: &service_account,
        audience: match planned.audience.known() {
            Some(audience) => Some(audience),
            None => change.audience_of_others,
        },
    };
    let about = about(planned, cluster);
    let said = match cx.client.role_trust(cluster).ask(&question).await {
        RoleTrust::Admits | RoleTrust::Unknown => return Ok(()),
        RoleTrust::Refuses(refusal) => {
            let refusal = match (&planned.audience, change.audience_of_others) {
                (Attr::Null, Some(audience)) => {
                    diagnostics::with_audience_of_others(refusal, audience)
                }
                _ => refusal,
            };
            on_untrusted.refused(&about, role_arn, &refusal)
        }
        RoleTrust::OtherArn(found) => on_untrusted.other_arn(role_arn, &found),
        RoleTrust::OtherPartition { role, cluster } => {
            on_untrusted.other_partition(role_arn, &role, &cluster)
        }
        RoleTrust::NotFound => diagnostics::no_role(role_arn),
        RoleTrust::OtherAccount(account) => diagnostics::other_account(role_arn, &account),
        RoleTrust::Undecided(reason) | RoleTrust::Unread(reason) => {
            diagnostics::not_judged(role_arn, &reason)
        }
    };
    match said.severity {
        Severity::Error => Err(said.into()),
        Severity::Warning => {
            cx.add(said);
            Ok(())
        }
    }
}
