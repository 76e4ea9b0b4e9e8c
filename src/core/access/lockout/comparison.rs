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
        matches!(self.change, AccessChange::Loses | AccessChange::Changes)
            && (self.takes_rights() || names(&self.before) != names(&self.after))
    }

    /// The same without the name.
    pub(super) fn takes_rights(&self) -> bool {
        let (before, after) = (outcomes(&self.before), outcomes(&self.after));
        self.change == AccessChange::Loses
            || before.iter().any(|old| {
                after.iter().any(|new| {
                    old.groups.iter().any(|group| !new.groups.contains(group))
                        || old
                            .policies
                            .iter()
                            .any(|policy| !new.policies.iter().any(|other| covers(other, policy)))
                })
            })
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

fn names(access: &Access) -> BTreeSet<&str> {
    outcomes(access)
        .iter()
        .map(|grant| grant.username.as_str())
        .collect()
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
        if self.entries.hides(&shown.principal.arn) {
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
        (Access::Granted(old), Access::Granted(new)) if old.allows_the_same(new) => {
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
