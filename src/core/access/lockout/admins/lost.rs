//! How much of an administrator a change takes from somebody.

use super::left::{Left, left_by};
use crate::access::cluster_access::{Grant, Principal};
use crate::access::lockout::circumstances::Circumstances;
use crate::access::lockout::comparison::{Judged, Weigh, outcomes};
use crate::access::lockout::existence::{Existence, is_nodes_name};
use crate::access::lockout::power::Power;
use crate::kubernetes::rbac::MASTERS;

/// How much of an administrator goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lost {
    Surely,
    /// One that had a whole way to become an administrator.
    ByAWholeWay,
    /// One that only might have become an administrator.
    ByAFurtherStep,
    /// Whether it was one at all was not read.
    Perhaps,
}

/// How near an outcome is to being an administrator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Nobody,
    ByAFurtherStep,
    ByAWholeWay,
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
            (_, Power::ClusterAdmin) if range.is_by_a_further_step => match range.has_a_whole_way {
                true => Rank::ByAWholeWay,
                false => Rank::ByAFurtherStep,
            },
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

pub(super) fn lost(judged: &Judged, circumstances: &Circumstances) -> Option<Lost> {
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
    if is_worse_from(Rank::ByAWholeWay) {
        return Some(Lost::ByAWholeWay);
    }
    if is_worse_from(Rank::ByAFurtherStep) {
        return Some(Lost::ByAFurtherStep);
    }
    let is_people = outcomes(&known.before)
        .iter()
        .any(|grant| !is_nodes_name(grant) || grant.groups.iter().any(|group| group == MASTERS));
    (before.is_unread && is_people).then_some(Lost::Perhaps)
}
