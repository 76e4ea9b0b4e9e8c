//! What a plan can promise and must say about an association.

use std::sync::Arc;

use tf_provider::resource::Plan;
use tf_provider::{Attr, Context, Diagnostics};

use super::schema::PodIdentityAssociationModel;
use super::{
    about, claim_key, diagnostics, id_part, known_id, note_in_state, origin, owner, trust,
};
use crate::attributes::tags::planned_tags_all;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::planned_place::{Beside, PlannedPlace};
use crate::session::object_claim::{self, SoleHolder};

pub(super) async fn plan(
    cx: &Context<Client>,
    plan: &mut Plan<PodIdentityAssociationModel>,
) -> Result<(), Diagnostics> {
    let Some(planned) = plan.planned.take() else {
        return plan_removal(cx, plan);
    };
    let prior = plan.prior.clone();
    let beside = Beside {
        prior: prior.as_ref().map(PodIdentityAssociationModel::placement),
        configured: plan.config.as_ref().map(|config| &config.cluster_name),
    };
    let clusters = cx.client.clusters();
    let place = PlannedPlace::of(planned.placement(), cx, clusters, beside).await?;
    plan.requires_replace.extend(place.replaced_by);
    let configured = plan.config.as_ref().map(|config| &config.tags);
    let tags_all = planned_tags_all(
        &cx.client.settings().tags,
        configured.unwrap_or(&planned.tags),
    );
    let planned = PodIdentityAssociationModel {
        tags_all,
        ..promised(prior.as_ref(), planned.placed(place.placement))
    };
    let stays = prior
        .as_ref()
        .filter(|prior| claim_key(prior) == claim_key(&planned));
    note_held(cx, plan, &planned)?;
    check_owner(plan, &planned)?;
    if let Some(cluster) = place.cluster {
        let is_new = prior.is_none() && known_id(&plan.private).is_none();
        judge(cx, &cluster, &planned, stays).await?;
        if is_new {
            note_existing(cx, &cluster, &planned).await?;
        }
    }
    plan.planned = Some(planned);
    Ok(())
}

/// What EKS decides, as far as it can be promised: where EKS does not take a value off, the association is made anew.
fn promised(
    prior: Option<&PodIdentityAssociationModel>,
    planned: PodIdentityAssociationModel,
) -> PodIdentityAssociationModel {
    let is_taken_off =
        |before: &Attr<String>, after: &Attr<String>| before.is_known() && !after.is_known();
    let is_made_anew = prior.is_some_and(|prior| {
        is_taken_off(&prior.target_role_arn, &planned.target_role_arn)
            || is_taken_off(&prior.policy, &planned.policy)
    });
    let keeps_target = prior.is_some_and(|prior| {
        prior.target_role_arn.is_known() && prior.target_role_arn == planned.target_role_arn
    });
    let external_id = match &planned.target_role_arn {
        Attr::Null => Attr::Null,
        _ if keeps_target && !is_made_anew => planned.external_id,
        _ => Attr::Unknown,
    };
    match is_made_anew {
        true => PodIdentityAssociationModel {
            association_id: Attr::Unknown,
            association_arn: Attr::Unknown,
            external_id,
            ..planned
        },
        false => PodIdentityAssociationModel {
            external_id,
            ..planned
        },
    }
}

/// Notes which association the plan stands for and which the state has; says if another resource stands for it too.
fn note_held(
    cx: &Context<Client>,
    plan: &Plan<PodIdentityAssociationModel>,
    planned: &PodIdentityAssociationModel,
) -> Result<(), Diagnostics> {
    let key = claim_key(planned);
    if let Some(prior) = &plan.prior {
        note_in_state(cx, prior, &plan.private);
    }
    let holder = SoleHolder {
        object: &key,
        label: diagnostics::label(planned),
        is_in_state: plan.prior.as_ref().map(claim_key).as_ref() == Some(&key),
        mark: known_id(&plan.private),
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

/// An add-on's association is not changed here.
fn check_owner(
    plan: &Plan<PodIdentityAssociationModel>,
    planned: &PodIdentityAssociationModel,
) -> Result<(), Diagnostics> {
    let (Some(owner), Some(prior)) = (owner(&plan.private), &plan.prior) else {
        return Ok(());
    };
    let settings = |model: &PodIdentityAssociationModel| {
        (
            model.role_arn.clone(),
            model.target_role_arn.clone(),
            model.disable_session_tags.clone(),
            model.policy.clone(),
            model.tags_all.clone(),
        )
    };
    match settings(prior) == settings(planned) {
        true => Ok(()),
        false => Err(diagnostics::owned(&planned.account(), owner).into()),
    }
}

async fn judge(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    planned: &PodIdentityAssociationModel,
    stays: Option<&PodIdentityAssociationModel>,
) -> Result<(), Diagnostics> {
    trust::check_account(cluster, planned)?;
    trust::judge(cx, cluster, planned, stays).await
}

/// Says at plan that the service account of a new association has one already, unless it is this configuration's own. Where the caller may not look,
/// nothing is said: apply finds out.
async fn note_existing(
    cx: &Context<Client>,
    cluster: &Arc<FoundCluster>,
    planned: &PodIdentityAssociationModel,
) -> Result<(), Diagnostics> {
    let (Attr::Known(_), Attr::Known(_)) = (&planned.namespace, &planned.service_account) else {
        return Ok(());
    };
    let about = about(planned, cluster);
    let listing = cx.client.pod_identity();
    let listed = match listing.of_account(cluster, &about.account).await {
        Ok(Some(listed)) => listed,
        Ok(None) => return Ok(()),
        Err(error) => {
            tracing::debug!(%error, "whether the service account has an association already is not known");
            return Ok(());
        }
    };
    if let Some(owner) = &listed.owner_arn {
        return Err(diagnostics::owned(&about.account, owner).into());
    }
    let key = claim_key(planned).into_known().unwrap_or_default();
    if cx.client.account_objects().is_own(cx, &key).await {
        return Ok(());
    }
    cx.add(match planned.adopts() {
        true => diagnostics::will_be_adopted(&about, &listed.id),
        false => diagnostics::exists_at_plan(&about, &listed.id),
    });
    Ok(())
}

/// Gives the association up.
fn plan_removal(
    cx: &Context<Client>,
    plan: &mut Plan<PodIdentityAssociationModel>,
) -> Result<(), Diagnostics> {
    let Some(prior) = &plan.prior else {
        return Ok(());
    };
    let parts = known_id(&plan.private).map(id_part);
    let key = claim_key(prior);
    object_claim::give_up(cx, &mut plan.private, &key, origin(prior), parts);
    Ok(())
}
