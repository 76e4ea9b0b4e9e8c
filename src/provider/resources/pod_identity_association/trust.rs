//! What a plan says of the roles: whether pods of the service account would get them.

use eksauth_core::principal::arn::Arn;
use tf_provider::{Attr, Context, Diagnostic, Diagnostics, Severity};

use super::diagnostics;
use super::diagnostics::trust::{Asked, OnUntrusted};
use super::schema::PodIdentityAssociationModel;
use crate::access::pod_identity_trust::{
    PodIdentityQuestion, PodIdentityTrust, TargetRoleQuestion,
};
use crate::access::role_trust::RoleTrust;
use crate::client::Client;
use crate::clusters::FoundCluster;

/// EKS passes no role of another account.
pub(super) fn check_account(
    cluster: &FoundCluster,
    planned: &PodIdentityAssociationModel,
) -> Result<(), Diagnostics> {
    let Some(role_arn) = planned.role_arn.known() else {
        return Ok(());
    };
    let account = Arn::parse(role_arn).ok().and_then(|arn| arn.account);
    match account {
        Some(account) if account.to_string() != cluster.account => {
            Err(diagnostics::trust::role_of_other_account(role_arn, &cluster.account).into())
        }
        _ => Ok(()),
    }
}

/// Judges what is new to the association; what it had before is the data source's business.
pub(super) async fn judge(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    planned: &PodIdentityAssociationModel,
    prior: Option<&PodIdentityAssociationModel>,
) -> Result<(), Diagnostics> {
    let on_untrusted = match planned.on_untrusted.known().map(String::as_str) {
        Some("error") => OnUntrusted::Error,
        Some("warn") => OnUntrusted::Warn,
        _ => return Ok(()),
    };
    let is_first_known = prior.is_some_and(|prior| {
        prior.role_arn == planned.role_arn
            && prior.disable_session_tags == planned.disable_session_tags
    });
    let is_target_known = is_first_known
        && prior.is_some_and(|prior| prior.target_role_arn == planned.target_role_arn);
    let (Attr::Known(_), Attr::Known(_), Attr::Known(role_arn)) = (
        &planned.namespace,
        &planned.service_account,
        &planned.role_arn,
    ) else {
        return Ok(());
    };
    if planned.disable_session_tags.is_unknown() {
        return Ok(());
    }
    let account = planned.account();
    let first = PodIdentityQuestion {
        role_arn,
        account: &account,
        has_session_tags: planned.has_session_tags(),
    };
    let reader = cx.client.role_trust(cluster);
    if !is_first_known {
        let asked = Asked::Role(first);
        let trust = reader.ask_pod_identity(&first).await;
        tell(cx, told(on_untrusted, &asked, trust))?;
    }
    if let (Attr::Known(target), false) = (&planned.target_role_arn, is_target_known) {
        let question = TargetRoleQuestion {
            first,
            target_role_arn: target,
            external_id: planned.external_id.known().map(String::as_str),
        };
        let trust = reader.ask_target_role(&question).await;
        tell(cx, told(on_untrusted, &Asked::Target(question), trust))?;
    }
    Ok(())
}

fn told(
    on_untrusted: OnUntrusted,
    asked: &Asked<'_>,
    trust: PodIdentityTrust,
) -> Option<Diagnostic> {
    Some(match trust {
        RoleTrust::Admits | RoleTrust::Unknown => return None,
        RoleTrust::Refuses(explanation) => on_untrusted.refused(asked, &explanation),
        RoleTrust::OtherArn(found) => on_untrusted.other_arn(asked, &found),
        RoleTrust::OtherPartition { role, cluster } => {
            on_untrusted.other_partition(asked, &role, &cluster)
        }
        RoleTrust::NotFound => diagnostics::trust::no_role(asked),
        RoleTrust::OtherAccount(account) => diagnostics::trust::other_account(asked, &account),
        RoleTrust::Undecided(reason) | RoleTrust::Unread(reason) => {
            diagnostics::trust::not_judged(asked, &reason)
        }
    })
}

fn tell(cx: &Context<Client>, said: Option<Diagnostic>) -> Result<(), Diagnostics> {
    match said {
        Some(said) if said.severity == Severity::Error => Err(said.into()),
        Some(said) => {
            cx.add(said);
            Ok(())
        }
        None => Ok(()),
    }
}
