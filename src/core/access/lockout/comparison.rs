//! One principal before and after a change.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::listed_entries::ListedEntries;
use crate::access::access_policy::AccessPolicy;
use crate::access::cluster_access::{Access, Grant, Index, Principal};
use crate::principal::case_folding::fold_key;

/// What a change does to the access of a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessChange {
    /// It had access and has none.
    Loses,
    /// It has less or something else.
    Changes,
    /// It had none and has access.
    Gains,
    /// Something could not be read.
    Unknown,
    /// As before.
    Same,
}

impl AccessChange {
    /// The word in output for programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::Loses => "loses",
            Self::Changes => "changes",
            Self::Gains => "gains",
            Self::Unknown => "unknown",
            Self::Same => "same",
        }
    }
}

/// One principal before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Who.
    pub principal: Principal,
    /// Before the change.
    pub before: Access,
    /// After it.
    pub after: Access,
    /// What the change does.
    pub change: AccessChange,
}

impl Comparison {
    fn new(principal: Principal, before: Access, after: Access) -> Self {
        Self {
            change: change_between(&before, &after),
            principal,
            before,
            after,
        }
    }

    /// Whether a group, a policy, a name or the access itself goes; what is random counts at its best before and at its worst after.
    pub(super) fn takes_away(&self) -> bool {
        let (before, after) = (outcomes(&self.before), outcomes(&self.after));
        let takes_rights = || {
            before
                .iter()
                .any(|old| after.iter().any(|new| takes_rights(old, new)))
        };
        match self.change {
            AccessChange::Loses => true,
            AccessChange::Changes => takes_rights() || names(&self.before) != names(&self.after),
            AccessChange::Unknown => self.leaves_unknown(),
            AccessChange::Gains | AccessChange::Same => false,
        }
    }

    /// Whether what is known of it goes, and what is left could not be read: nobody can say that anything is.
    pub(super) fn leaves_unknown(&self) -> bool {
        !outcomes(&self.before).is_empty() && matches!(self.after, Access::Unknown(_))
    }
}

/// A placeholder that has a value for instances alone.
const OF_INSTANCES: &str = "{{EC2PrivateDNSName}}";

/// How two outcomes of an access are set against each other.
pub(super) trait Weigh {
    /// Whether an outcome gives what is asked about.
    fn has(&self, outcome: &Grant) -> bool;

    /// Whether an outcome gives less of it than another one gave.
    fn is_less(&self, old: &Grant, new: &Grant) -> bool;
}

impl Comparison {
    /// Whether something that could come before cannot come any more, or something less may come of it than could come before. Where an access is not
    /// random that is whether the new one is less than the old one; the same outcome is never less.
    pub(super) fn is_worse_by(&self, weigh: &impl Weigh) -> bool {
        let (could, after) = (outcomes(&self.before), outcomes(&self.after));
        let (before, refused): (Vec<&Grant>, Vec<&Grant>) =
            could.iter().partition(|grant| self.admits(grant));
        let is_less =
            |old: &Grant, new: &Grant| !old.allows_the_same(new) && weigh.is_less(old, new);
        let is_gone = |old: &Grant| after.iter().all(|new| is_less(old, new));
        let is_new = |new: &Grant| {
            (refused.is_empty() || self.admits(new)) && before.iter().all(|old| is_less(old, new))
        };
        before.iter().any(|old| {
            weigh.has(old)
                && (is_gone(old) || after.iter().any(|new| is_less(old, new) && is_new(new)))
        })
    }

    /// No user has the name of an instance: the server refuses it.
    fn admits(&self, grant: &Grant) -> bool {
        !(self.principal.arn.contains(":user/") && is_of_instances(grant))
    }
}

/// What an access may turn out to be; empty where there is none, or it could not be read.
pub(super) fn outcomes(access: &Access) -> &[Grant] {
    match access {
        Access::Granted(grant) => std::slice::from_ref(grant),
        Access::Random(grants) => grants,
        Access::None | Access::Unknown(_) => &[],
    }
}

/// Whether the server can render a grant for instances alone, and refuses everybody else: a placeholder in its name or in one of its groups.
pub(super) fn is_of_instances(grant: &Grant) -> bool {
    let mut templates = grant.groups.iter().chain([&grant.username]);
    templates.any(|template| template.contains(OF_INSTANCES))
}

/// Whether a group or a policy of one outcome is not in another one, or only instances come by the other one.
pub(super) fn takes_rights(old: &Grant, new: &Grant) -> bool {
    let is_covered = |policy: &AccessPolicy| new.policies.iter().any(|other| covers(other, policy));
    old.groups
        .iter()
        .any(|group| !new.groups.contains(group) && !is_spare(group, new))
        || !old.policies.iter().all(is_covered)
        || is_of_instances(new) && !is_of_instances(old)
}

fn names(access: &Access) -> BTreeSet<&str> {
    outcomes(access)
        .iter()
        .map(|grant| grant.username.as_str())
        .collect()
}

/// Nodes that come by their name and group have no use for the group of bootstrap tokens; EKS's access entries leave it out.
fn is_spare(group: &str, new: &Grant) -> bool {
    group == "system:bootstrappers"
        && new.username.starts_with("system:node:")
        && new.groups.iter().any(|group| group == "system:nodes")
}

/// Whether two grants differ by nothing but a group that nodes have no use for. The migration to access entries says the same of them.
fn give_nodes_the_same(old: &Grant, new: &Grant) -> bool {
    let is_covered = |groups: &[String], other: &Grant| {
        let mut groups = groups.iter();
        groups.all(|group| other.groups.contains(group) || is_spare(group, other))
    };
    old.username == new.username
        && old.policies == new.policies
        && is_covered(&old.groups, new)
        && is_covered(&new.groups, old)
}

/// Whether a policy gives what another one gave, in as many namespaces.
fn covers(new: &AccessPolicy, old: &AccessPolicy) -> bool {
    new.policy_arn == old.policy_arn
        && (new.namespaces.is_empty()
            || !old.namespaces.is_empty()
                && old
                    .namespaces
                    .iter()
                    .all(|namespace| new.namespaces.contains(namespace)))
}

/// One principal with what could not be read of it.
pub(super) struct Judged {
    /// As it is shown: unknown where its access entry could not be read.
    pub(super) shown: Comparison,
    /// By what was read alone.
    pub(super) by_what_was_read: Comparison,
}

impl Judged {
    /// Why the comparison is not certain.
    pub(super) fn unread(&self) -> Option<String> {
        match (&self.shown.before, &self.shown.after) {
            (Access::Unknown(reasons), _) | (_, Access::Unknown(reasons)) => {
                Some(reasons.join("; "))
            }
            _ => None,
        }
    }
}

/// Of whom the access entries were read.
#[derive(Clone, Debug, Default)]
pub(super) struct EntriesRead {
    /// Why not of everybody; `None`: of everybody.
    pub(super) reason: Option<String>,
    /// Keys of those whose own entry was asked for.
    pub(super) of: BTreeSet<String>,
    /// Who has one at all, where that is known.
    pub(super) listed: Option<Arc<ListedEntries>>,
    /// Whether they are the same before and after.
    pub(super) are_same: bool,
}

impl EntriesRead {
    /// Why it is not known whether a principal has an access entry, or what is in it.
    pub(super) fn unread(&self, canonical_arn: &str) -> Option<&String> {
        let is_known = self.of.contains(&fold_key(canonical_arn))
            || self
                .listed
                .as_ref()
                .is_some_and(|listed| !listed.has(canonical_arn));
        self.reason.as_ref().filter(|_| !is_known)
    }

    /// Whether an entry that stays as it is hides all else of a principal.
    fn hides(&self, canonical_arn: &str) -> bool {
        self.are_same
            && self
                .listed
                .as_ref()
                .is_some_and(|listed| listed.has(canonical_arn))
    }
}

/// Two states of a cluster, arranged for one question per principal.
pub(super) struct States<'v> {
    pub(super) before: Index<'v>,
    pub(super) after: Index<'v>,
    pub(super) entries: EntriesRead,
}

impl States<'_> {
    /// Every principal, the gravest change first.
    pub(super) fn compare_all(&self, principals: BTreeSet<Principal>) -> Vec<Judged> {
        let compared = principals
            .into_iter()
            .map(|principal| self.compare(principal));
        let mut judged: Vec<Judged> = compared.collect();
        judged.sort_by_key(|judged| judged.shown.change);
        judged
    }

    fn compare(&self, principal: Principal) -> Judged {
        let access_in =
            |state: &Index<'_>| state.access_of(&principal.arn, &principal.account).access;
        let (before, after) = (access_in(&self.before), access_in(&self.after));
        let by_what_was_read = Comparison::new(principal, before, after);
        let Some(reason) = self.entries.unread(&by_what_was_read.principal.arn) else {
            return Judged {
                shown: by_what_was_read.clone(),
                by_what_was_read,
            };
        };
        let unknown = || Access::Unknown(vec![reason.clone()]);
        let mut shown = Comparison::new(by_what_was_read.principal.clone(), unknown(), unknown());
        // One that is older than its role hides nothing, so what is taken below it is looked at.
        if self.entries.hides(&shown.principal.arn) && !by_what_was_read.takes_away() {
            shown.change = AccessChange::Same;
            return Judged {
                by_what_was_read: shown.clone(),
                shown,
            };
        }
        // Whatever the entry is, it is the same before and after, and so is what it may hide.
        if self.entries.are_same && by_what_was_read.change == AccessChange::Same {
            shown.change = AccessChange::Same;
        }
        Judged {
            shown,
            by_what_was_read,
        }
    }
}

fn change_between(before: &Access, after: &Access) -> AccessChange {
    match (before, after) {
        (Access::Unknown(_), _) | (_, Access::Unknown(_)) => AccessChange::Unknown,
        (Access::None, Access::None) => AccessChange::Same,
        (Access::None, _) => AccessChange::Gains,
        (_, Access::None) => AccessChange::Loses,
        (Access::Granted(old), Access::Granted(new))
            if old.allows_the_same(new) || give_nodes_the_same(old, new) =>
        {
            AccessChange::Same
        }
        (Access::Random(old), Access::Random(new)) if allow_the_same(old, new) => {
            AccessChange::Same
        }
        _ => AccessChange::Changes,
    }
}

/// The places of the entries do not count: they move when something else goes.
fn allow_the_same(old: &[Grant], new: &[Grant]) -> bool {
    old.len() == new.len()
        && old
            .iter()
            .zip(new)
            .all(|(old, new)| old.allows_the_same(new))
}
