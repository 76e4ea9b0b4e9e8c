//! A role that passes from one address of a configuration to another, with the policies that the old one has put on it.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::resource::{Failed, Private, State};
use tf_provider::{Attr, Context};

use super::flatten::flatten;
use super::schema::IrsaRoleModel;
use super::{about, write};
use crate::attributes::values::{known_map, known_set, to_map, to_set};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::iam::{InlinePolicies, Role, RoleDetails};
use crate::ports::{ApiError, ErrorKind, IamApi};
use crate::session::object_claim::{self, Origin};

/// A managed policy as it is noted.
fn attached(arn: &str) -> String {
    format!("policy {arn}")
}

/// An inline policy as it is noted.
fn inline(name: &str) -> String {
    format!("inline {name}")
}

/// Notes at plan that an address gives its role up.
pub(super) fn give_up(cx: &Context<Client>, private: &mut Private, state: &IrsaRoleModel) {
    let policies = known_set(&state.policy_arns).unwrap_or_default();
    let names = known_map(&state.inline_policies).unwrap_or_default();
    let policies = policies.iter().map(|arn| attached(arn));
    let parts = policies.chain(names.keys().map(|name| inline(name)));
    object_claim::give_up(cx, private, &state.arn, Origin::Made, parts);
}

/// Goes on with a role that the plan takes from another address: what that one had put on it and is not wanted goes, and what others have stays.
pub(super) async fn take_over(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    planned: IrsaRoleModel,
    existing: &Role,
) -> Result<State<IrsaRoleModel>, Failed<IrsaRoleModel>> {
    let about = about(&existing.name);
    let failed = api_failure::failure("Cannot Read Role", &about);
    let live = iam.role_details(&existing.name, InlinePolicies::Read).await;
    let live = live.map_err(&failed)?.ok_or_else(|| {
        failed(ApiError::new(
            ErrorKind::NotFound,
            "iam:GetRole",
            "the role that was there a moment ago is gone",
        ))
    })?;
    let planned = write::filled(cx, planned, &live.role);
    let left = as_left(cx, &live, planned.clone());
    let prior = flatten(cx.client.settings(), live, left);
    write::update(cx, prior, planned).await
}

/// The role as a state of the new address would have it before the change.
fn as_left(cx: &Context<Client>, live: &RoleDetails, planned: IrsaRoleModel) -> IrsaRoleModel {
    let is_left = |part: String| object_claim::is_part_given_up(cx, &live.role.arn, &part);
    let wanted = known_set(&planned.policy_arns).unwrap_or_default();
    let policies: BTreeSet<String> = live
        .attached_policies
        .iter()
        .filter(|arn| wanted.contains(*arn) || is_left(attached(arn)))
        .cloned()
        .collect();
    let wanted = known_map(&planned.inline_policies).unwrap_or_default();
    let inline_policies: BTreeMap<String, String> = live
        .inline_policies
        .iter()
        .flatten()
        .filter(|(name, _)| wanted.contains_key(*name) || is_left(inline(name)))
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    let policy_arns = match policies.is_empty() && planned.policy_arns.is_null() {
        true => Attr::Null,
        false => to_set(policies),
    };
    let inline_policies = match inline_policies.is_empty() && planned.inline_policies.is_null() {
        true => Attr::Null,
        false => to_map(inline_policies),
    };
    IrsaRoleModel {
        policy_arns,
        inline_policies,
        ..planned
    }
}
