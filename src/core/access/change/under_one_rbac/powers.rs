//! What one name is bound to of what matters.

use std::collections::BTreeSet;

use crate::kubernetes::rbac::Rbac;

/// What a binding names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    User,
}

impl Kind {
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

/// Which of the powers that matter a name is bound to, in the order of [`Kind::of`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Powers(pub(super) [bool; 4]);

impl Powers {
    pub(super) fn of(rbac: &Rbac, kind: Kind, name: &str) -> Self {
        Self(kind.of(rbac).map(|names| names.contains(name)))
    }

    pub(super) fn are_within(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(one, other)| !one || other)
    }
}

pub(super) fn powers_to(rbac: &mut Rbac, kind: Kind, name: &str, powers: Powers) {
    for (names, has) in kind.of_mut(rbac).into_iter().zip(powers.0) {
        match has {
            true => names.insert(name.to_owned()),
            false => names.remove(name),
        };
    }
}
