//! One principal before and after a change.

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

pub(super) fn compare(principal: Principal, before: &Index<'_>, after: &Index<'_>) -> Comparison {
    let before = before.standing(&principal.arn, &principal.account).access;
    let after = after.standing(&principal.arn, &principal.account).access;
    let change = match (&before, &after) {
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
    };
    Comparison {
        principal,
        before,
        after,
        change,
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
