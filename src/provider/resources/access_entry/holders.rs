//! Who holds an access entry and its associations in one configuration: there can be only one address for each.

use tf_provider::resource::{Plan, Private};
use tf_provider::{Attr, Context, Diagnostics};

use super::schema::AccessEntryModel;
use super::{ENTRY_ARN, claim_key, diagnostics, note_in_state, origin, parts};
use crate::client::Client;
use crate::session::object_claim::{self, Origin, Share, SoleHolder};

/// What names an association for those who hold it: a policy of an entry, here or in a resource of its own.
pub(in crate::resources) fn association_key(
    cluster_arn: &Attr<String>,
    principal_arn: &Attr<String>,
    policy: &str,
) -> Attr<String> {
    match (cluster_arn, principal_arn) {
        (Attr::Known(cluster), Attr::Known(principal)) => {
            Attr::Known(format!("{cluster} accesspolicy {principal} {policy}"))
        }
        _ => Attr::Unknown,
    }
}

/// What names all associations of an entry together.
pub(in crate::resources) fn associations_key(
    cluster_arn: &Attr<String>,
    principal_arn: &Attr<String>,
) -> Attr<String> {
    match (cluster_arn, principal_arn) {
        (Attr::Known(cluster), Attr::Known(principal)) => {
            Attr::Known(format!("{cluster} accesspolicies {principal}"))
        }
        _ => Attr::Unknown,
    }
}

fn policy_keys(model: &AccessEntryModel) -> Vec<Attr<String>> {
    let names = model.known_policies().filter_map(|policy| policy.name());
    names
        .map(|name| association_key(&model.cluster_arn, &model.principal_arn, name))
        .collect()
}

/// A resource for an association finds that this configuration has it.
pub(super) fn note_policies_in_state(cx: &Context<Client>, model: &AccessEntryModel) {
    for key in policy_keys(model) {
        object_claim::note_in_state(cx, &key, Origin::Made, None);
        if let Some(key) = key.known() {
            cx.client.account_objects().note_in_state(key);
        }
    }
}

/// Notes what the plan stands for and what the state has; says if another resource stands for it too.
pub(super) fn note_held(
    cx: &Context<Client>,
    plan: &Plan<AccessEntryModel>,
    planned: &AccessEntryModel,
) -> Result<(), Diagnostics> {
    if let Some(prior) = &plan.prior {
        note_in_state(cx, prior);
    }
    let prior = plan.prior.as_ref();
    let key = claim_key(planned);
    let is_in_state = prior.map(claim_key).as_ref() == Some(&key);
    let mark = plan.private.entries.get(ENTRY_ARN);
    let mark = mark.and_then(serde_json::Value::as_str);
    let holder = SoleHolder {
        object: &key,
        label: "`eksauth_access_entry`".to_owned(),
        is_in_state,
        mark,
    };
    match object_claim::hold_alone(cx, holder) {
        Some(other) if other.is_in_state_too => cx.add(diagnostics::both_in_state(planned)),
        Some(_) => return Err(diagnostics::two_resources(planned).into()),
        None => {}
    }
    hold_exclusively(cx, plan, planned)?;
    let held = prior.map(policy_keys).unwrap_or_default();
    for policy in planned.known_policies() {
        let Some(name) = policy.name() else {
            continue;
        };
        let key = association_key(&planned.cluster_arn, &planned.principal_arn, name);
        let holder = SoleHolder {
            object: &key,
            label: "`policies` of its `eksauth_access_entry`".to_owned(),
            is_in_state: held.contains(&key),
            mark,
        };
        if let Some(other) = object_claim::hold_alone(cx, holder) {
            let told = diagnostics::two_holders(planned, name, &other.label);
            match other.is_in_state_too {
                true => cx.add(told.as_warning()),
                false => return Err(told.as_error().into()),
            }
        }
    }
    Ok(())
}

/// With `exclusive_policies` there can be no other holder of a policy.
fn hold_exclusively(
    cx: &Context<Client>,
    plan: &Plan<AccessEntryModel>,
    planned: &AccessEntryModel,
) -> Result<(), Diagnostics> {
    if !planned.is_exclusive() {
        return Ok(());
    }
    let key = |model: &AccessEntryModel| associations_key(&model.cluster_arn, &model.principal_arn);
    let object = key(planned);
    let mut prior = plan.prior.iter();
    let holder = SoleHolder {
        object: &object,
        label: "`exclusive_policies` of its `eksauth_access_entry`".to_owned(),
        is_in_state: prior.any(|prior| prior.is_exclusive() && key(prior) == object),
        mark: None,
    };
    let Some(other) = object_claim::hold_share(cx, holder, Share::All) else {
        return Ok(());
    };
    let principal = planned.principal_arn.known().map_or("", String::as_str);
    let told = diagnostics::held_beside_exclusive(principal, &other.label);
    match other.is_in_state_too {
        true => {
            cx.add(told.as_warning());
            Ok(())
        }
        false => Err(told.as_error().into()),
    }
}

/// Gives the entry and its associations up to whoever else of the configuration holds them.
pub(super) fn give_up(cx: &Context<Client>, private: &mut Private, prior: &AccessEntryModel) {
    for key in policy_keys(prior) {
        // Only noted: the removal of the entry is followed or not as a whole.
        object_claim::note_in_state(cx, &key, Origin::Made, None);
    }
    object_claim::give_up(cx, private, &claim_key(prior), origin(prior), parts(prior));
}

/// Whether an association that is not wanted here any more is to be another resource's.
pub(super) fn is_held_elsewhere(
    cx: &Context<Client>,
    model: &AccessEntryModel,
    policy: &str,
) -> bool {
    let key = association_key(&model.cluster_arn, &model.principal_arn, policy);
    let is_planned = |key: &String| object_claim::is_held_by_plan(cx, key, Origin::Made);
    object_claim::is_held_now(cx, &key) || key.known().is_some_and(is_planned)
}

/// Whether the configuration had an association until now, at an address that gives it up in the plan of this apply.
pub(super) fn was_held(cx: &Context<Client>, model: &AccessEntryModel, policy: &str) -> bool {
    let key = association_key(&model.cluster_arn, &model.principal_arn, policy);
    let origin = key.known().and_then(|key| object_claim::given_up(cx, key));
    origin == Some(Origin::Made)
}
