//! A principal before and after, by the rules that admit it: the same, or with differences that have names.

use std::collections::BTreeSet;

use crate::access::access_policy::AccessPolicy;
use crate::access::cluster_access::{Access, Grant, describe};

use super::names::MASTERS;

/// A difference that cannot be had away, so that somebody has to accept it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// EKS does not take the user name.
    UserName {
        /// Today's.
        before: String,
        /// What it becomes.
        after: String,
    },
    /// A policy in place of `system:masters`, which passes every authorizer.
    Masters,
    /// A policy counts for the principal itself, never for somebody who impersonates its user.
    Impersonation,
    /// The rules find another difference.
    Rights {
        /// Today.
        before: String,
        /// Afterwards.
        after: String,
    },
}

impl Difference {
    /// The names that can be accepted.
    pub const ACCEPTABLE: [&'static str; 3] = ["user-name", "masters", "impersonation"];

    /// The stable name.
    pub fn id(&self) -> &'static str {
        match self {
            Self::UserName { .. } => "user-name",
            Self::Masters => "masters",
            Self::Impersonation => "impersonation",
            Self::Rights { .. } => "rights",
        }
    }

    /// What it is.
    pub fn text(&self) -> String {
        match self {
            Self::UserName { before, after } => format!(
                "the user name changes from `{before}` to `{after}`: bindings of the old name do not count for it any more, and audit logs have the new one"
            ),
            Self::Masters => "AmazonEKSClusterAdminPolicy allows everything too, but is asked as an authorizer: `system:masters` passes all authorizers, \
                 and counts even where they are out of reach"
                .to_owned(),
            Self::Impersonation => "what the policy allows is not had by whoever impersonates the user, and `kubectl auth can-i --list` does not show it"
                .to_owned(),
            Self::Rights { before, after } => format!("aws-auth gives it {before}, the access entry {after}"),
        }
    }
}

/// In what two accesses differ. Whoever is not judged the same is told with a difference that cannot be accepted.
pub(super) fn differences(before: &Access, after: &Access) -> Vec<Difference> {
    compared(before, after, |old, new| {
        lacks(old, new) || exceeds(old, new)
    })
}

/// In what the later one is less; what it is more nobody loses.
pub(super) fn losses(before: &Access, after: &Access) -> Vec<Difference> {
    compared(before, after, lacks)
}

fn compared(
    before: &Access,
    after: &Access,
    has_other_rights: fn(&Grant, &Grant) -> bool,
) -> Vec<Difference> {
    let (Access::Granted(old), Access::Granted(new)) = (before, after) else {
        return match before == after {
            true => Vec::new(),
            false => vec![rights(before, after)],
        };
    };
    let mut found = Vec::new();
    if has_other_rights(old, new) {
        found.push(rights(before, after));
    }
    if old.username != new.username {
        found.push(Difference::UserName {
            before: old.username.clone(),
            after: new.username.clone(),
        });
    }
    if had_masters(old) && is_admin(new) {
        found.extend([Difference::Masters, Difference::Impersonation]);
    }
    found
}

fn lacks(old: &Grant, new: &Grant) -> bool {
    !own_groups(old).is_subset(&own_groups(new))
        || had_masters(old) && !is_admin(new)
        || old
            .policies
            .iter()
            .any(|policy| !new.policies.contains(policy))
}

/// Whether something is given that nobody had.
fn exceeds(old: &Grant, new: &Grant) -> bool {
    let is_new = |policy: &AccessPolicy| !old.policies.contains(policy);
    !own_groups(new).is_subset(&own_groups(old))
        || !had_masters(old) && new.policies.iter().any(is_new)
}

fn had_masters(grant: &Grant) -> bool {
    grant.groups.iter().any(|group| group == MASTERS)
}

fn is_admin(grant: &Grant) -> bool {
    let counts =
        |policy: &AccessPolicy| policy.name() == ADMIN_POLICY && policy.namespaces.is_empty();
    grant.policies.iter().any(counts)
}

/// The policy that stands for `system:masters`.
pub(super) const ADMIN_POLICY: &str = "AmazonEKSClusterAdminPolicy";

fn rights(before: &Access, after: &Access) -> Difference {
    Difference::Rights {
        before: describe(before),
        after: describe(after),
    }
}

/// Groups without those that stand for nothing here: the one that a policy stands for, the one of everybody, and for nodes that of bootstrap tokens.
fn own_groups(grant: &Grant) -> BTreeSet<&str> {
    let is_of_nodes = grant.groups.iter().any(|group| group == "system:nodes");
    let groups = grant.groups.iter().map(String::as_str);
    groups
        .filter(|group| !matches!(*group, "" | MASTERS | "system:authenticated"))
        .filter(|group| !(is_of_nodes && *group == "system:bootstrappers"))
        .collect()
}
