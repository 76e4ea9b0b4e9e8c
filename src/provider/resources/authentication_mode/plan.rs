//! What a plan can promise and must say about a mode.

use tf_provider::resource::Plan;
use tf_provider::{Attr, AttributePath, Context, Diagnostics, Resource};

use super::schema::AuthenticationModeModel;
use super::step::Step;
use super::{AuthenticationModeResource, diagnostics};
use crate::access::cluster_access::authentication_mode;
use crate::access::mode_guard::ModeStep;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::ApiError;
use crate::ports::authentication_mode::ManagedRole;
use crate::ports::eks::AuthenticationMode;
use crate::session::object_claim::{self, SoleHolder};

pub(super) async fn plan(
    cx: &Context<Client>,
    plan: &mut Plan<AuthenticationModeModel>,
) -> Result<(), Diagnostics> {
    let Some(planned) = plan.planned.take() else {
        return Ok(());
    };
    let mut placement = planned.placement();
    if let (Attr::Unknown, Some(config)) = (&placement.cluster_name, &plan.config) {
        // Where the configuration says nothing, the provider block does.
        placement.cluster_name = config.cluster_name.clone();
    }
    let before = plan.prior.as_ref().map(AuthenticationModeModel::placement);
    let clusters = cx.client.clusters();
    if let Some(before) = &before {
        let configured = plan.config.as_ref().map(|config| &config.cluster_name);
        before.note_unused_default(cx, clusters, configured);
        if placement.is_moved_from(clusters, before)? {
            plan.requires_replace
                .push(AttributePath::attribute("region"));
        }
    }
    let cluster = placement.at_plan(cx, clusters, before.as_ref()).await?;
    if before.is_some_and(|before| placement.is_renamed_from(&before)) {
        plan.requires_replace
            .push(AttributePath::attribute("cluster_name"));
    }
    let planned = planned.placed(placement);
    hold(cx, plan.prior.as_ref(), &planned)?;
    if let (Some(cluster), Some(wanted)) = (cluster, planned.mode()) {
        judge(cx, &cluster, wanted).await?;
    }
    plan.planned = Some(planned);
    Ok(())
}

/// A cluster has one mode, so two resources cannot both be right.
fn hold(
    cx: &Context<Client>,
    prior: Option<&AuthenticationModeModel>,
    planned: &AuthenticationModeModel,
) -> Result<(), Diagnostics> {
    let object = object(planned);
    let mark = planned.authentication_mode.known().map(String::as_str);
    let other = object_claim::hold_alone(
        cx,
        SoleHolder {
            object: &object,
            label: AuthenticationModeResource::NAME.to_owned(),
            is_in_state: prior.is_some_and(|prior| self::object(prior) == object),
            mark,
        },
    );
    match other {
        Some(other) if other.is_in_state_too => {
            cx.add(diagnostics::two_resources(planned, false));
            Ok(())
        }
        Some(_) => Err(diagnostics::two_resources(planned, true).into()),
        None => Ok(()),
    }
}

fn object(model: &AuthenticationModeModel) -> Attr<String> {
    match &model.cluster_arn {
        Attr::Known(arn) => Attr::Known(format!("{arn} authenticationmode")),
        other => other.clone(),
    }
}

/// The step to make, what it does to access, and what EKS makes with it.
async fn judge(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    wanted: AuthenticationMode,
) -> Result<(), Diagnostics> {
    let now = authentication_mode(cluster);
    check_step(cluster, now, wanted)?;
    if Step::between(now, wanted) == Step::None {
        return Ok(());
    }
    let managed = managed_roles(cluster, now).await;
    if now == AuthenticationMode::ConfigMap {
        cx.add(diagnostics::entries_of_eks(cluster, wanted, &managed));
    }
    let managed = managed.unwrap_or_default();
    let step = ModeStep {
        mode: wanted,
        managed: &managed,
        resource: &label(cluster),
    };
    let told = cx.client.mode_guard(cluster).preview(step).await?;
    for diagnostic in told.iter() {
        cx.add(diagnostic.clone());
    }
    Ok(())
}

/// Whether EKS takes the step.
///
/// # Errors
/// It is one back, or two at once.
pub(super) fn check_step(
    cluster: &FoundCluster,
    now: AuthenticationMode,
    wanted: AuthenticationMode,
) -> Result<(), Diagnostics> {
    match Step::between(now, wanted) {
        Step::None | Step::Up => Ok(()),
        Step::TwoUp => Err(diagnostics::two_steps(cluster).into()),
        Step::Back => Err(diagnostics::step_back(cluster, now, wanted).into()),
    }
}

/// The roles that get an access entry with a step; only the first one makes any.
pub(super) async fn managed_roles(
    cluster: &FoundCluster,
    now: AuthenticationMode,
) -> Result<Vec<ManagedRole>, ApiError> {
    match now {
        AuthenticationMode::ConfigMap => cluster.eks().managed_roles(&cluster.reference.name).await,
        AuthenticationMode::ApiAndConfigMap | AuthenticationMode::Api => Ok(Vec::new()),
    }
}

/// Who asks for it, as the guard's messages name it.
pub(super) fn label(cluster: &FoundCluster) -> String {
    format!(
        "`{}` of `{}`",
        AuthenticationModeResource::NAME,
        cluster.reference.name
    )
}
