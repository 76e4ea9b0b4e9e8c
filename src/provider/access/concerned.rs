//! Whom a change of roles and bindings may concern, by the names that its bindings have.

use std::collections::BTreeSet;

use eksauth_core::access::lockout::ActingIdentity;
use eksauth_core::kubernetes::rbac::{MASTERS, service_account_username};

use crate::ports::access_review::ReviewedUser;
use crate::ports::rbac_objects::BoundSubject;

/// Whom a change may concern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Concerned {
    pub(crate) users: BTreeSet<String>,
    pub(crate) groups: BTreeSet<String>,
    /// A role gets other rules: whoever is bound to it, by whatever binding.
    pub(crate) is_anybody: bool,
}

impl Concerned {
    /// Those whom a binding names.
    pub(crate) fn of_subjects<'s>(subjects: impl Iterator<Item = &'s BoundSubject>) -> Self {
        let mut concerned = Self::default();
        concerned.insert(subjects);
        concerned
    }

    /// The same beside others.
    pub(crate) fn insert<'s>(&mut self, subjects: impl Iterator<Item = &'s BoundSubject>) {
        for subject in subjects {
            match subject {
                BoundSubject::Group(name) => self.groups.insert(name.clone()),
                BoundSubject::User(name) => self.users.insert(name.clone()),
                BoundSubject::ServiceAccount { namespace, name } => {
                    self.users.insert(service_account_username(namespace, name))
                }
            };
        }
    }

    pub(crate) fn has(&self, user: &ReviewedUser) -> bool {
        self.is_anybody
            || self.users.contains(&user.username)
            || user.groups.iter().any(|group| self.groups.contains(group))
    }

    /// Under which of these names the API server admits whoever acts, in words; masters need none.
    pub(crate) fn names_of(&self, acting: &ActingIdentity) -> Option<String> {
        if acting.groups.contains(MASTERS) {
            return None;
        }
        let username = acting.username.as_ref();
        let username = username.filter(|name| self.users.contains(*name));
        let username = username.map(|name| format!("the name `{name}`"));
        let groups = acting.groups.intersection(&self.groups);
        let groups = groups.map(|group| format!("the group `{group}`"));
        let names: Vec<String> = username.into_iter().chain(groups).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    pub(crate) fn is_nobody(&self) -> bool {
        !self.is_anybody && self.users.is_empty() && self.groups.is_empty()
    }
}
