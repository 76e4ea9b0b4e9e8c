//! A role from hashicorp/aws's state, or from another resource of this provider, by a `moved` block.
//!
//! The process that does it is not configured and asks nobody. What the state does not say of the policies, the read after it fills in as an import
//! would: hashicorp/aws 6 has no `managed_policy_arns` any more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use tf_provider::resource::{MoveSource, Private, State};
use tf_provider::{Attr, Diagnostics};

use super::flatten::with_all_policies;
use super::{ManagedRole, RoleModel, diagnostics, node_policy};
use crate::attributes::move_source::{MOVED, is_of_provider, tags, text, texts};
use crate::attributes::values::{to_map, to_set};
use crate::ports::iam::RoleDetails;

/// The resources of this provider that manage a role.
const OUR_TYPES: [&str; 2] = ["eksauth_irsa_role", "eksauth_node_assumed_role"];

/// Takes over a state; `None` where its type is not known here.
pub(crate) fn move_from<M: RoleModel>(
    source: &MoveSource,
) -> Option<Result<State<M>, Diagnostics>> {
    if is_of_provider(source, "hashicorp", "aws") && source.type_name == "aws_iam_role" {
        return Some(taken(&source.state));
    }
    let is_ours = is_of_provider(source, "eksauth", "eksauth")
        && OUR_TYPES.contains(&source.type_name.as_str());
    is_ours.then(|| taken_from_ours(&source.state))
}

fn taken<M: RoleModel>(state: &Json) -> Result<State<M>, Diagnostics> {
    let (name, document) = (text(state, "name"), text(state, "assume_role_policy"));
    let (Attr::Known(_), Attr::Known(trust)) = (&name, &document) else {
        return Err(diagnostics::moved_without_a_role().into());
    };
    let model = M::from_trust_policy(trust);
    let role = ManagedRole {
        name,
        name_prefix: text(state, "name_prefix"),
        path: text(state, "path"),
        description: text(state, "description"),
        max_session_duration: number(state, "max_session_duration"),
        permissions_boundary: text(state, "permissions_boundary"),
        force_detach_policies: flag(state, "force_detach_policies"),
        policy_arns: texts(state, "managed_policy_arns").map_or(Attr::Null, |arns| {
            match arns.is_empty() {
                true => Attr::Null,
                false => to_set(arns),
            }
        }),
        inline_policies: inline_policies(state).unwrap_or_default(),
        tags: tags(state, "tags"),
        arn: text(state, "arn"),
        unique_id: text(state, "unique_id"),
        assume_role_policy: document,
        tags_all: tags(state, "tags_all"),
        ..model.role()
    };
    let missing = Missing {
        policy_arns: texts(state, "managed_policy_arns").is_none(),
        inline_policies: inline_policies(state).is_none(),
    };
    Ok(State {
        model: model.with_role(role),
        private: Private {
            entries: [(MOVED.to_owned(), missing.to_json())].into(),
        },
    })
}

/// From one of our own resources, whose state says all.
fn taken_from_ours<M: RoleModel>(state: &Json) -> Result<State<M>, Diagnostics> {
    let (name, document) = (text(state, "name"), text(state, "assume_role_policy"));
    let (Attr::Known(_), Attr::Known(trust)) = (&name, &document) else {
        return Err(diagnostics::moved_without_a_role().into());
    };
    let node_policies = state
        .get("attached_node_policies")
        .and_then(Json::as_object);
    let node_roles: BTreeSet<String> = node_policies
        .into_iter()
        .flat_map(|policies| policies.keys().cloned())
        .collect();
    if !node_roles.is_empty() {
        return Err(node_policy::diagnostics::node_policies_would_be_lost(&node_roles).into());
    }
    let model = M::from_trust_policy(trust);
    let role = ManagedRole {
        name,
        name_prefix: text(state, "name_prefix"),
        path: text(state, "path"),
        description: text(state, "description"),
        max_session_duration: number(state, "max_session_duration"),
        permissions_boundary: text(state, "permissions_boundary"),
        force_detach_policies: flag(state, "force_detach_policies"),
        policy_arns: texts(state, "policy_arns").map_or(Attr::Null, to_set),
        exclusive_policy_arns: flag(state, "exclusive_policy_arns"),
        inline_policies: map(state, "inline_policies"),
        on_conflict: text(state, "on_conflict"),
        tags: map(state, "tags"),
        arn: text(state, "arn"),
        unique_id: text(state, "unique_id"),
        assume_role_policy: document,
        adopted: flag(state, "adopted"),
        tags_all: map(state, "tags_all"),
        ..model.role()
    };
    Ok(State::from(model.with_role(role)))
}

/// What a moved state does not say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Missing {
    policy_arns: bool,
    inline_policies: bool,
}

impl Missing {
    fn to_json(self) -> Json {
        serde_json::json!({ "policy_arns": self.policy_arns, "inline_policies": self.inline_policies })
    }

    /// From the private facts of a state that was moved and not read yet.
    pub(super) fn of_moved(private: &Private) -> Option<Self> {
        let noted = private.entries.get(MOVED)?;
        let is_noted = |name: &str| noted.get(name).and_then(Json::as_bool) == Some(true);
        Some(Self {
            policy_arns: is_noted("policy_arns"),
            inline_policies: is_noted("inline_policies"),
        })
    }

    /// True if a read has to fetch the inline policies although none is in the state.
    pub(super) fn needs_inline_policies(self) -> bool {
        self.inline_policies
    }

    /// The state with what the role has of it.
    pub(super) fn filled(self, model: ManagedRole, live: &RoleDetails) -> ManagedRole {
        let all = with_all_policies(live, ManagedRole::default());
        ManagedRole {
            policy_arns: match self.policy_arns {
                true => all.policy_arns,
                false => model.policy_arns,
            },
            inline_policies: match self.inline_policies {
                true => all.inline_policies,
                false => model.inline_policies,
            },
            ..model
        }
    }
}

/// `[{ name, policy }]`; hashicorp/aws has an element without a name for "none at all". `None` where the state has no such list.
fn inline_policies(state: &Json) -> Option<Attr<BTreeMap<String, Attr<String>>>> {
    let elements = state.get("inline_policy")?.as_array()?;
    let policies: BTreeMap<String, String> = elements
        .iter()
        .filter_map(|element| {
            let (name, policy) = (text(element, "name"), text(element, "policy"));
            name.into_known().zip(policy.into_known())
        })
        .collect();
    Some(match policies.is_empty() {
        true => Attr::Null,
        false => to_map(policies),
    })
}

/// A map of our own, which may be empty.
fn map(state: &Json, name: &str) -> Attr<BTreeMap<String, Attr<String>>> {
    match state.get(name).and_then(Json::as_object) {
        Some(empty) if empty.is_empty() => to_map([]),
        _ => tags(state, name),
    }
}

fn number(state: &Json, name: &str) -> Attr<i64> {
    state.get(name).and_then(Json::as_i64).into()
}

fn flag(state: &Json, name: &str) -> Attr<bool> {
    state.get(name).and_then(Json::as_bool).into()
}
