//! From IRSA to EKS Pod Identity: the association that each annotated service account gets, the statement that its role needs, and how far it is.
//!
//! Two phases, with both trusts alive in between. Phase 1 adds statement and association beside the annotation and the role's trust in tokens. Phase 2 takes
//! the annotation away once the role lets Pod Identity in, and the account out of the trust in tokens once no pod is left that came by it. A pod keeps the
//! way that it was made with, and EKS sets up pods that are made after the association for Pod Identity alone.
//!
//! What surprises: an association without an agent on the node leaves new pods without credentials, so where pods run is judged too, and what could not be
//! read is a reason to stay. Sources: EKS user guide, "EKS Pod Identity restrictions", "Set up the Amazon EKS Pod Identity Agent" and "Use pod identity with
//! the AWS SDK".

use crate::access::cluster_access::Knowledge;
pub use crate::legacy_pod_role::inventory::NamespacedName;

mod configuration;
mod facts;
mod judgement;
mod left_out;
mod obstacles;
mod pods;
mod report;
#[cfg(test)]
mod tests;
mod trust;

pub use crate::hcl::held::{Held, HeldBlock, HeldError};
pub use crate::hcl::role_settings::RoleSettings;
pub use configuration::{
    PodIdentityConfiguration, PodIdentityConfigurationRequest, configuration, printed_roles,
};
pub use facts::{
    AccountFacts, Annotation, Association, AssociationAnswer, ByToken, ClusterFacts, RoleAnswer,
};
pub use judgement::plan;
pub use left_out::left_out;
pub use pods::PodSurvey;
pub use report::{report, rows};

/// What a migration is judged on.
#[derive(Clone, Copy, Debug)]
pub struct MigrationFacts<'a> {
    /// The cluster.
    pub cluster: &'a ClusterFacts,
    /// Its service accounts that have an annotation or an association.
    pub accounts: &'a [AccountFacts],
    /// Its pods and nodes.
    pub pods: &'a Knowledge<PodSurvey>,
    /// What else could not be read, one sentence each.
    pub unread: &'a [String],
}

/// How far a configuration goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Pod Identity beside IRSA.
    Both,
    /// Without IRSA, wherever nothing needs it any more.
    PodIdentityOnly,
}

/// Why an account stays as it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// A stable word.
    pub id: &'static str,
    /// Why, in a sentence without its full stop.
    pub why: String,
    /// What to do, in a sentence.
    pub what_to_do: String,
}

impl Obstacle {
    /// Whether it is that something could not be found out.
    pub fn is_uncertain(&self) -> bool {
        matches!(self.id, "not_read" | "not_judged")
    }
}

/// What becomes of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// An association is to be made.
    New,
    /// The association is there, and something of IRSA still is.
    Both,
    /// It has its role by Pod Identity alone.
    Done,
    /// It stays as it is.
    Stays(Obstacle),
}

/// What of IRSA can go in phase 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MayGo {
    /// The annotation.
    pub annotation: bool,
    /// The account's name in the role's trust in tokens.
    pub trust: bool,
}

/// An account, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigratedAccount {
    /// The account.
    pub account: NamespacedName,
    /// Its role: that of the annotation, else that of the association; `None` for an association that could not be read.
    pub role_arn: Option<String>,
    /// What becomes of it.
    pub becomes: Becomes,
    /// The annotation, where it has one.
    pub annotation: Option<Annotation>,
    /// The association, where it has one that was read.
    pub association: Option<Association>,
    /// The trust policy of its role, where that was read.
    pub trust_policy: Option<String>,
    /// The statement that the trust policy lacks, as JSON; `None` where Pod Identity is let in already, and for what stays.
    pub trust_statement: Option<String>,
    /// What of IRSA can go.
    pub may_go: MayGo,
    /// What keeps the rest of IRSA, one sentence each without a full stop.
    pub waiting: Vec<String>,
    /// What is good to know, in the same way.
    pub notes: Vec<String>,
}

impl MigratedAccount {
    /// The stable word.
    pub fn state(&self) -> &'static str {
        match self.becomes {
            Becomes::New => "new",
            Becomes::Both => "both",
            Becomes::Done => "done",
            Becomes::Stays(_) => "stays",
        }
    }

    /// Why it stays, if it does.
    pub fn obstacle(&self) -> Option<&Obstacle> {
        match &self.becomes {
            Becomes::Stays(obstacle) => Some(obstacle),
            _ => None,
        }
    }

    /// `apps/reader`
    pub fn name(&self) -> String {
        format!("{}/{}", self.account.namespace, self.account.name)
    }
}

/// How far everything is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodIdentityMigration {
    /// The cluster.
    pub cluster: ClusterFacts,
    /// The accounts by namespace and name.
    pub accounts: Vec<MigratedAccount>,
    /// What could not be read, one sentence each.
    pub unread: Vec<String>,
}

impl PodIdentityMigration {
    /// Whether no account has anything of IRSA any more.
    pub fn is_done(&self) -> bool {
        self.unread.is_empty() && self.left().next().is_none()
    }

    /// The accounts that are not done.
    pub fn left(&self) -> impl Iterator<Item = &MigratedAccount> {
        let is_left = |account: &&MigratedAccount| account.becomes != Becomes::Done;
        self.accounts.iter().filter(is_left)
    }

    /// Whether something that decides could not be found out.
    pub fn is_uncertain(&self) -> bool {
        let is_unread =
            |account: &MigratedAccount| account.obstacle().is_some_and(Obstacle::is_uncertain);
        !self.unread.is_empty() || self.accounts.iter().any(is_unread)
    }

    /// Whether a file of phase 1 may have been applied already.
    pub fn has_begun(&self) -> bool {
        let is_both = |account: &MigratedAccount| account.becomes == Becomes::Both;
        self.accounts.iter().any(is_both)
    }
}
