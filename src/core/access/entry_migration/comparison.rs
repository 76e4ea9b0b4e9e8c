//! A principal before and after, by the rules that admit it: the same, or with differences that have names.

use crate::access::cluster_access::{Access, Grant};

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
            Self::Rights { before, after } => format!("it has {before} today, and would have {after}"),
        }
    }
}

/// In what two accesses differ. Whoever is not judged the same is told with a difference that cannot be accepted.
pub(super) fn differences(before: &Access, after: &Access) -> Vec<Difference> {
    let (Access::Granted(old), Access::Granted(new)) = (before, after) else {
        return match before == after {
            true => Vec::new(),
            false => vec![rights(before, after)],
        };
    };
    let mut found = Vec::new();
    let had_masters = old.groups.iter().any(|group| group == MASTERS);
    let is_admin = new
        .policies
        .iter()
        .any(|policy| policy.name() == ADMIN_POLICY && policy.namespaces.is_empty());
    if own_groups(old) != own_groups(new)
        || had_masters && !is_admin
        || old.policies.iter().any(|policy| !new.policies.contains(policy))
        // Nothing is given that nobody had.
        || !had_masters && new.policies.iter().any(|policy| !old.policies.contains(policy))
    {
        found.push(rights(before, after));
    }
    if old.username != new.username {
        found.push(Difference::UserName {
            before: old.username.clone(),
            after: new.username.clone(),
        });
    }
    if had_masters && is_admin {
        found.extend([Difference::Masters, Difference::Impersonation]);
    }
    found
}

/// The policy that stands for `system:masters`.
pub(super) const ADMIN_POLICY: &str = "AmazonEKSClusterAdminPolicy";

fn rights(before: &Access, after: &Access) -> Difference {
    use crate::access::cluster_access::describe;
    Difference::Rights {
        before: describe(before),
        after: describe(after),
    }
}

/// Groups without those that stand for nothing here: the one that a policy stands for, the one of everybody, and for nodes that of bootstrap tokens.
fn own_groups(grant: &Grant) -> Vec<&str> {
    let is_of_nodes = grant.groups.iter().any(|group| group == "system:nodes");
    let groups = grant.groups.iter().map(String::as_str);
    groups
        .filter(|group| !matches!(*group, "" | MASTERS | "system:authenticated"))
        .filter(|group| !(is_of_nodes && *group == "system:bootstrappers"))
        .collect()
}
