//! What a plan can promise and must say about an association.

use std::sync::Arc;

use eksauth_core::access::access_policy::policy_arn;
use tf_provider::resource::Plan;
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::diagnostics::About;
use super::schema::AccessPolicyAssociationModel;
use super::{HELD, about, claim_key, diagnostics, note_in_state, noted, origin, write};
use crate::access::cluster_access::authentication_mode;
use crate::access::entry_guard::EntryChange;
use crate::access::{makings, teardown};
use crate::aws_auth::PlanScope;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::planned_place::{Beside, PlannedPlace};
use crate::diagnostics::access_policy::refused_policy;
use crate::diagnostics::kept_state;
use crate::resources::access_entry::diagnostics as of_entry;
use crate::resources::access_entry::holders::associations_key;
use crate::resources::access_entry::plan::partition;
use crate::resources::access_entry::{guarded, live};
use crate::session::object_claim::{self, Share, SoleHolder};

pub(super) async fn plan(
    cx: &Context<Client>,
    plan: &mut Plan<AccessPolicyAssociationModel>,
) -> Result<(), Diagnostics> {
    let Some(planned) = plan.planned.take() else {
        return plan_removal(cx, plan).await;
    };
    let prior = plan.prior.clone();
    let beside = Beside {
        prior: prior.as_ref().map(AccessPolicyAssociationModel::placement),
        configured: plan.config.as_ref().map(|config| &config.cluster_name),
    };
    let clusters = cx.client.clusters();
    let place = PlannedPlace::of(planned.placement(), cx, clusters, beside).await?;
    plan.requires_replace.extend(place.replaced_by);
    let planned = planned.placed(place.placement);
    // A name and the ARN of the same policy are one association.
    let is_other_policy = prior
        .as_ref()
        .is_some_and(|prior| planned.policy() != prior.policy());
    if is_other_policy {
        plan.requires_replace
            .push(AttributePath::attribute("policy_arn"));
    }
    let stays = prior.filter(|prior| claim_key(prior) == claim_key(&planned));
    note_held(cx, plan, &planned)?;
    let key = claim_key(&planned);
    noted(&planned, &key).stays(&cx.claims);
    if let Some(cluster) = place.cluster {
        let judgement = Judgement {
            cx,
            about: about(&planned, &cluster),
            cluster,
            prior: stays.as_ref(),
        };
        judgement.judge(&planned).await?;
    }
    let is_there = stays
        .as_ref()
        .is_some_and(|prior| prior.access_scope == planned.access_scope);
    if let (Attr::Known(object), false) = (&key, is_there) {
        makings::note_planned(cx, &planned.cluster_arn, object);
    }
    plan.planned = Some(planned);
    Ok(())
}

/// Notes what the plan stands for and what the state has; says if another resource stands for it too.
fn note_held(
    cx: &Context<Client>,
    plan: &Plan<AccessPolicyAssociationModel>,
    planned: &AccessPolicyAssociationModel,
) -> Result<(), Diagnostics> {
    if let Some(prior) = &plan.prior {
        note_in_state(cx, prior);
    }
    let key = claim_key(planned);
    let mark = plan.private.entries.get(HELD);
    let holder = SoleHolder {
        object: &key,
        label: "an `eksauth_access_policy_association`".to_owned(),
        is_in_state: plan.prior.as_ref().map(claim_key).as_ref() == Some(&key),
        mark: mark.and_then(serde_json::Value::as_str),
    };
    let is_in_state = holder.is_in_state;
    let principal = planned.principal_arn.known().map_or("", String::as_str);
    let policy = planned.policy().unwrap_or_default();
    if let Some(other) = object_claim::hold_alone(cx, holder) {
        let told = of_entry::two_holders_of(principal, policy, &other.label);
        say(cx, &told, other.is_in_state_too)?;
    }
    let object = associations_key(&planned.cluster_arn, &planned.principal_arn);
    let label = format!("an `eksauth_access_policy_association` of `{policy}`");
    let holder = SoleHolder {
        object: &object,
        label: label.clone(),
        is_in_state,
        mark: None,
    };
    match object_claim::hold_share(cx, holder, Share::One) {
        Some(other) => {
            let told = of_entry::held_beside_exclusive(principal, &label);
            say(cx, &told, other.is_in_state_too)
        }
        None => Ok(()),
    }
}

/// Where both are in the state, a refusal would stop a destroy too.
fn say(
    cx: &Context<Client>,
    told: &of_entry::TwoHolders,
    are_both_in_state: bool,
) -> Result<(), Diagnostics> {
    match are_both_in_state {
        true => {
            cx.add(told.as_warning());
            Ok(())
        }
        false => Err(told.as_error().into()),
    }
}

struct Judgement<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    about: About,
    /// The state of the same association.
    prior: Option<&'a AccessPolicyAssociationModel>,
}

impl Judgement<'_> {
    async fn judge(&self, planned: &AccessPolicyAssociationModel) -> Result<(), Diagnostics> {
        let Attr::Known(given) = &planned.policy_arn else {
            return Ok(());
        };
        if let Err(error) = policy_arn(given, partition(&self.cluster)) {
            return Err(refused_policy(&error).into());
        }
        let policies = self.cx.client.access_policies();
        if self.prior.is_none()
            && let Some(unknown) = policies.unknown(&self.cluster, &self.about.policy).await
        {
            return Err(of_entry::unknown_policy(&unknown).into());
        }
        if !authentication_mode(&self.cluster).reads_access_entries() {
            let told = diagnostics::mode_without_entries(&self.about);
            self.cx.add(told);
            return Ok(());
        }
        if !planned.principal_arn.is_known()
            || self
                .prior
                .is_some_and(|prior| prior.access_scope == planned.access_scope)
        {
            return Ok(());
        }
        self.judge_change(planned).await
    }

    /// What it gives may make up for what another change of the plan takes.
    fn note_of_new_entry(&self, planned: &AccessPolicyAssociationModel) {
        let wanted = planned.expand(partition(&self.cluster));
        if let (Some(policy), false) = (wanted, self.cx.claims.is_shared()) {
            let guard = self.cx.client.entry_guard(&self.cluster);
            guard.note_associated(&self.about.principal_arn, policy, self.about.label());
        }
    }

    async fn judge_change(
        &self,
        planned: &AccessPolicyAssociationModel,
    ) -> Result<(), Diagnostics> {
        let about = &self.about;
        let found = match live::find(&self.cluster, &about.principal_arn, true).await {
            // The entry may be made in the same apply.
            Ok(None) => {
                self.note_of_new_entry(planned);
                return Ok(());
            }
            Ok(Some(found)) => found,
            Err(error) if kept_state::is_kept(self.cx, &about.text(), &error) => return Ok(()),
            Err(error) => return Err(super::cannot_read(about, &error)),
        };
        write::check_type(&found, about)?;
        let there = found.policies.iter().find(|one| one.name() == about.policy);
        if let (None, Some(there)) = (self.prior, there) {
            let key = claim_key(planned).into_known().unwrap_or_default();
            let objects = self.cx.client.account_objects();
            if !objects.is_own(self.cx, &key).await {
                let told = diagnostics::exists_at_plan(about, planned, there);
                self.cx.add(told);
                if planned.on_conflict != Attr::Known("adopt".to_owned()) {
                    return Ok(());
                }
            }
        }
        let Some(wanted) = planned.expand(partition(&self.cluster)) else {
            return Ok(());
        };
        let change = write::change(about, &found, Some(wanted));
        guarded::preview(self.cx, &self.cluster, &change, PlanScope::OneEntry).await
    }
}

/// Gives the association up to whoever else of the configuration holds it, and says whom the removal locks out.
async fn plan_removal(
    cx: &Context<Client>,
    plan: &mut Plan<AccessPolicyAssociationModel>,
) -> Result<(), Diagnostics> {
    let Some(prior) = &plan.prior else {
        return Ok(());
    };
    let origin = origin(prior);
    let key = claim_key(prior);
    object_claim::give_up(cx, &mut plan.private, &key, origin, []);
    noted(prior, &key).goes(&cx.claims);
    if prior.adopted == Attr::Known(true) || cx.client.cloud().is_none() {
        return Ok(());
    }
    // What hinders the removal is apply's to refuse.
    let Ok(Attr::Known(reference)) = prior.placement().resolve(cx.client.clusters()) else {
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
    let Ok(Some(found)) = live::find(&cluster, &about.principal_arn, true).await else {
        return Ok(());
    };
    let change = EntryChange {
        is_teardown: teardown::is_whole(cx, &prior.placement().remembered(), &plan.private),
        ..write::change(&about, &found, None)
    };
    guarded::preview_unless_held(cx, &cluster, &change, &key).await
}
