//! What a plan can promise and must say about a service account.

use std::sync::Arc;

use tf_provider::resource::Plan;
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::diagnostics::About;
use super::schema::ServiceAccountModel;
use super::{
    about, cannot_read, claim_key, conflicts, diagnostics, fields, note_in_state, origin, trust,
    uid, uid_part,
};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::diagnostics::kept_state;
use crate::ports::service_account::{AccountFields, RunningPods, ServiceAccount};
use crate::session::object_claim::{self, SoleHolder};
use crate::session::recent::Asked;

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
    let stays = prior
        .as_ref()
        .filter(|prior| claim_key(prior) == claim_key(&planned));
    note_held(cx, plan, &planned)?;
    if let (Some(prior), None, true) = (&prior, stays, claim_key(&planned).is_known()) {
        note_users(cx, prior).await;
    }
    if let Some(cluster) = cluster {
        let judgement = Judgement {
            cx,
            cluster,
            planned: &planned,
            prior: stays,
            is_replacement: prior.is_none() && uid(&plan.private).is_some(),
        };
        judgement.judge().await?;
    }
    plan.planned = Some(planned);
    Ok(())
}

/// Notes which account the plan stands for and which the state has; says if another resource stands for it too.
fn note_held(
    cx: &Context<Client>,
    plan: &Plan<ServiceAccountModel>,
    planned: &ServiceAccountModel,
) -> Result<(), Diagnostics> {
    let key = claim_key(planned);
    if let Some(prior) = &plan.prior {
        note_in_state(cx, prior, &plan.private);
    }
    let holder = SoleHolder {
        object: &key,
        label: diagnostics::label(planned),
        is_in_state: plan.prior.as_ref().map(claim_key).as_ref() == Some(&key),
        mark: uid(&plan.private),
    };
    let label = holder.label.clone();
    match object_claim::hold_alone(cx, holder) {
        Some(other) if other.is_in_state_too => {
            cx.add(diagnostics::both_in_state(planned, [&other.label, &label]));
            Ok(())
        }
        Some(other) => Err(diagnostics::two_resources(planned, [&other.label, &label]).into()),
        None => Ok(()),
    }
}

struct Judgement<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    planned: &'a ServiceAccountModel,
    /// The state of the same account.
    prior: Option<&'a ServiceAccountModel>,
    /// Whether the account is removed and made again.
    is_replacement: bool,
}

impl Judgement<'_> {
    async fn judge(&self) -> Result<(), Diagnostics> {
        if self.prior.is_some_and(|prior| is_same(prior, self.planned)) {
            return Ok(());
        }
        let about = about(self.planned, &self.cluster);
        let is_named = self.planned.namespace.is_known() && self.planned.name.is_known();
        let found = match is_named {
            true => self.read(&about).await?,
            false => Found::Unread,
        };
        let changed = trust::Change {
            planned: self.planned,
            prior: self.prior,
            audience_of_others: match &found {
                // One that is made again begins without what others have set.
                Found::Account(account) if !self.is_replacement => {
                    fields::audience_of_others(account)
                }
                _ => None,
            },
        };
        trust::judge(self.cx, &self.cluster, &changed).await?;
        let account = match found {
            Found::Account(account) if self.is_replacement => {
                note_pods_of_removed(self.cx, &self.cluster, &about).await;
                account
            }
            Found::Account(account) => account,
            Found::Nothing => {
                let names = [about.namespace.clone()].into();
                let namespaces = self.cx.client.namespaces();
                for missing in namespaces.missing(&self.cluster, &names).await {
                    let note = diagnostics::missing_namespace(&about, &missing);
                    self.cx.add(note);
                }
                note_pods_of_remade(self.cx, &self.cluster, &about).await;
                return Ok(());
            }
            Found::Unread => return Ok(()),
        };
        let Some(wanted) = fields::expand(self.planned) else {
            return Ok(());
        };
        self.judge_conflicts(&about, &account, &wanted).await?;
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

    /// The account as it is; one that the practitioner wants kept unread gives nothing to judge.
    async fn read(&self, about: &About) -> Result<Found, Diagnostics> {
        let accounts = self.cx.client.service_accounts();
        match accounts
            .read(&self.cluster, &about.namespace, &about.name, Asked::AtPlan)
            .await
        {
            Ok(found) => Ok(found.map_or(Found::Nothing, Found::Account)),
            Err(error) if kept_state::is_kept(self.cx, &about.text(), &error) => Ok(Found::Unread),
            Err(error) => Err(cannot_read(self.cx, &self.cluster, about, &error).await),
        }
    }

    async fn judge_conflicts(
        &self,
        about: &About,
        account: &ServiceAccount,
        wanted: &AccountFields,
    ) -> Result<(), Diagnostics> {
        let found = conflicts::with_others(account, wanted);
        if !found.is_empty() {
            match self.planned.on_conflict == Attr::Known("adopt".to_owned()) {
                true => self.cx.add(diagnostics::taken_over(about, &found)),
                false => return Err(diagnostics::conflict(about, &found).into()),
            }
        }
        if self.prior.is_some() || self.is_replacement {
            return Ok(());
        }
        let held = conflicts::with_other_configurations(account, wanted);
        // What this provider holds may be what another address of this configuration gives up. Only apply knows that for certain.
        let key = claim_key(self.planned).into_known().unwrap_or_default();
        let objects = self.cx.client.account_objects();
        if held.is_empty() {
            self.cx.add(diagnostics::adopted(about));
        } else if !objects.is_own(self.cx, &key).await {
            self.cx
                .add(diagnostics::held_elsewhere_at_plan(about, &held));
        }
        Ok(())
    }
}

/// What a plan finds of an account.
enum Found {
    Account(ServiceAccount),
    Nothing,
    Unread,
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

/// Says which pods ran as an account that is gone: they have the credentials of that one.
async fn note_pods_of_remade(cx: &Context<Client>, cluster: &FoundCluster, about: &About) {
    if let Some(pods) = running_pods(cluster, about).await {
        cx.add(diagnostics::pods_of_remade(about, &pods));
    }
}

async fn note_pods_of_removed(cx: &Context<Client>, cluster: &FoundCluster, about: &About) {
    if let Some(pods) = running_pods(cluster, about).await {
        cx.add(diagnostics::still_used(about, &pods));
    }
}

/// Gives the account up, and says which pods still run as it.
async fn plan_removal(
    cx: &Context<Client>,
    plan: &mut Plan<ServiceAccountModel>,
) -> Result<(), Diagnostics> {
    let Some(prior) = &plan.prior else {
        return Ok(());
    };
    let parts = uid(&plan.private).map(uid_part);
    object_claim::give_up(
        cx,
        &mut plan.private,
        &claim_key(prior),
        origin(prior),
        parts,
    );
    note_users(cx, prior).await;
    Ok(())
}

/// Says which pods still run as an account that the state has and that goes, or loses what it gives them.
async fn note_users(cx: &Context<Client>, prior: &ServiceAccountModel) {
    let is_adopted = prior.adopted == Attr::Known(true);
    let annotations = fields::expand(prior).unwrap_or_default().annotations;
    if is_adopted && annotations.is_empty() {
        return;
    }
    // What hinders the removal is apply's to refuse.
    let Ok(reference) = prior.placement().resolve(cx.client.clusters()) else {
        return;
    };
    let (Attr::Known(reference), Some(_)) = (reference, cx.client.cloud()) else {
        return;
    };
    let Ok(Some(cluster)) = cx.client.clusters().find(&reference).await else {
        return;
    };
    let is_same = prior.cluster_arn == Attr::Known(cluster.cluster.arn.clone());
    if !is_same || cluster.is_without_content() {
        return;
    }
    let about = about(prior, &cluster);
    if let Some(pods) = running_pods(&cluster, &about).await {
        cx.add(match is_adopted {
            true => diagnostics::pods_keep_the_old(&about, &pods),
            false => diagnostics::still_used(&about, &pods),
        });
    }
}
