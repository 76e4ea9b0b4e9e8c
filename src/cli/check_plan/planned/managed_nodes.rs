//! `aws_eks_node_group` and `aws_eks_fargate_profile`: with the last one of a role EKS takes away the access that it gave the role.
//!
//! Source: EKS user guide, "Delete a managed node group". Groups outside this plan's state cannot be seen in it.

use std::collections::BTreeSet;

use eksauth_core::access::change::ClusterChange;
use eksauth_core::access::cluster_access::Principal;
use eksauth_provider::ports::authentication_mode::ManagedRole;
use serde_json::Value;

use super::super::plan_file::ResourceChange;
use super::{Collector, Occurrence, Order};

/// The kinds, each with the attribute of its role.
const KINDS: [(&str, &str); 2] = [
    ("aws_eks_node_group", "node_role_arn"),
    ("aws_eks_fargate_profile", "pod_execution_role_arn"),
];

fn role<'v>(kind: &str, values: &'v Value) -> Option<&'v str> {
    let (_, attribute) = KINDS.iter().find(|(name, _)| *name == kind)?;
    values.get(attribute)?.as_str()
}

impl<'p> Collector<'p> {
    pub(super) fn collect_managed_nodes(&mut self, occurrence: Occurrence<'p>) {
        let resource = occurrence.resource;
        let role = role(&resource.kind, &resource.change.before);
        let (true, Some(role)) = (occurrence.is_before, role) else {
            return;
        };
        if self.is_used_after(role) {
            return;
        }
        let change = ClusterChange::ManagedRoleReleased {
            role_arn: role.to_owned(),
        };
        let state = self.before.after([&change]);
        if state.view.aws_auth == self.before.view.aws_auth
            && state.view.access_entries == self.before.view.access_entries
        {
            return;
        }
        self.found.notes.push(format!(
            "EKS takes the entry of `{role}` away with `{}`, the last managed node group or Fargate profile of this role in the plan; one outside the \
             plan that uses the role keeps it",
            resource.address
        ));
        self.step(resource, Order::Removal, change);
    }

    /// Whether a group or profile of this cluster that stays or is made has the role.
    fn is_used_after(&self, role: &str) -> bool {
        let wanted = Principal::from_arn(role);
        let is_wanted = |arn: &str| Principal::from_arn(arn) == wanted;
        let changes = &self.plan.resource_changes;
        let is_listed = |address: &str| changes.iter().any(|change| change.address == address);
        let by_change = changes.iter().any(|resource| {
            self::role(&resource.kind, values_after(resource)).is_some_and(is_wanted)
                && self.is_in_target(resource)
        });
        // With `-target` the plan lists only a part of what is there.
        by_change
            || self.plan.prior_resources().iter().any(|resource| {
                !is_listed(&resource.address)
                    && self::role(&resource.kind, &resource.values).is_some_and(is_wanted)
                    && resource.values.get("cluster_name").and_then(Value::as_str)
                        == Some(self.target.cluster.name.as_str())
            })
    }

    fn is_in_target(&self, resource: &ResourceChange) -> bool {
        let sides = self.places.sides(resource);
        let within = match resource.change.after.is_null() {
            true => sides.before,
            false => sides.after,
        };
        within == super::Within::Yes
    }
}

impl Collector<'_> {
    /// The roles of the groups and profiles of this cluster that stay or are made, as far as the plan shows them.
    pub(super) fn managed_roles(&self) -> Vec<ManagedRole> {
        let changes = &self.plan.resource_changes;
        let listed = changes
            .iter()
            .filter(|resource| self.is_in_target(resource))
            .filter_map(|resource| managed(&resource.kind, values_after(resource)));
        let is_listed = |address: &str| changes.iter().any(|change| change.address == address);
        let cluster = self.target.cluster.name.as_str();
        let prior = self.plan.prior_resources().into_iter().filter(|resource| {
            !is_listed(&resource.address)
                && resource.values.get("cluster_name").and_then(Value::as_str) == Some(cluster)
        });
        let prior = prior.filter_map(|resource| managed(&resource.kind, &resource.values));
        let roles: BTreeSet<ManagedRole> = listed.chain(prior).collect();
        roles.into_iter().collect()
    }
}

/// The role of a group or profile, with the type of the entry that EKS makes of it.
fn managed(kind: &str, values: &Value) -> Option<ManagedRole> {
    let ami = values.get("ami_type").and_then(Value::as_str);
    let entry_type = match kind {
        "aws_eks_fargate_profile" => "FARGATE_LINUX",
        _ if ami.is_some_and(|ami| ami.starts_with("WINDOWS")) => "EC2_WINDOWS",
        _ => "EC2_LINUX",
    };
    Some(ManagedRole {
        role_arn: role(kind, values)?.to_owned(),
        entry_type: entry_type.to_owned(),
    })
}

/// What leaves the state only stays as it was.
fn values_after(resource: &ResourceChange) -> &Value {
    match resource.deed() {
        Some(super::Deed::Forget) => &resource.change.before,
        _ => &resource.change.after,
    }
}
