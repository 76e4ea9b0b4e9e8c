//! What a plan does to one cluster's access, whoever's resource does it, in the words of `eksauth_core::access::change`.
//!
//! The order of a plan's changes is free, so removals come first and additions after them: a renamed `for_each` key of ours ends where it began.
//! Objects of other providers cannot be made while the old one is there (or are taken over by it), so of two addresses the removal counts last.

mod access_entry;
mod aws_auth_entry;
mod aws_auth_map;
mod cluster;
mod deleted_principal;
mod group_binding;
mod kubernetes_object;
mod managed_nodes;
mod rbac_object;
mod unnamed_object;

/// aws-auth as something of which there is one in a cluster.
const AWS_AUTH: &str = "aws-auth";

use std::collections::BTreeSet;

pub use access_entry::{EntriesOfPlan, associated_before};
pub use cluster::{goes_to_api, mode_before};

use eksauth_core::access::change::{AccessEntryChange, AwsAuthChange, ClusterChange, ClusterState};
use eksauth_core::access::cluster_access::{Knowledge, Principal};
use eksauth_core::aws_auth::Reading;

use super::place::{ClusterPlace, Places, Within};
use super::plan_file::{Deed, PlanFile, ResourceChange};

/// Which cluster is judged, and what of a plan counts as its own.
pub struct Target<'t> {
    /// The cluster.
    pub cluster: &'t ClusterPlace,
    /// Whether Kubernetes objects whose cluster cannot be told are taken to be in it.
    pub owns_kubernetes: bool,
}

/// What a plan does to one cluster.
#[derive(Clone, Debug, Default)]
pub struct PlannedChanges {
    steps: Vec<Step>,
    /// Values that are decided during apply.
    pub unknown: Vec<UnknownValue>,
    /// What a reader should know beside the changes.
    pub notes: Vec<String>,
    /// The cluster is deleted or replaced by this change.
    pub destroyed_by: Option<String>,
    /// Addresses of the changes that were counted.
    pub counted: Vec<String>,
    /// Something that was counted is not deleted, so this is no configuration that goes.
    pub keeps: bool,
    /// Addresses of changes of which it cannot be told whether they are of this cluster.
    pub unplaced: Vec<String>,
    /// Roles and users, by ARN, that the plan deletes.
    pub deleted_principals: BTreeSet<String>,
    /// Addresses of access entries of ours that are made.
    made_entries: BTreeSet<String>,
    /// The access of those, after everything else: nobody comes as them any more.
    access_of_deleted: Vec<ClusterChange>,
}

/// A value that is decided during apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownValue {
    /// Whose.
    pub address: String,
    /// Which.
    pub value: String,
    /// Whether somebody may lose something by it.
    pub decides: bool,
}

#[derive(Clone, Debug)]
struct Step {
    address: String,
    change: ClusterChange,
    order: Order,
    /// What is removed is made again by the same resource, which first has to be able to.
    is_remade: bool,
    /// What it removes or makes, where only one of it can be there.
    object: Option<String>,
    /// What is removed was there before it was adopted, so what others hold of it stays.
    may_stay: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Removal,
    Addition,
    /// A policy goes to an entry that is there.
    Association,
    LateRemoval,
}

impl PlannedChanges {
    /// The changes in the order in which they count.
    pub fn changes(&self) -> Vec<ClusterChange> {
        let mut steps: Vec<(Order, &Step)> = self
            .steps
            .iter()
            .map(|step| (self.order(step), step))
            .collect();
        steps.sort_by_key(|(order, _)| *order);
        let mut changes = aws_auth_entry::handed_over(steps.iter().map(|(_, step)| &step.change));
        changes.extend(self.access_of_deleted.iter().cloned());
        changes
    }

    /// Entries of ours that go: before the cluster itself, where that goes too.
    pub fn removals_of_ours(&self) -> Vec<ClusterChange> {
        let is_removal = |change: &&ClusterChange| {
            matches!(change, ClusterChange::AwsAuth(AwsAuthChange::Remove(_)))
        };
        let changes = self.steps.iter().map(|step| &step.change);
        changes.filter(is_removal).cloned().collect()
    }

    /// What is gone while objects that are replaced are made again; empty where none is.
    pub fn gap(&self) -> Vec<ClusterChange> {
        let remade = self.steps.iter().filter(|step| step.is_remade);
        remade.map(|step| step.change.clone()).collect()
    }

    /// The addresses whose objects are made again.
    pub fn remade(&self) -> Vec<&str> {
        let remade = self.steps.iter().filter(|step| step.is_remade);
        remade.map(|step| step.address.as_str()).collect()
    }

    /// The same where all of what was adopted stays as it is; `None` where nothing of the kind goes.
    pub fn with_adopted_left(&self) -> Option<Self> {
        let mut left = self.clone();
        left.steps.retain(|step| !step.may_stay);
        (left.steps.len() < self.steps.len()).then_some(left)
    }

    /// The addresses whose objects go, unless others hold them.
    pub fn adopted(&self) -> BTreeSet<&str> {
        let adopted = self.steps.iter().filter(|step| step.may_stay);
        adopted.map(|step| step.address.as_str()).collect()
    }

    /// Access entries of ours as they are made, where another resource associates policies with them: that comes after the guard has judged the entry.
    pub fn entries_without_their_policies(&self) -> Vec<ClusterChange> {
        let awaiting = self.awaiting_policies();
        let is_own = |step: &&Step| awaiting.contains(&step.address.as_str());
        let own = self.steps.iter().filter(is_own);
        let mut made: Vec<&Step> = own.filter(|step| step.order != Order::Removal).collect();
        // A policy needs its entry.
        made.sort_by_key(|step| step.order);
        made.into_iter().map(|step| step.change.clone()).collect()
    }

    /// The addresses of those.
    pub fn awaiting_policies(&self) -> Vec<&str> {
        let is_associated = |step: &Step| {
            let principal = made_entry(&step.change);
            self.steps.iter().any(|other| {
                other.address != step.address
                    && associated_principal(&other.change).is_some()
                    && associated_principal(&other.change) == principal
            })
        };
        let made = self
            .steps
            .iter()
            .filter(|step| self.made_entries.contains(&step.address));
        made.filter(|step| made_entry(&step.change).is_some() && is_associated(step))
            .map(|step| step.address.as_str())
            .collect()
    }

    /// Whether something is done to what Kubernetes keeps beside aws-auth.
    pub fn changes_rbac(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step.change, ClusterChange::Rbac(_)))
    }

    fn order(&self, step: &Step) -> Order {
        let is_made_elsewhere = || {
            self.steps.iter().any(|other| {
                other.order > Order::Removal
                    && other.order < Order::LateRemoval
                    && other.address != step.address
                    && other.object == step.object
            })
        };
        let may_be_late = step.order == Order::Removal && !step.is_remade && step.object.is_some();
        if may_be_late && is_made_elsewhere() {
            return Order::LateRemoval;
        }
        step.order
    }
}

fn made_entry(change: &ClusterChange) -> Option<Principal> {
    match change {
        ClusterChange::AccessEntry(AccessEntryChange::Put(entry)) => {
            Some(Principal::from_arn(&entry.principal_arn))
        }
        _ => None,
    }
}

fn associated_principal(change: &ClusterChange) -> Option<Principal> {
    match change {
        ClusterChange::AccessEntry(AccessEntryChange::Associate { principal_arn, .. }) => {
            Some(Principal::from_arn(principal_arn))
        }
        _ => None,
    }
}

/// What `plan` does to the cluster that is in state `before`.
pub fn planned(plan: &PlanFile, before: &ClusterState, target: &Target<'_>) -> PlannedChanges {
    let mut collector = Collector {
        plan,
        before,
        target,
        places: Places::new(plan, target.cluster),
        found: PlannedChanges::default(),
    };
    for resource in &plan.resource_changes {
        match resource.deed() {
            Some(deed) => collector.collect(resource, deed),
            None => collector.found.keeps |= collector.keeps(resource),
        }
    }
    collector.collect_access_of_deleted();
    collector.found
}

/// Takes one change after another in.
struct Collector<'p> {
    plan: &'p PlanFile,
    before: &'p ClusterState,
    target: &'p Target<'p>,
    places: Places<'p>,
    found: PlannedChanges,
}

/// One change of an object that is in the cluster before it, after it, or both.
#[derive(Clone, Copy)]
struct Occurrence<'p> {
    resource: &'p ResourceChange,
    deed: Deed,
    /// It was there, and this change may take it away.
    is_before: bool,
    /// It will be there.
    is_after: bool,
}

impl Occurrence<'_> {
    /// Whether it is taken away and made again by one resource in this cluster, in this order.
    fn is_remade(&self) -> bool {
        self.deed == Deed::DeleteThenCreate && self.is_before && self.is_after
    }

    /// Whether it stays, with what changes of it.
    fn is_kept(&self) -> bool {
        self.deed == Deed::Update && self.is_before && self.is_after
    }
}

impl<'p> Collector<'p> {
    /// Whether a resource to which nothing happens has entries of aws-auth in the cluster: what stays makes it no configuration that goes.
    fn keeps(&self, resource: &ResourceChange) -> bool {
        let is_ours = resource.kind.starts_with("eksauth_aws_auth");
        is_ours && resource.mode != "data" && self.places.sides(resource).after == Within::Yes
    }

    fn collect(&mut self, resource: &'p ResourceChange, deed: Deed) {
        match resource.kind.as_str() {
            kind if deleted_principal::is_kind(kind) => self.collect_principal(resource, deed),
            kind if kubernetes_object::is_kind(kind) => self.collect_kubernetes(resource, deed),
            kind => {
                let collect: fn(&mut Self, Occurrence<'p>) = match kind {
                    "eksauth_aws_auth_role"
                    | "eksauth_aws_auth_user"
                    | "eksauth_aws_auth_account" => Self::collect_entry,
                    "eksauth_aws_auth" => Self::collect_map,
                    "eksauth_access_entry" | "aws_eks_access_entry" => Self::collect_access_entry,
                    "eksauth_access_policy_association" | "aws_eks_access_policy_association" => {
                        Self::collect_association
                    }
                    "eksauth_group_binding" => Self::collect_group_binding,
                    "aws_eks_cluster" => Self::collect_cluster,
                    "eksauth_authentication_mode" => Self::collect_authentication_mode,
                    "aws_eks_node_group" | "aws_eks_fargate_profile" => Self::collect_managed_nodes,
                    _ => return,
                };
                if deed == Deed::Forget {
                    // What leaves the state stays in the cluster.
                    return;
                }
                if let Some(occurrence) = self.occurrence(resource, deed) {
                    collect(self, occurrence);
                    self.found.counted.push(resource.address.clone());
                    self.found.keeps |= deed != Deed::Delete;
                }
            }
        }
    }

    /// The change as one of this cluster; `None` where it is of another one, or cannot be placed.
    fn occurrence(&mut self, resource: &'p ResourceChange, deed: Deed) -> Option<Occurrence<'p>> {
        let sides = self.places.sides(resource);
        if sides.before == Within::Unknown || sides.after == Within::Unknown {
            if deed == Deed::Create && resource.change.after("cluster_name").is_unknown() {
                self.unknown(resource, "cluster_name", false);
            } else {
                self.found.unplaced.push(resource.address.clone());
            }
            return None;
        }
        let occurrence = Occurrence {
            resource,
            deed,
            is_before: sides.before == Within::Yes && deed != Deed::Create,
            is_after: sides.after == Within::Yes,
        };
        (occurrence.is_before || occurrence.is_after).then_some(occurrence)
    }

    fn unknown(&mut self, resource: &ResourceChange, value: &str, decides: bool) {
        self.found.unknown.push(UnknownValue {
            address: resource.address.clone(),
            value: value.to_owned(),
            decides,
        });
    }

    fn step(&mut self, resource: &ResourceChange, order: Order, change: ClusterChange) {
        self.push(resource, order, change, None);
    }

    /// Something of ours that stands in aws-auth as long as the object does.
    fn put_into_aws_auth(&mut self, resource: &ResourceChange, change: ClusterChange) {
        self.push(resource, Order::Addition, change, Some(AWS_AUTH.to_owned()));
    }

    /// The same of something of which only one can be there.
    fn push(
        &mut self,
        resource: &ResourceChange,
        order: Order,
        change: ClusterChange,
        object: Option<String>,
    ) {
        self.found.steps.push(Step {
            address: resource.address.clone(),
            change,
            order,
            is_remade: false,
            object,
            may_stay: false,
        });
    }

    /// The last step takes away what others may hold.
    fn mark_may_stay(&mut self) {
        if let Some(step) = self.found.steps.last_mut() {
            step.may_stay = true;
        }
    }

    /// The last step is one whose object is made again.
    fn mark_remade(&mut self) {
        if let Some(step) = self.found.steps.last_mut() {
            step.is_remade = true;
        }
    }

    fn reading(&self) -> Option<&'p Reading> {
        match &self.before.view.aws_auth {
            Knowledge::Known(reading) => Some(reading),
            Knowledge::Unreadable(_) => None,
        }
    }
}
