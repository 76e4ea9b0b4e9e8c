//! The plan of a role: what is known of it, what it takes from whom, and what has to be said before an apply.

use tf_provider::resource::{Plan, Private};
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::name::needs_new_name;
use super::{
    ManagedRole, RoleModel, diagnostics, existing, holders, import_detaches, inline_policies,
    lookup, node_role_room, passing_on,
};
use crate::attributes::tags::planned_tags_all;
use crate::attributes::values::known_set;
use crate::client::Client;
use crate::diagnostics::kept_state::Lookup;
use crate::ports::iam::InlinePolicies;

/// Notes which role a state stands for.
pub(crate) fn note_in_state<M: RoleModel>(cx: &Context<Client>, state: Option<&M>) {
    if let Some(Attr::Known(arn)) = state.map(|state| state.role().arn) {
        cx.client.account_objects().note_in_state(&arn);
    }
}

/// Notes that an address gives its role up.
pub(crate) fn give_up<M: RoleModel>(cx: &Context<Client>, private: &mut Private, state: &M) {
    passing_on::give_up(cx, private, &state.role());
}

/// Fills in what follows from the configuration and the trust policy: name, ARN, policies that mean the same, tags.
///
/// # Errors
/// The caller's account cannot be found out.
pub(crate) async fn settle<M: RoleModel>(
    cx: &Context<Client>,
    plan: &mut Plan<M>,
) -> Result<(), Diagnostics> {
    let Some(model) = plan.planned.clone() else {
        return Ok(());
    };
    let prior = plan.prior.as_ref().map(M::role);
    let mut planned = model.role();
    if let Some(prior) = &prior
        && needs_new_name(prior, &planned)
    {
        plan.requires_replace
            .push(AttributePath::attribute("name_prefix"));
        planned.name = Attr::Unknown;
    }
    planned.arn = match &prior {
        Some(prior) if prior.name == planned.name && prior.path == planned.path => {
            prior.arn.clone()
        }
        _ => arn_of(cx, &planned).await?,
    };
    planned.tags_all = planned_tags_all(&cx.client.settings().tags, &planned.tags);
    let model = model.with_role(planned);
    plan.planned = Some(match &plan.prior {
        Some(prior) => model.spelt_as(prior),
        None => model,
    });
    Ok(())
}

/// Notes what the plan holds, and warns of what the apply will meet.
///
/// # Errors
/// The role of the state cannot be read.
pub(crate) async fn announce<M: RoleModel>(
    cx: &Context<Client>,
    plan: &Plan<M>,
) -> Result<(), Diagnostics> {
    let Some(planned) = plan.planned.as_ref().map(M::role) else {
        return Ok(());
    };
    holders::note(cx, plan.prior.as_ref().map(M::role).as_ref(), &planned);
    let identities = cx.client.planned();
    identities.note_role(&planned.arn, &planned.assume_role_policy);
    match plan.prior.as_ref().map(M::role) {
        Some(prior) => {
            import_detaches::warn(cx, &plan.private, (&prior, &planned));
            node_role_room::check_at_plan(cx, Some(&prior), &planned).await?;
            if prior.arn == planned.arn {
                inline_policies::check(cx, &prior, &planned).await?;
            }
            warn_of_foreign_policies(cx, &prior, &planned).await
        }
        None => {
            existing::warn(cx, &planned).await;
            node_role_room::check_at_plan(cx, None, &planned).await
        }
    }
}

/// The ARN that IAM will give, from name, path and the caller's account.
async fn arn_of(cx: &Context<Client>, planned: &ManagedRole) -> Result<Attr<String>, Diagnostics> {
    let (Some(name), Some(path), Some(_)) = (
        planned.name.known(),
        planned.path.known(),
        cx.client.cloud(),
    ) else {
        return Ok(Attr::Unknown);
    };
    let caller = cx.client.caller_account().await?;
    Ok(Attr::Known(format!(
        "arn:{}:iam::{}:role{path}{name}",
        caller.partition, caller.id
    )))
}

async fn warn_of_foreign_policies(
    cx: &Context<Client>,
    prior: &ManagedRole,
    planned: &ManagedRole,
) -> Result<(), Diagnostics> {
    let becomes_exclusive = planned.exclusive_policy_arns == Attr::Known(true)
        && prior.exclusive_policy_arns != planned.exclusive_policy_arns;
    let (true, Some(name), Some(wanted), Some(_)) = (
        becomes_exclusive,
        prior.name.known(),
        known_set(&planned.policy_arns),
        cx.client.cloud(),
    ) else {
        return Ok(());
    };
    let Lookup::Found(live) = lookup::find(cx, name, InlinePolicies::Skip, &prior.arn).await?
    else {
        return Ok(());
    };
    let ours = known_set(&prior.policy_arns).unwrap_or_default();
    let foreign = live.attached_policies;
    let foreign = foreign
        .into_iter()
        .filter(|arn| !ours.contains(arn) && !wanted.contains(arn))
        .collect::<std::collections::BTreeSet<_>>();
    if !foreign.is_empty() {
        cx.add(diagnostics::will_detach(name, &foreign));
    }
    Ok(())
}
