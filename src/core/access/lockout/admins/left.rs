//! Who is an administrator that is left.

use std::collections::BTreeMap;

use super::lost::lost;
use crate::access::access_entry::AuthenticationMode;
use crate::access::cluster_access::{Access, Principal};
use crate::access::lockout::circumstances::{Circumstances, Unread};
use crate::access::lockout::comparison::{AccessChange, Judged, outcomes};
use crate::access::lockout::existence::{Existence, is_nodes_name};
use crate::access::lockout::power::Power;

/// So many administrators are asked for one by one, where their list is refused.
const MOST_DESCRIBED: usize = 3;

/// What somebody counts for among the administrators that are left; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Left {
    /// An administrator who can come.
    Surely,
    /// An administrator of whom no list here says whether it exists: a user, or a role of another account.
    NotListed,
    /// An administrator whose role or user was not looked up.
    NotLookedUp,
    /// Perhaps an administrator: its access entry was not read.
    Perhaps,
    /// Nobody can say whether it is an administrator: RBAC was not read.
    Unjudged,
    /// One only by a further step, to which it has a whole way.
    ByAWholeWay,
    /// One only by mapping itself or another one to power: it may write aws-auth, which is a way to all power where aws-auth is read.
    ByAwsAuth,
    /// The same, which has a part of another way.
    ByAwsAuthOrAFurtherStep,
    /// One at most: by a further step to which it has a part of a way, or by a name that a session may turn out to have.
    ByAFurtherStep,
}

impl Left {
    /// What it counts for in a mode; writing aws-auth leads to power only where it is read.
    fn in_mode(self, mode: AuthenticationMode) -> Option<Self> {
        match (self, mode.reads_config_map()) {
            (Self::ByAwsAuth, false) => None,
            (Self::ByAwsAuthOrAFurtherStep, false) => Some(Self::ByAFurtherStep),
            (Self::ByAwsAuthOrAFurtherStep, true) => Some(Self::ByAwsAuth),
            (left, _) => Some(left),
        }
    }
}

/// The administrators of a state.
#[derive(Clone, Debug, Default)]
pub struct Admins {
    pub(super) left: BTreeMap<Principal, Left>,
    /// Whom only an access entry that was not read may keep from being one.
    undescribed: Vec<Principal>,
    /// Why it is not known of somebody whether it is one.
    unread: Option<String>,
}

impl Admins {
    pub(in crate::access::lockout) fn add(
        &mut self,
        principal: &Principal,
        access: &Access,
        circumstances: &Circumstances,
    ) {
        let Some(left) = left_by(principal, access, circumstances) else {
            return;
        };
        if let (Left::Perhaps, Access::Unknown(reasons)) = (left, access) {
            self.unread.get_or_insert_with(|| reasons.join("; "));
        }
        self.left.insert(principal.clone(), left);
    }

    /// Whoever is compared, as it is after the change; whom only an access entry that was not read may keep from being one is noted beside.
    pub(in crate::access::lockout) fn add_changed(
        &mut self,
        judged: &Judged,
        circumstances: &Circumstances,
    ) {
        let known = &judged.by_what_was_read;
        match is_admin_as_before(judged, circumstances) {
            Some(true) => {
                self.left.insert(known.principal.clone(), Left::Surely);
            }
            Some(false) => {}
            None if is_open_after_a_loss(judged, circumstances) || is_unknown(judged) => {}
            None => self.add(&known.principal, &judged.shown.after, circumstances),
        }
        let may_come = circumstances.is_acting(&known.principal)
            || circumstances
                .iam
                .existence(&known.principal, circumstances.partition)
                != Existence::Nobody;
        let range = circumstances.power(&known.principal, &known.after);
        if judged.unread().is_some() && may_come && range.least == Power::ClusterAdmin {
            self.undescribed.push(known.principal.clone());
        }
    }

    /// The first few of whom an access entry would tell whether an administrator is left; nobody where one is known to be.
    pub(in crate::access::lockout) fn undescribed(&self) -> impl Iterator<Item = &Principal> {
        let most = if self.is_anyone_left() {
            0
        } else {
            MOST_DESCRIBED
        };
        self.undescribed.iter().take(most)
    }

    /// Whether an administrator is known to be left, whoever exists.
    pub(in crate::access::lockout) fn is_anyone_left(&self) -> bool {
        self.best().is_some_and(|(_, left)| left < Left::Perhaps)
    }

    /// Those who are not among the compared.
    pub(in crate::access::lockout) fn without(&self, compared: &[Judged]) -> Self {
        let mut others = self.clone();
        for judged in compared {
            others.left.remove(&judged.shown.principal);
        }
        others
    }

    /// What the surest counts for of those who can really come.
    pub(super) fn surest_that_exists(&self, circumstances: &Circumstances) -> Option<Left> {
        let exists = |principal: &Principal| {
            circumstances.is_acting(principal)
                || circumstances.iam.exists(principal, circumstances.partition)
        };
        let left = self.left.iter();
        left.filter(|(principal, _)| exists(principal))
            .map(|(_, left)| *left)
            .min()
    }

    pub(super) fn best(&self) -> Option<(&Principal, Left)> {
        self.left
            .iter()
            .map(|(principal, left)| (principal, *left))
            .min_by_key(|(_, left)| *left)
    }

    /// The same where writing aws-auth leads to power only if it is read.
    pub(super) fn best_in(&self, mode: AuthenticationMode) -> Option<(&Principal, Left)> {
        let counts = |(principal, left): (_, &Left)| Some((principal, left.in_mode(mode)?));
        let left = self.left.iter().filter_map(counts);
        left.min_by_key(|(_, left)| *left)
    }

    /// What was not read, so that it is not known of somebody whether it is one.
    pub(super) fn unread(&self) -> &str {
        self.unread
            .as_deref()
            .unwrap_or("its access entry was not read")
    }
}

/// Whether nothing is known of somebody, neither by an access entry that stays nor by what one would hide: nobody is left on a guess.
fn is_unknown(judged: &Judged) -> bool {
    let known = &judged.by_what_was_read;
    known.change == AccessChange::Unknown && matches!(known.after, Access::Unknown(_))
}

/// Whether somebody goes of whom it was not read what is left to it: nobody is its own successor on a guess.
fn is_open_after_a_loss(judged: &Judged, circumstances: &Circumstances) -> bool {
    let shown = &judged.shown;
    let was_read = !matches!(shown.before, Access::Unknown(_));
    let left = || left_by(&shown.principal, &shown.after, circumstances);
    was_read
        && matches!(left(), Some(Left::Perhaps | Left::Unjudged))
        && lost(judged, circumstances).is_some()
}

/// What the API server says of whoever acts, where the change leaves it what it has and the rules do not say it all.
fn is_admin_as_before(judged: &Judged, circumstances: &Circumstances) -> Option<bool> {
    let known = &judged.by_what_was_read;
    let acting = circumstances.acting_as(&known.principal)?;
    let is_random = matches!(known.before, Access::Random(_));
    let is_nodes = outcomes(&known.before).iter().any(is_nodes_name);
    let is_of_the_rules = judged.unread().is_some() || known.before != Access::None;
    let is_open = circumstances
        .power(&known.principal, &judged.shown.after)
        .is_unread;
    (known.change == AccessChange::Same && is_of_the_rules && is_open && !is_random && !is_nodes)
        .then_some(acting.is_admin)
        .flatten()
}

pub(super) fn left_by(
    principal: &Principal,
    access: &Access,
    circumstances: &Circumstances,
) -> Option<Left> {
    let range = circumstances.power(principal, access);
    let is_nodes = outcomes(access).iter().any(is_nodes_name);
    let admits_nobody_else = range.is_unread
        && range.most < Power::ClusterAdmin
        && !outcomes(access).is_empty()
        && outcomes(access).iter().all(|grant| {
            is_nodes_name(grant)
                || !grant.groups.is_empty()
                    && grant.groups.iter().all(|group| is_nodes_group(group))
        });
    if is_nodes || admits_nobody_else || !range.may_reach(Power::WritesAwsAuth) {
        return None;
    }
    let existence = match circumstances.is_acting(principal) {
        true => Existence::Exists,
        false => circumstances
            .iam
            .existence(principal, circumstances.partition),
    };
    match (existence, range.least) {
        (Existence::Nobody, _) => None,
        (Existence::Exists, Power::ClusterAdmin) => Some(Left::Surely),
        (Existence::NotListed, Power::ClusterAdmin) => Some(Left::NotListed),
        (Existence::NotLookedUp, Power::ClusterAdmin) => Some(Left::NotLookedUp),
        _ if range.is_unread && matches!(access, Access::Unknown(_)) => Some(Left::Perhaps),
        _ if range.is_unread => Some(Left::Unjudged),
        (Existence::NotLookedUp, _) if circumstances.unread == Unread::Against => None,
        _ if range.most < Power::ClusterAdmin => Some(Left::ByAwsAuth),
        _ if range.has_a_whole_way => Some(Left::ByAWholeWay),
        _ if range.least == Power::WritesAwsAuth => Some(Left::ByAwsAuthOrAFurtherStep),
        _ => Some(Left::ByAFurtherStep),
    }
}

fn is_nodes_group(group: &str) -> bool {
    [
        "system:nodes",
        "system:bootstrappers",
        "system:node-proxier",
    ]
    .contains(&group)
}
