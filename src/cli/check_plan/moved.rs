//! Objects that a plan removes at one address and makes, the same, at another: a `moved` block keeps them.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::place::{Places, Within};
use super::plan_file::{Deed, PlanFile, ResourceChange};

/// A block that keeps an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where the object is.
    pub from: String,
    /// Where the configuration has it.
    pub to: String,
}

impl Moved {
    /// The block, for the root module.
    pub fn block(&self) -> String {
        format!(
            "moved {{\n  from = {}\n  to   = {}\n}}\n",
            self.from, self.to
        )
    }
}

/// What makes two objects of a type one: everything that the practitioner writes and that decides who enters.
fn identity(resource: &ResourceChange, values: &Value) -> Option<String> {
    let names: &[&str] = match resource.kind.as_str() {
        "eksauth_aws_auth_role" => &["rolearn", "username", "groups"],
        "eksauth_aws_auth_user" => &["userarn", "username", "groups"],
        "eksauth_aws_auth_account" => &["account_id"],
        "eksauth_aws_auth" => &["map_roles", "map_users", "map_accounts"],
        "aws_eks_access_entry" | "eksauth_access_entry" => &["principal_arn"],
        "aws_eks_access_policy_association" | "eksauth_access_policy_association" => {
            &["principal_arn", "policy_arn", "access_scope"]
        }
        _ => return None,
    };
    let mut parts = vec![json!(resource.kind)];
    for name in names {
        let is_unknown = resource
            .change
            .after_unknown
            .get(name)
            .is_some_and(|value| {
                std::ptr::eq(values, &resource.change.after)
                    && super::plan_file::contains_unknown(value)
            });
        if is_unknown {
            return None;
        }
        parts.push(values.get(name).cloned().unwrap_or(Value::Null));
    }
    Some(Value::Array(parts).to_string())
}

/// The blocks for a cluster's objects; each address is named once.
pub fn moved(plan: &PlanFile, places: &Places<'_>) -> Vec<Moved> {
    let mut made: BTreeMap<String, VecDeque<&str>> = BTreeMap::new();
    for resource in &plan.resource_changes {
        if resource.deed() == Some(Deed::Create)
            && places.sides(resource).after == Within::Yes
            && let Some(identity) = identity(resource, &resource.change.after)
        {
            made.entry(identity)
                .or_default()
                .push_back(&resource.address);
        }
    }
    let mut found = Vec::new();
    for resource in &plan.resource_changes {
        if resource.deed() == Some(Deed::Delete)
            && resource.deposed.is_none()
            && places.sides(resource).before == Within::Yes
            && let Some(identity) = identity(resource, &resource.change.before)
            && let Some(to) = made.get_mut(&identity).and_then(VecDeque::pop_front)
        {
            found.push(Moved {
                from: resource.address.clone(),
                to: to.to_owned(),
            });
        }
    }
    found
}
