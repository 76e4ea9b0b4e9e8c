//! Whether somebody with cluster-admin power is left who can really come.

use std::collections::BTreeMap;

use super::circumstances::{Circumstances, Unread};
use super::comparison::{AccessChange, Judged, Weigh, outcomes};
use super::existence::{Existence, is_nodes_name};
use super::finding::{Finding, FindingId};
use super::power::Power;
use crate::access::cluster_access::{Access, Grant, Knowledge, Principal};
use crate::access::severity::Severity;
use crate::kubernetes::rbac::MASTERS;

/// So many administrators are asked for one by one, where their list is refused.
const MOST_DESCRIBED: usize = 3;

/// So many users are looked up one by one.
const MOST_LOOKED_UP: usize = 3;

/// What somebody counts for among the administrators that are left; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
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
    /// One only by a further step, or by a name that a session may turn out to have.
    ByAFurtherStep,
}

/// The administrators of a state.
#[derive(Clone, Debug, Default)]
pub struct Admins {
    left: BTreeMap<Principal, Left>,
    /// Whom only an access entry that was not read may keep from being one.
    undescribed: Vec<Principal>,
}

impl Admins {
    pub(super) fn add(
        &mut self,
        principal: &Principal,
        access: &Access,
        circumstances: &Circumstances,
    ) {
        if let Some(left) = left_by(principal, access, circumstances) {
            self.left.insert(principal.clone(), left);
        }
    }

    /// Whoever is compared, as it is after the change; whom only an access entry that was not read may keep from being one is noted beside.
    pub(super) fn add_changed(&mut self, judged: &Judged, circumstances: &Circumstances) {
        let known = &judged.by_what_was_read;
        match is_admin_as_before(judged, circumstances) {
            Some(true) => {
                self.left.insert(known.principal.clone(), Left::Surely);
            }
            Some(false) => {}
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
    pub(super) fn undescribed(&self) -> impl Iterator<Item = &Principal> {
        let most = if self.is_anyone_left() {
            0
        } else {
            MOST_DESCRIBED
        };
        self.undescribed.iter().take(most)
    }

    /// Whether an administrator is known to be left, whoever exists.
    pub(super) fn is_anyone_left(&self) -> bool {
        self.best().is_some_and(|(_, left)| left < Left::Perhaps)
    }

    /// Those who are not among the compared.
    pub(super) fn without(&self, compared: &[Judged]) -> Self {
        let mut others = self.clone();
        for judged in compared {
            others.left.remove(&judged.shown.principal);
        }
        others
    }

    fn best(&self) -> Option<(&Principal, Left)> {
        self.left
            .iter()
            .map(|(principal, left)| (principal, *left))
            .min_by_key(|(_, left)| *left)
    }
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

fn left_by(principal: &Principal, access: &Access, circumstances: &Circumstances) -> Option<Left> {
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
    if is_nodes || admits_nobody_else || !range.may_reach(Power::ClusterAdmin) {
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

/// How much of an administrator goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lost {
    Surely,
    /// One that only might have become an administrator.
    ByAFurtherStep,
    Perhaps,
}

/// How near an outcome is to being an administrator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Nobody,
    ByAFurtherStep,
    ByAName,
    Surely,
}

/// Weighs outcomes by how near they are to being an administrator.
struct AdminPower<'a> {
    circumstances: &'a Circumstances,
    principal: &'a Principal,
    /// From where on something is lost.
    least: Rank,
}

impl AdminPower<'_> {
    fn rank(&self, outcome: &Grant) -> Rank {
        let range = self
            .circumstances
            .power_in_any_session(self.principal, outcome);
        match (range.least, range.most) {
            (Power::ClusterAdmin, _) => Rank::Surely,
            (_, Power::ClusterAdmin) if range.is_by_a_further_step => Rank::ByAFurtherStep,
            (_, Power::ClusterAdmin) => Rank::ByAName,
            _ => Rank::Nobody,
        }
    }
}

impl AdminPower<'_> {
    /// The rank of whoever may lose it: a person who is given the name of a node may still be a master.
    fn rank_before(&self, outcome: &Grant) -> Rank {
        let is_master = outcome.groups.iter().any(|group| group == MASTERS);
        match is_nodes_name(outcome) && !is_master {
            true => Rank::Nobody,
            false => self.rank(outcome),
        }
    }
}

impl Weigh for AdminPower<'_> {
    fn has(&self, outcome: &Grant) -> bool {
        self.rank_before(outcome) >= self.least
    }

    /// What a session's name decides may be another one's by another name.
    fn is_less(&self, old: &Grant, new: &Grant) -> bool {
        let after = match self.rank(new) {
            _ if is_nodes_name(new) => Rank::Nobody,
            Rank::ByAName if old.username != new.username => Rank::ByAFurtherStep,
            rank => rank,
        };
        after < self.rank_before(old)
    }
}

fn lost(judged: &Judged, circumstances: &Circumstances) -> Option<Lost> {
    let known = &judged.by_what_was_read;
    let principal = &known.principal;
    if !known.takes_away() {
        return None;
    }
    let is_acting = circumstances.is_acting(principal);
    let existence = circumstances
        .iam
        .existence(principal, circumstances.partition);
    let before = circumstances.power(principal, &known.before);
    let stays = judged.unread().is_none()
        && left_by(principal, &known.after, circumstances).is_some_and(|left| left < Left::Perhaps);
    if stays || !is_acting && existence == Existence::Nobody {
        return None;
    }
    let is_worse_from = |least| {
        known.is_worse_by(&AdminPower {
            circumstances,
            principal,
            least,
        })
    };
    if is_worse_from(Rank::ByAName) {
        return Some(Lost::Surely);
    }
    if is_worse_from(Rank::ByAFurtherStep) {
        return Some(Lost::ByAFurtherStep);
    }
    let is_people = outcomes(&known.before)
        .iter()
        .any(|grant| !is_nodes_name(grant) || grant.groups.iter().any(|group| group == MASTERS));
    (before.is_unread && is_people).then_some(Lost::Perhaps)
}

/// The finding that no administrator is left, or only some who may be none.
pub(super) fn last_admin(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
    is_admin_beside_the_rules: bool,
) -> Option<Finding> {
    let gone = compared
        .iter()
        .filter_map(|judged| Some((lost(judged, circumstances)?, judged)))
        .min_by_key(|(lost, _)| *lost);
    let (lost, judged) = gone?;
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add_changed(judged, circumstances);
    }
    let best = left.best();
    let is_strict = circumstances.unread == Unread::Against;
    let finding = |severity| {
        Finding::new(
            FindingId::LastAdmin,
            severity,
            &circumstances.cluster,
            &judged.by_what_was_read,
        )
    };
    let open = if is_strict {
        Severity::Error
    } else {
        Severity::Warning
    };
    let found = match (lost, best) {
        (_, Some((_, Left::Surely | Left::NotListed))) => return None,
        (_, Some((_, Left::NotLookedUp))) if !is_strict => return None,
        _ if is_admin_beside_the_rules => finding(Severity::Warning).with_note(
            "whoever makes this change is left: the cluster shows it to be an admin by a way that no entry gives and no edit takes away",
        ),
        (_, Some((principal, Left::NotLookedUp))) => finding(Severity::Error).with_note(&format!(
            "whether `{}`, which is left, still exists is not known: {}",
            principal.arn,
            why_not_looked_up(principal, circumstances)
        )),
        (_, Some((principal, Left::Perhaps))) => finding(open).with_note(&format!(
            "`{}` may be an admin that is left, which is not certain",
            principal.arn
        )),
        (Lost::Surely, Some((principal, Left::Unjudged))) => {
            finding(match circumstances.unread {
                Unread::Later => Severity::Warning,
                Unread::Open | Unread::Against => Severity::Error,
            }).with_note(&format!(
                "whether `{}`, which is left, is an admin is not known, because RBAC could not be read",
                principal.arn
            ))
        }
        (Lost::ByAFurtherStep, Some((_, Left::ByAFurtherStep))) => return None,
        (Lost::ByAFurtherStep | Lost::Perhaps, Some((principal, Left::Unjudged))) => {
            finding(open).with_note(&format!(
                "whether `{}`, which is left, is an admin is not known, because RBAC could not be read",
                principal.arn
            ))
        }
        (Lost::Surely, Some((principal, Left::ByAFurtherStep))) => {
            finding(Severity::Error).with_note(&format!(
                "`{}` is left, which is no admin and may become one at most",
                principal.arn
            ))
        }
        (Lost::Surely | Lost::ByAFurtherStep, None) => finding(Severity::Error),
        (Lost::Perhaps, _) => finding(open)
            .with_note("whether it is an admin at all is not known, because not everything could be read"),
    };
    Some(found)
}

/// Something to know of a finding about whoever loses.
pub(super) struct NoteOnLost {
    /// Whose finding.
    pub(super) lost: String,
    /// What.
    pub(super) text: String,
}

/// What is to be added where an administrator goes and those that are left were not looked up.
pub(super) fn note_on_who_is_left(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
) -> Option<NoteOnLost> {
    let gone = compared
        .iter()
        .find(|judged| lost(judged, circumstances) == Some(Lost::Surely))?;
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add_changed(judged, circumstances);
    }
    let text = match left.best()? {
        (principal, Left::NotLookedUp) => format!(
            "`{}` is left as an admin; whether it still exists is not known: {}",
            principal.arn,
            why_not_looked_up(principal, circumstances)
        ),
        (principal, Left::NotListed) => format!(
            "`{}` is left as an admin; whether it still exists cannot be seen from here",
            principal.arn
        ),
        _ => return None,
    };
    Some(NoteOnLost {
        lost: gone.shown.principal.arn.clone(),
        text,
    })
}

/// Whether something is to be said of whoever is left if RBAC, which was not read, makes an administrator of somebody who goes.
pub(super) fn may_need_a_note(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
) -> bool {
    let perhaps = compared
        .iter()
        .any(|judged| lost(judged, circumstances) == Some(Lost::Perhaps));
    if !perhaps || circumstances.rbac.is_readable {
        return false;
    }
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add(&judged.shown.principal, &judged.shown.after, circumstances);
    }
    left.best()
        .is_some_and(|(_, left)| matches!(left, Left::NotLookedUp | Left::NotListed))
}

fn why_not_looked_up<'c>(principal: &Principal, circumstances: &'c Circumstances) -> &'c str {
    if let Some(Knowledge::Unreadable(reason)) = circumstances.iam.users.get(&principal.arn) {
        return reason;
    }
    match &circumstances.iam.roles {
        Knowledge::Unreadable(reason) => reason,
        Knowledge::Known(_) => "IAM was not asked",
    }
}

/// Users that count only if they exist: those who go, and the first few who may be left where nobody surely is.
pub(super) fn users(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
) -> Vec<Principal> {
    let is_open = |principal: &&Principal| {
        principal.arn.contains(":user/")
            && !circumstances.is_acting(principal)
            && circumstances
                .iam
                .existence(principal, circumstances.partition)
                == Existence::NotListed
    };
    let gone: Vec<&Principal> = compared
        .iter()
        .filter(|judged| lost(judged, circumstances).is_some())
        .map(|judged| &judged.shown.principal)
        .collect();
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add(&judged.shown.principal, &judged.shown.after, circumstances);
    }
    if gone.is_empty() || left.best().is_some_and(|(_, left)| left == Left::Surely) {
        return Vec::new();
    }
    let may_be_left = left
        .left
        .iter()
        .filter(|(_, left)| **left == Left::NotListed)
        .map(|(principal, _)| principal)
        .filter(is_open)
        .take(MOST_LOOKED_UP);
    let gone = gone.into_iter().filter(is_open).take(MOST_LOOKED_UP);
    gone.chain(may_be_left).cloned().collect()
}

/// Whether a judgement turns on who exists: an administrator goes.
pub(super) fn takes_an_admin(compared: &[Judged], circumstances: &Circumstances) -> bool {
    compared
        .iter()
        .any(|judged| lost(judged, circumstances).is_some())
}
