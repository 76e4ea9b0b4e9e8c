//! From the attributes to an association, and back.

use eksauth_core::iam_policy::policy_document::equivalent;
use tf_provider::Attr;

use super::schema::PodIdentityAssociationModel;
use crate::attributes::tags::{FlatTags, flatten_tags};
use crate::attributes::values::known_map;
use crate::config::Settings;
use crate::ports::eks::{AssociationChange, NewAssociation, PodIdentityAssociation, ValueChange};
use crate::ports::iam::Tags;

/// The association to make; `None` while a value is not known.
pub(super) fn expand(planned: &PodIdentityAssociationModel) -> Option<NewAssociation> {
    Some(NewAssociation {
        namespace: planned.namespace.known()?.clone(),
        service_account: planned.service_account.known()?.clone(),
        role_arn: planned.role_arn.known()?.clone(),
        target_role_arn: optional(&planned.target_role_arn)?,
        is_without_session_tags: *planned.disable_session_tags.known()?,
        policy: optional(&planned.policy)?,
        tags: known_map(&planned.tags_all)?,
    })
}

fn optional(value: &Attr<String>) -> Option<Option<String>> {
    match value {
        Attr::Known(text) => Some(Some(text.clone())),
        Attr::Null => Some(None),
        Attr::Unknown => None,
    }
}

/// What has to change of an association that is there; `None` where nothing has to. The role is sent with every change.
pub(super) fn change(
    live: &PodIdentityAssociation,
    wanted: &NewAssociation,
) -> Option<AssociationChange> {
    let policy = match (&live.policy, &wanted.policy) {
        (Some(before), Some(after)) if is_same_policy(before, after) => ValueChange::Stays,
        (before, after) => value_change(before.as_ref(), after.as_ref()),
    };
    let target_role_arn = value_change(
        live.target_role_arn.as_ref(),
        wanted.target_role_arn.as_ref(),
    );
    let is_same = live.role_arn == wanted.role_arn
        && live.is_without_session_tags == wanted.is_without_session_tags
        && policy == ValueChange::Stays
        && target_role_arn == ValueChange::Stays;
    (!is_same).then(|| AssociationChange {
        role_arn: wanted.role_arn.clone(),
        target_role_arn,
        is_without_session_tags: wanted.is_without_session_tags,
        policy,
    })
}

fn value_change(before: Option<&String>, after: Option<&String>) -> ValueChange {
    match (before, after) {
        (before, after) if before == after => ValueChange::Stays,
        (_, Some(after)) => ValueChange::Set(after.clone()),
        (_, None) => ValueChange::Removed,
    }
}

fn is_same_policy(one: &str, other: &str) -> bool {
    one == other || equivalent(one, other)
}

/// The state of an association that is there. `state` says what cannot be read: how it came here, and how things were spelt.
pub(super) fn flatten(
    settings: &Settings,
    live: &PodIdentityAssociation,
    state: PodIdentityAssociationModel,
) -> PodIdentityAssociationModel {
    let FlatTags { tags, tags_all } = match state.adopted {
        Attr::Known(true) => flatten_tags(&settings.tags, &own_tags(live, &state), &state.tags),
        _ => flatten_tags(&settings.tags, &live.tags, &state.tags),
    };
    let or = |value: &Attr<String>, default: &str| match value {
        Attr::Known(_) => value.clone(),
        Attr::Null | Attr::Unknown => Attr::Known(default.to_owned()),
    };
    PodIdentityAssociationModel {
        namespace: Attr::Known(live.namespace.clone()),
        service_account: Attr::Known(live.service_account.clone()),
        role_arn: Attr::Known(live.role_arn.clone()),
        target_role_arn: live.target_role_arn.clone().into(),
        disable_session_tags: Attr::Known(live.is_without_session_tags),
        policy: policy(live, &state),
        on_conflict: or(&state.on_conflict, "error"),
        on_untrusted: or(&state.on_untrusted, "error"),
        tags,
        association_id: Attr::Known(live.id.clone()),
        association_arn: Attr::Known(live.arn.clone()),
        external_id: live.external_id.clone().into(),
        adopted: Attr::Known(state.adopted == Attr::Known(true)),
        tags_all,
        ..state
    }
}

/// Another spelling of the same policy is no drift.
fn policy(live: &PodIdentityAssociation, state: &PodIdentityAssociationModel) -> Attr<String> {
    match (&live.policy, state.policy.known()) {
        (Some(live), Some(before)) if is_same_policy(live, before) => state.policy.clone(),
        _ => live.policy.clone().into(),
    }
}

/// An adopted association keeps its own tags, so only those that are set here are looked at.
fn own_tags(live: &PodIdentityAssociation, state: &PodIdentityAssociationModel) -> Tags {
    let own = known_map(&state.tags_all).unwrap_or_default();
    let mut tags = live.tags.clone();
    tags.retain(|key, _| own.contains_key(key));
    tags
}
