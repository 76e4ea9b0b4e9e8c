//! Whom a change of roles and bindings may concern, by the names that its bindings have.

use std::collections::BTreeSet;

use eksauth_core::access::lockout::ActingIdentity;
use eksauth_core::kubernetes::rbac::MASTERS;

use crate::ports::access_review::ReviewedUser;

/// Whom a change may concern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Concerned {
    pub(crate) users: BTreeSet<String>,
    pub(crate) groups: BTreeSet<String>,
    /// A role gets other rules: whoever is bound to it, by whatever binding.
    pub(crate) is_anybody: bool,
}

impl Concerned {
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
