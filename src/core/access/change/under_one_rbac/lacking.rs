//! Who may do less together after a change of bindings, by its name and all its groups.

use std::collections::BTreeSet;

use super::powers::Kind;
use super::{EVERYBODY, for_each_name};
use crate::access::cluster_access::{ClusterView, Knowledge};
use crate::kubernetes::rbac::{Joined, Rbac};

/// Names and groups of users who may do less together, by whichever of them it was.
#[derive(Default)]
pub(super) struct Lacking {
    users: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl Lacking {
    /// A part that goes takes nothing from a user who has the right by others.
    pub(super) fn between(views: [&ClusterView; 2], old: &Rbac, new: &Rbac) -> Self {
        let either = old.with(new);
        let mut lacking = Self::default();
        let mut judge = |username: &str, groups: &[String]| {
            let joined = |rbac| Joined::of_user(rbac, username, groups);
            // What placeholders become is not known, and so may hold any part.
            let is_open = std::iter::once(username)
                .chain(groups.iter().map(String::as_str))
                .any(|name| name.contains("{{"));
            if is_open || joined(&either) != joined(new) {
                lacking.users.insert(username.to_owned());
                lacking.groups.extend(groups.iter().cloned());
                lacking.groups.insert(EVERYBODY.to_owned());
            }
        };
        for view in views {
            let mut view = view.clone();
            for_each_name(&mut view, |username, groups| judge(username, groups));
            // Whoever comes by its account has its ARN for a name.
            if let Knowledge::Known(reading) = &view.aws_auth
                && !reading.accounts.is_empty()
            {
                judge("", &[]);
                let bound = [old, new].into_iter().flat_map(Rbac::users);
                bound.for_each(|user| judge(user, &[]));
            }
        }
        lacking
    }

    pub(super) fn has(&self, kind: Kind, name: &str) -> bool {
        match kind {
            Kind::Group => self.groups.contains(name),
            Kind::User => self.users.contains(name),
        }
    }
}
