//! From aws-auth to access entries: what becomes of every entry, why one cannot move and what to do, and whether each principal has afterwards what it
//! had before.
//!
//! Nothing here is guessed: the ARN of a role has its path only where IAM says it, a role that IAM does not have moves nowhere, and what could not be
//! read is a reason to stay. An access entry hides the entry of aws-auth from the moment it exists, so an entry that gives something else is proposed
//! only with the difference named. Sources: EKS user guide, "Migrating existing aws-auth ConfigMap entries to access entries" and "Create access
//! entries"; the authenticator's order of precedence is that of [`cluster_access`](crate::access::cluster_access).

mod afterwards;
mod comparison;
mod configuration;
mod judgement;
mod names;
mod node_shape;
mod principals;
mod proposal;
mod removal;
mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use comparison::Difference;
pub use configuration::{EntryConfiguration, EntryConfigurationRequest, configuration};
pub use judgement::plan;
pub use principals::{IamAnswer, KnownPrincipals, looked_up};
pub use report::{report, rows};

use crate::access::access_entry::{
    AccessEntry, AuthenticationMode, Defaults, EntryPrincipal, EntryType,
};
use crate::access::access_policy::AccessPolicy;
use crate::access::cluster_access::{Access, Knowledge};
use crate::aws_auth::{Reading, Section};
use crate::principal::partition::Partition;

/// What a migration is judged on.
#[derive(Clone, Copy, Debug)]
pub struct MigrationFacts<'a> {
    /// aws-auth.
    pub aws_auth: &'a Reading,
    /// How the cluster decides now.
    pub mode: AuthenticationMode,
    /// The access entries with their policies; none in mode CONFIG_MAP.
    pub access_entries: &'a Knowledge<Vec<AccessEntry>>,
    /// The cluster's account.
    pub account: &'a str,
    /// The cluster's partition.
    pub partition: Partition,
    /// What IAM says of the principals.
    pub principals: &'a KnownPrincipals,
    /// The roles of managed node groups and Fargate profiles, by canonical ARN in lower case, with the type of the entry that EKS makes for each.
    pub managed: &'a Knowledge<BTreeMap<String, EntryType>>,
}

/// An entry of aws-auth, as the server reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldEntry {
    /// Its section.
    pub section: Section,
    /// Its place among all items of the section.
    pub index: usize,
    /// Its line in the section, from 1.
    pub line: usize,
    /// The ARN or account id; for an entry that names a permission set, its name.
    pub arn: String,
    /// The user name template.
    pub username: String,
    /// The groups.
    pub groups: Vec<String>,
}

impl OldEntry {
    /// `mapRoles[2]`
    pub fn place(&self) -> String {
        format!("{}[{}]", self.section, self.index)
    }
}

/// The access entry that an entry becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedEntry {
    /// The principal, with the path that IAM says.
    pub principal: EntryPrincipal,
    /// Its type.
    pub entry_type: EntryType,
    /// The user name; `None`: what EKS fills in.
    pub user_name: Option<String>,
    /// The groups, sorted and distinct.
    pub groups: Vec<String>,
    /// The policies.
    pub policies: Vec<AccessPolicy>,
}

impl ProposedEntry {
    /// The entry as it is in the cluster afterwards.
    pub fn as_entry(&self) -> AccessEntry {
        let filled_in = Defaults::for_type(self.entry_type.id(), &self.principal.arn);
        AccessEntry {
            principal_arn: self.principal.arn.clone(),
            kind: self.entry_type.id().to_owned(),
            username: self.user_name.clone().unwrap_or(filled_in.username),
            groups: match self.entry_type.takes_names() {
                true => self.groups.clone(),
                false => filled_in.groups,
            },
            policies: self.policies.clone(),
            created_at: None,
        }
    }
}

/// Why an entry stays, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// A stable word.
    pub id: &'static str,
    /// Why, in a sentence.
    pub why: String,
    /// What to do, in a sentence.
    pub what_to_do: String,
}

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// A new access entry.
    New(ProposedEntry),
    /// An access entry that exists and says the same.
    Existing(AccessEntry),
    /// An access entry that exists and says something else. It counts already and aws-auth does not, so nothing changes; what it gives less is told.
    ExistingOther(AccessEntry),
    /// An entry that EKS makes by itself when the mode is raised, or has made.
    MadeByEks(AccessEntry),
    /// Nothing: it lets nobody in today.
    Nothing {
        /// A stable word.
        id: &'static str,
        /// Why.
        why: String,
    },
    /// It cannot move.
    Stays(Obstacle),
}

impl Becomes {
    /// The access entry as it is in the cluster afterwards; `None` where there is none.
    pub fn access_entry(&self) -> Option<AccessEntry> {
        match self {
            Self::New(proposed) => Some(proposed.as_entry()),
            Self::Existing(entry) | Self::ExistingOther(entry) | Self::MadeByEks(entry) => {
                Some(entry.clone())
            }
            Self::Nothing { .. } | Self::Stays(_) => None,
        }
    }
}

/// An entry, what becomes of it, and its principal before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigratedEntry {
    /// The entry of aws-auth.
    pub old: OldEntry,
    /// What becomes of it.
    pub becomes: Becomes,
    /// What the principal gets today; `None` for what names none.
    pub before: Option<Access>,
    /// What it gets with the access entries, without those of aws-auth that move.
    pub after: Option<Access>,
    /// In what the access entry differs from what aws-auth alone gives; each is to be accepted by its name. Of one that exists only what it gives less.
    pub differences: Vec<Difference>,
    /// What is good to know.
    pub notes: Vec<String>,
}

impl MigratedEntry {
    /// The stable word.
    pub fn state(&self) -> &'static str {
        match &self.becomes {
            Becomes::New(_) => "new",
            Becomes::Existing(_) => "exists",
            Becomes::ExistingOther(_) => "exists_other",
            Becomes::MadeByEks(_) => "made_by_eks",
            Becomes::Nothing { .. } => "nothing",
            Becomes::Stays(_) => "stays",
        }
    }

    /// Whether it has a difference that was not accepted.
    pub fn is_unaccepted(&self, accepted: &[&str]) -> bool {
        self.unaccepted(accepted).next().is_some()
    }

    /// The differences that were not accepted.
    pub fn unaccepted<'a>(
        &'a self,
        accepted: &'a [&str],
    ) -> impl Iterator<Item = &'a Difference> + 'a {
        let is_open = |difference: &&Difference| !accepted.contains(&difference.id());
        self.differences.iter().filter(is_open)
    }

    /// Whether the entry may be taken out of aws-auth once the access entries exist: whoever comes by it has what it had, or nobody does.
    pub fn may_leave_aws_auth(&self, accepted: &[&str]) -> bool {
        match &self.becomes {
            Becomes::Stays(_) => false,
            Becomes::New(_) | Becomes::Existing(_) | Becomes::ExistingOther(_) => {
                !self.is_unaccepted(accepted)
            }
            Becomes::MadeByEks(_) | Becomes::Nothing { .. } => true,
        }
    }
}

/// What becomes of aws-auth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryMigration {
    /// The mode now.
    pub mode: AuthenticationMode,
    /// Every entry, in the order of aws-auth.
    pub entries: Vec<MigratedEntry>,
    /// What could not be read, or what the server cannot read, and what follows from it.
    pub unread: Vec<String>,
}

impl EntryMigration {
    /// Whether every entry has an access entry already that gives no less, or lets nobody in.
    pub fn is_done(&self) -> bool {
        let gives_less = |entry: &MigratedEntry| {
            let mut differences = entry.differences.iter();
            differences.any(|difference| matches!(difference, Difference::Rights { .. }))
        };
        let is_left = |entry: &MigratedEntry| match &entry.becomes {
            Becomes::New(_) | Becomes::Stays(_) => true,
            Becomes::MadeByEks(_) => self.mode == AuthenticationMode::ConfigMap,
            Becomes::Existing(_) | Becomes::ExistingOther(_) => gives_less(entry),
            Becomes::Nothing { .. } => false,
        };
        self.unread.is_empty() && !self.entries.iter().any(is_left)
    }

    /// Whether every entry can move with the differences that were accepted.
    pub fn moves_whole(&self, accepted: &[&str]) -> bool {
        self.unread.is_empty()
            && self
                .entries
                .iter()
                .all(|entry| entry.may_leave_aws_auth(accepted))
    }

    /// Whether something stays because it could not be read.
    pub fn is_uncertain(&self) -> bool {
        let is_unread = |entry: &MigratedEntry| matches!(&entry.becomes, Becomes::Stays(obstacle) if obstacle.id == "not_read");
        !self.unread.is_empty() || self.entries.iter().any(is_unread)
    }
}
