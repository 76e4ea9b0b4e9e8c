//! What a change of RBAC takes from those who were not read.
//!
//! An entry that stays as it is keeps what it gives under a change of aws-auth. Under a change of RBAC it does not: its groups mean less. Who comes under a
//! name is not known then, and that is said; whoever acts is known by the name and the groups that the API server says it has.

use std::collections::BTreeSet;

use super::circumstances::{ActingIdentity, Circumstances, Unread};
use super::comparison::Judged;
use super::finding::Finding;
use crate::access::cluster_access::{ClusterView, Knowledge, Principal};
use crate::access::severity::Severity;
use crate::kubernetes::rbac::{AUTHENTICATED, Joined, MASTERS, Rbac, Subjects};
use crate::principal::case_folding::fold_key;

/// More names than these are counted.
const MOST_NAMED: usize = 5;

/// What names may do before and after a change of RBAC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessBound {
    /// Before.
    pub before: Rbac,
    /// After.
    pub after: Rbac,
}

/// What one name, or one user with its groups, is bound to of what matters.
#[derive(Clone, Copy, Debug, Default)]
struct Bound {
    /// To everything, or to aws-auth.
    mends: bool,
    /// To a whole way to everything.
    can_mend: bool,
    /// To a part of one.
    may_mend: bool,
}

impl Bound {
    fn of(rbac: &Rbac, has: impl Fn(&Subjects) -> bool) -> Self {
        let joined = Joined::of(rbac, has);
        Self {
            mends: joined.is_admin || joined.writes_aws_auth,
            can_mend: joined.can_become_admin,
            may_mend: joined.may_become_admin,
        }
    }

    /// Whether the means to mend anything go.
    fn loses_to(self, after: Self) -> bool {
        let is_less = |had: bool, has: bool| had && !has;
        let may_less =
            is_less(self.can_mend, after.can_mend) || is_less(self.may_mend, after.may_mend);
        !after.mends && (self.mends || may_less)
    }
}

impl LessBound {
    /// Whether anything is bound to less.
    pub fn is_any(&self) -> bool {
        !self.names().is_empty()
    }

    /// Whether the power over everything, a way there or the writing of aws-auth is taken, of one kind of names.
    fn less<'n>(&'n self, set: fn(&Subjects) -> &BTreeSet<String>) -> Vec<&'n String> {
        let kind = |subjects: &'n Subjects| set(subjects).iter().collect::<Vec<&'n String>>();
        let contains = |subjects: &Subjects, name: &String| set(subjects).contains(name);
        let of = |rbac: &'n Rbac| {
            [
                &rbac.admins,
                &rbac.may_become_admins,
                &rbac.can_become_admins,
                &rbac.aws_auth_writers,
            ]
        };
        let mut less: Vec<&String> = of(&self.before)
            .into_iter()
            .zip(of(&self.after))
            .flat_map(|(before, after)| {
                let after = kind(after);
                let gone = |name: &&String| !after.contains(name);
                kind(before).into_iter().filter(gone).collect::<Vec<_>>()
            })
            .collect();
        // A part of a right is taken where others have the rest of it.
        let held =
            |rbac: &Rbac, name: &String| rbac.parts.held(|subjects| contains(subjects, name));
        let holders = self.before.parts.holders().flat_map(&kind);
        less.extend(
            holders.filter(|name| !held(&self.before, name).is_subset(&held(&self.after, name))),
        );
        less.sort();
        less.dedup();
        less
    }

    /// As messages name them.
    fn names(&self) -> Vec<String> {
        let groups = self.less(|subjects| &subjects.groups);
        let users = self.less(|subjects| &subjects.users);
        let groups = groups.into_iter().map(|name| format!("group `{name}`"));
        let users = users.into_iter().map(|name| format!("user `{name}`"));
        groups.chain(users).collect()
    }

    /// Whether a user with its groups can mend less than before.
    fn takes_from(&self, username: &str, acting: &ActingIdentity) -> bool {
        if acting.groups.contains(MASTERS) {
            return false;
        }
        let has = |subjects: &Subjects| {
            subjects.users.contains(username)
                || subjects.groups.contains(AUTHENTICATED)
                || acting
                    .groups
                    .iter()
                    .any(|group| subjects.groups.contains(group))
        };
        Bound::of(&self.before, has).loses_to(Bound::of(&self.after, has))
    }
}

/// Two states of which something was not read.
pub(super) struct Unjudged<'a> {
    pub(super) before: &'a ClusterView,
    pub(super) after: &'a ClusterView,
    pub(super) compared: &'a [Judged],
    pub(super) circumstances: &'a Circumstances,
}

/// What is to be said where names are bound to less and it was not read who comes under them.
pub(super) fn judge(unjudged: &Unjudged<'_>) -> Vec<Finding> {
    let circumstances = unjudged.circumstances;
    let Some(less) = &circumstances.less_bound else {
        return Vec::new();
    };
    let Some(reason) = unjudged.reason() else {
        return Vec::new();
    };
    let mut names = less.names();
    if names.len() > MOST_NAMED {
        let others = names.len() - MOST_NAMED;
        names.truncate(MOST_NAMED);
        names.push(format!("{others} others"));
    }
    let names = names.join(", ");
    let severity = match circumstances.unread {
        Unread::Open | Unread::Later => Severity::Warning,
        Unread::Against => Severity::Error,
    };
    let cluster = &circumstances.cluster;
    let of_all = Finding::names_unread(severity, cluster, &names, &reason);
    let of_actor = unjudged
        .taken_from_the_actor(less)
        .map(|(principal, names)| Finding::running_by_names(cluster, principal, &names, &reason));
    of_actor.into_iter().chain([of_all]).collect()
}

impl Unjudged<'_> {
    /// Why it is not known who comes under which name; `None` where it is.
    fn reason(&self) -> Option<String> {
        let mut reasons = Vec::new();
        for view in [self.before, self.after] {
            match &view.aws_auth {
                Knowledge::Unreadable(reason) if view.mode.reads_config_map() => {
                    reasons.push(reason.clone());
                }
                _ => {}
            }
            match &view.access_entries {
                Knowledge::Unreadable(reason)
                    if view.mode.reads_access_entries() && !self.is_every_entry_read() =>
                {
                    reasons.push(reason.clone());
                }
                _ => {}
            }
        }
        reasons.dedup();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// All that are listed were read one by one.
    fn is_every_entry_read(&self) -> bool {
        let described = &self.circumstances.described;
        let keys: Vec<String> = described.keys().map(|one| fold_key(&one.arn)).collect();
        self.circumstances.listed.as_ref().is_some_and(|listed| {
            listed
                .arns()
                .all(|arn| keys.contains(&fold_key(&Principal::from_arn(arn).arn)))
        })
    }

    /// Whoever acts, where it was not judged by the rules and is admitted under names that are bound to less; with these names.
    fn taken_from_the_actor(&self, less: &LessBound) -> Option<(&Principal, String)> {
        let acting = self.circumstances.acting.as_ref()?;
        let principal = acting.principal.as_ref()?;
        let username = acting.username.as_deref()?;
        let own = |judged: &&Judged| judged.shown.principal == *principal;
        let own = self.compared.iter().find(own);
        let is_judged = |own: &Judged| own.unread().is_none() || own.by_what_was_read.takes_away();
        if own.is_some_and(is_judged) || !less.takes_from(username, acting) {
            return None;
        }
        let groups = acting.groups.iter();
        let groups: Vec<String> = groups.map(|group| format!("`{group}`")).collect();
        let names = match groups.is_empty() {
            true => format!("the name `{username}`"),
            false => format!("the name `{username}` in {}", groups.join(", ")),
        };
        Some((principal, names))
    }
}
