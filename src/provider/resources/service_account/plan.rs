//! What a plan can promise and must say about a service account.

use std::sync::Arc;

use tf_provider::resource::Plan;
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::diagnostics::About;
use super::schema::ServiceAccountModel;
use super::{about, cannot_read, claim_key, conflicts, diagnostics, fields, origin, trust};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::diagnostics::kept_state;
use crate::ports::service_account::{AccountFields, RunningPods, ServiceAccount};
use crate::session::object_claim;

pub(super) async fn plan(
    cx: &Context<Client>,
    plan: &mut Plan<ServiceAccountModel>,
) -> Result<(), Diagnostics> {
    let Some(planned) = plan.planned.take() else {
        return plan_removal(cx, plan).await;
    };
    let prior = plan.prior.clone();
    let mut placement = planned.placement();
    if let (Attr::Unknown, Some(config)) = (&placement.cluster_name, &plan.config) {
        // Where the configuration says nothing, the provider block does.
        placement.cluster_name = config.cluster_name.clone();
    }
    let before = prior.as_ref().map(ServiceAccountModel::placement);
    let clusters = cx.client.clusters();
    if let Some(before) = &before {
        let configured = plan.config.as_ref().map(|config| &config.cluster_name);
        before.note_unused_default(cx, clusters, configured);
    }
    if let Some(before) = &before
        && placement.is_moved_from(clusters, before)?
    {
        plan.requires_replace
            .push(AttributePath::attribute("region"));
    }
    let cluster = placement.at_plan(cx, clusters, before.as_ref()).await?;
    if before.is_some_and(|before| placement.is_renamed_from(&before)) {
        plan.requires_replace
            .push(AttributePath::attribute("cluster_name"));
    }
    let planned = planned.placed(placement);
    object_claim::hold(cx, &claim_key(&planned));
    if let Some(cluster) = cluster {
        let stays = prior
            .as_ref()
            .filter(|prior| claim_key(prior) == claim_key(&planned));
        let judgement = Judgement {
            cx,
            cluster,
            planned: &planned,
            prior: stays,
        };
        judgement.judge().await?;
    }
    plan.planned = Some(planned);
    Ok(())
}

struct Judgement<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    planned: &'a ServiceAccountModel,
    /// The state of the same account.
    prior: Option<&'a ServiceAccountModel>,
}

impl Judgement<'_> {
    async fn judge(&self) -> Result<(), Diagnostics> {
        if self.prior.is_some_and(|prior| is_same(prior, self.planned)) {
            return Ok(());
        }
        trust::judge(self.cx, &self.cluster, self.planned, self.prior).await?;
        let (Attr::Known(_), Attr::Known(_)) = (&self.planned.namespace, &self.planned.name) else {
            return Ok(());
        };
        let about = about(self.planned, &self.cluster);
        let Some(account) = self.read(&about).await? else {
            return Ok(());
        };
        let Some(wanted) = fields::expand(self.planned) else {
            return Ok(());
        };
        self.judge_conflicts(&about, &account, &wanted)?;
        let live = &account.fields.annotations;
        let changes = |(key, value): (&String, &String)| live.get(key) != Some(value);
        let before = self.prior.and_then(fields::expand).unwrap_or_default();
        let goes = before
            .annotations
            .keys()
            .any(|key| !wanted.annotations.contains_key(key) && live.contains_key(key));
        if (goes || wanted.annotations.iter().any(changes))
            && let Some(pods) = running_pods(&self.cluster, &about).await
        {
            self.cx.add(diagnostics::pods_keep_the_old(&about, &pods));
        }
        Ok(())
    }

    /// The account as it is; an account that is not there, and one that the practitioner wants kept unread, give nothing to judge.
    async fn read(&self, about: &About) -> Result<Option<ServiceAccount>, Diagnostics> {
        let accounts = self.cx.client.service_accounts();
        match accounts
            .read(&self.cluster, &about.namespace, &about.name)
            .await
        {
            Ok(found) => Ok(found),
            Err(error) if kept_state::is_kept(self.cx, &about.text(), &error) => Ok(None),
            Err(error) => Err(cannot_read(self.cx, &self.cluster, about, &error).await),
        }
    }

    fn judge_conflicts(
        &self,
        about: &About,
        account: &ServiceAccount,
        wanted: &AccountFields,
    ) -> Result<(), Diagnostics> {
        if self.planned.on_conflict != Attr::Known("adopt".to_owned()) {
            let found = conflicts::with_others(account, wanted);
            if !found.is_empty() {
                return Err(diagnostics::conflict(about, &found).into());
            }
        }
        // What this provider holds may be what another address of this configuration gives up, which only apply knows.
        if self.prior.is_none() && account.own_fields().is_empty() {
            self.cx.add(diagnostics::adopted(about));
        }
        Ok(())
    }
}

/// Whether nothing of what is written or judged changes.
fn is_same(prior: &ServiceAccountModel, planned: &ServiceAccountModel) -> bool {
    fields::expand(planned).is_some_and(|wanted| fields::expand(prior) == Some(wanted))
}

/// The pods that run as an account; `None` where there are none, or where they may not be listed.
async fn running_pods(cluster: &FoundCluster, about: &About) -> Option<RunningPods> {
    let kube = cluster.kubernetes().ok()?;
    let listed = kube
        .pods_of_service_account(&about.namespace, &about.name)
        .await;
    let pods = listed
        .inspect_err(|error| tracing::info!(%error, "nothing is said about the pods of a service account, because they cannot be listed"))
        .ok()?;
    (!pods.names.is_empty()).then_some(pods)
}

/// Says which pods still run as an account that is to be deleted.
async fn plan_removal(
    cx: &Context<Client>,
    plan: &mut Plan<ServiceAccountModel>,
) -> Result<(), Diagnostics> {
    let Some(prior) = &plan.prior else {
        return Ok(());
    };
    object_claim::give_up(cx, &mut plan.private, &claim_key(prior), origin(prior), []);
    if prior.adopted == Attr::Known(true) {
        return Ok(());
    }
    // What hinders the removal is apply's to refuse.
    let Ok(reference) = prior.placement().resolve(cx.client.clusters()) else {
        return Ok(());
    };
    let (Attr::Known(reference), Some(_)) = (reference, cx.client.cloud()) else {
        return Ok(());
    };
    let Ok(Some(cluster)) = cx.client.clusters().find(&reference).await else {
        return Ok(());
    };
    let is_same = prior.cluster_arn == Attr::Known(cluster.cluster.arn.clone());
    if !is_same || cluster.is_without_content() {
        return Ok(());
    }
    let about = about(prior, &cluster);
    if let Some(pods) = running_pods(&cluster, &about).await {
        cx.add(diagnostics::still_used(&about, &pods));
    }
    Ok(())
}
