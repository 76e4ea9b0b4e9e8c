//! What one name is bound to of what matters.

use std::collections::BTreeSet;

use crate::kubernetes::rbac::{Part, Rbac, Subject, Subjects};

/// What a binding names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    User,
}

impl Kind {
    pub(super) fn names(self, subjects: &Subjects) -> &BTreeSet<String> {
        match self {
            Self::Group => &subjects.groups,
            Self::User => &subjects.users,
        }
    }

    pub(super) fn subject(self, name: &str) -> Subject {
        match self {
            Self::Group => Subject::Group(name.to_owned()),
            Self::User => Subject::User(name.to_owned()),
        }
    }

    pub(super) fn of(self, rbac: &Rbac) -> [&BTreeSet<String>; 4] {
        match self {
            Self::Group => [
                &rbac.admins.groups,
                &rbac.may_become_admins.groups,
                &rbac.can_become_admins.groups,
                &rbac.aws_auth_writers.groups,
            ],
            Self::User => [
                &rbac.admins.users,
                &rbac.may_become_admins.users,
                &rbac.can_become_admins.users,
                &rbac.aws_auth_writers.users,
            ],
        }
    }

    fn of_mut(self, rbac: &mut Rbac) -> [&mut BTreeSet<String>; 4] {
        let Rbac {
            admins,
            may_become_admins,
            can_become_admins,
            aws_auth_writers,
            ..
        } = rbac;
        match self {
            Self::Group => [
                &mut admins.groups,
                &mut may_become_admins.groups,
                &mut can_become_admins.groups,
                &mut aws_auth_writers.groups,
            ],
            Self::User => [
                &mut admins.users,
                &mut may_become_admins.users,
                &mut can_become_admins.users,
                &mut aws_auth_writers.users,
            ],
        }
    }
}

/// Which of the powers that matter a name is bound to.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Powers {
    /// In the order of [`Kind::of`].
    wholes: [bool; 4],
    /// What it has of one without having it.
    parts: BTreeSet<Part>,
}

impl Powers {
    pub(super) fn of(rbac: &Rbac, kind: Kind, name: &str) -> Self {
        Self {
            wholes: kind.of(rbac).map(|names| names.contains(name)),
            parts: rbac.parts.held(|held| kind.names(held).contains(name)),
        }
    }

    pub(super) fn wholes_are_within(&self, other: &Self) -> bool {
        let mut both = self.wholes.iter().zip(other.wholes);
        both.all(|(one, other)| !one || other)
    }

    pub(super) fn are_within(&self, other: &Self) -> bool {
        self.wholes_are_within(other) && self.parts.is_subset(&other.parts)
    }
}

pub(super) fn powers_to(rbac: &mut Rbac, kind: Kind, name: &str, powers: &Powers) {
    for (names, has) in kind.of_mut(rbac).into_iter().zip(powers.wholes) {
        match has {
            true => names.insert(name.to_owned()),
            false => names.remove(name),
        };
    }
    rbac.parts.set(&powers.parts, &kind.subject(name));
}
