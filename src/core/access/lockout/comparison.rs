//! One principal before and after a change.

use std::collections::BTreeSet;

use crate::access::cluster_access::{Access, Grant, Index, Principal};

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

/// Two states of a cluster, arranged for one question per principal.
pub(super) struct States<'v> {
    pub(super) before: Index<'v>,
    pub(super) after: Index<'v>,
}

impl States<'_> {
    /// Every principal, the gravest change first.
    pub(super) fn compare_all(&self, principals: BTreeSet<Principal>) -> Vec<Comparison> {
        let compared = principals
            .into_iter()
            .map(|principal| self.compare(principal));
        let mut comparisons: Vec<Comparison> = compared.collect();
        comparisons.sort_by_key(|comparison| comparison.change);
        comparisons
    }

    pub(super) fn compare(&self, principal: Principal) -> Comparison {
        let access_in =
            |state: &Index<'_>| state.access_of(&principal.arn, &principal.account).access;
        let (before, after) = (access_in(&self.before), access_in(&self.after));
        let change = change_between(&before, &after);
        Comparison {
            principal,
            before,
            after,
            change,
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
