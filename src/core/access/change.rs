//! One change of who may enter a cluster and of what they may do there, whoever makes it, and the state that a list of changes leads to.
//!
//! `check-plan` makes them from a finished plan; any other way to change access can be written in the same words. What the two states mean for
//! people is for [`lockout`](super::lockout) to say.

mod access_entries;
mod aws_auth;
mod rbac;

use std::collections::BTreeMap;

pub use rbac::{Described, UnderOneRbac, show_real_names};

use crate::access::access_entry::{AccessEntry, AuthenticationMode};
use crate::access::access_policy::AccessPolicy;
use crate::access::cluster_access::{ClusterView, Knowledge};
use crate::aws_auth::{Entry, Reading, Section};
use crate::kubernetes::rbac::{Binding, RbacObjects, Role};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterChange {
    /// Of aws-auth.
    AwsAuth(AwsAuthChange),
    /// Of an access entry or its policies.
    AccessEntry(AccessEntryChange),
    /// Of the authentication mode.
    Mode(AuthenticationMode),
    /// Of a role or binding.
    Rbac(RbacChange),
    /// The last managed node group or Fargate profile of a role goes, and EKS takes away what it made for the role.
    ManagedRoleReleased {
        /// The role, as the group or profile names it.
        role_arn: String,
    },
}

/// A change of aws-auth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsAuthChange {
    /// An entry is to be there.
    Put(PutEntry),
    /// An entry is to go; of several for one principal those that say the same.
    Remove(Entry),
    /// Sections get other texts; no text, no section. Those that are not named stay.
    ReplaceSections(BTreeMap<Section, Option<String>>),
    /// The whole object goes.
    Delete,
}

/// An entry that is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutEntry {
    /// What it says.
    pub entry: Entry,
    /// What it said before, where it was there.
    pub prior: Option<Entry>,
    /// Whether another entry of the principal is overwritten; if not, nothing is written where there is one.
    pub overwrites: bool,
}

/// A change of access entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessEntryChange {
    /// An entry is to be there; it keeps the policies that it has.
    Put(AccessEntry),
    /// An entry goes, with its policies.
    Remove {
        /// Whose.
        principal_arn: String,
    },
    /// A policy is to be associated, in place of the same one with another scope.
    Associate {
        /// With whose entry.
        principal_arn: String,
        /// The policy.
        policy: AccessPolicy,
    },
    /// A policy goes.
    Disassociate {
        /// From whose entry.
        principal_arn: String,
        /// The policy.
        policy_arn: String,
    },
}

/// A change of RBAC, as far as it decides what users and groups may do with aws-auth or with everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RbacChange {
    /// A binding is made.
    PutBinding(RbacScope, Binding),
    /// A binding goes: one that says the same, since nothing else of it matters.
    RemoveBinding(RbacScope, Binding),
    /// A role is made or says something else.
    PutRole(RbacScope, Role),
    /// The role of a name goes.
    RemoveRole(RbacScope, String),
}

/// Where a role or binding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RbacScope {
    /// ClusterRole, ClusterRoleBinding.
    Cluster,
    /// Role and RoleBinding in kube-system, where aws-auth is.
    KubeSystem,
}

/// What decides who may enter a cluster and what they may do there, at one moment.
#[derive(Clone, Debug)]
pub struct ClusterState {
    /// Who enters.
    pub view: ClusterView,
    /// What they may do; `None` where RBAC was not read.
    pub rbac: Option<RbacObjects>,
}

impl ClusterState {
    /// The state after changes, one after another.
    pub fn after<'c>(&self, changes: impl IntoIterator<Item = &'c ClusterChange>) -> Self {
        let mut state = self.clone();
        for change in changes {
            state.apply(change);
        }
        state
    }

    /// Bindings that changes remove one after another and that are not there: what goes instead of them is not known.
    pub fn unfound<'c>(
        &self,
        changes: impl IntoIterator<Item = &'c ClusterChange>,
    ) -> Vec<&'c Binding> {
        let mut state = self.clone();
        let mut unfound = Vec::new();
        for change in changes {
            if let (ClusterChange::Rbac(change), Some(objects)) = (change, &state.rbac)
                && let RbacChange::RemoveBinding(_, binding) = change
                && !rbac::finds(objects, change)
            {
                unfound.push(binding);
            }
            state.apply(change);
        }
        unfound
    }

    /// What was not read stays so.
    fn apply(&mut self, change: &ClusterChange) {
        match change {
            ClusterChange::AwsAuth(change) => {
                if let Some(reading) = self.reading() {
                    aws_auth::apply(reading, change);
                }
            }
            ClusterChange::AccessEntry(change) => {
                if let Knowledge::Known(entries) = &mut self.view.access_entries {
                    access_entries::apply(entries, change);
                }
            }
            ClusterChange::Mode(mode) => self.view.mode = *mode,
            ClusterChange::Rbac(change) => {
                if let Some(objects) = &mut self.rbac {
                    rbac::apply(objects, change);
                }
            }
            ClusterChange::ManagedRoleReleased { role_arn } => self.release(role_arn),
        }
    }

    fn reading(&mut self) -> Option<&mut Reading> {
        match &mut self.view.aws_auth {
            Knowledge::Known(reading) => Some(reading),
            Knowledge::Unreadable(_) => None,
        }
    }

    /// The access entry of the role goes, and what aws-auth has for nodes under its ARN, wherever they count.
    fn release(&mut self, role_arn: &str) {
        let mode = self.view.mode;
        if let Knowledge::Known(entries) = &mut self.view.access_entries
            && mode.reads_access_entries()
        {
            access_entries::release(entries, role_arn);
        }
        if let Some(reading) = self.reading()
            && mode.reads_config_map()
        {
            aws_auth::release(reading, role_arn);
        }
    }
}

#[cfg(test)]
mod tests;
