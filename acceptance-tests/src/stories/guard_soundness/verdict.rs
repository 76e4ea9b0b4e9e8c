//! What a change took, by what the API server said before and after it. Whoever loses is taken at its best before, whoever is left at its worst after.

use crate::bed::cloud::access::Mode;

use super::{
    cast::{Cast, Session},
    truth::{Answers, Login, Truth, session_number},
    world::{Actor, World},
};

/// What was taken that must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Harm {
    ActingIdentity,
    AppliesLater,
    Protected,
    LastAdmin,
    Nodes,
}

impl Harm {
    /// The finding that a refusal has for it.
    pub(super) fn finding(&self) -> &'static str {
        match self {
            Harm::ActingIdentity | Harm::AppliesLater => "lockout.running-identity",
            Harm::Protected => "lockout.protected-principal",
            Harm::LastAdmin => "lockout.last-admin",
            Harm::Nodes => "lockout.nodes",
        }
    }
}

/// Two moments of a world.
pub(super) struct Moments<'a> {
    pub(super) world: &'a World,
    pub(super) cast: &'a Cast,
    pub(super) before: &'a Truth,
    pub(super) after: &'a Truth,
}

/// Whether something that counts cannot be had any more, or something less may come of it that could not come before; a refusal is less than whatever
/// counts.
fn is_worse(
    before: &Answers,
    after: &Answers,
    counts: impl Fn(&Login) -> bool,
    has_less: impl Fn(&Login, &Login) -> bool,
) -> bool {
    let is_less = |old: &Login, new: &Option<Login>| match new {
        None => counts(old),
        Some(new) => old != new && has_less(old, new),
    };
    let had = || before.iter().flatten().filter(|old| counts(old));
    let is_new = |new: &&Option<Login>| {
        !before.contains(*new) && before.iter().flatten().all(|old| is_less(old, new))
    };
    had().any(|old| after.iter().all(|new| is_less(old, new)))
        || after
            .iter()
            .filter(is_new)
            .any(|new| had().any(|old| is_less(old, new)))
}

fn has_less_rights(old: &Login, new: &Login) -> bool {
    !new.power.everything
        && (old.power.everything
            || old.power.writes && !new.power.writes
            || old.power.may_take_it && !new.power.may_take_it
            || is_node(old) && !is_node(new)
            || old.groups.iter().any(|group| !new.groups.contains(group)))
}

fn has_nodes_name(login: &Login) -> bool {
    login.username.starts_with("system:node:")
}

fn is_node(login: &Login) -> bool {
    has_nodes_name(login) && login.groups.iter().any(|group| group == "system:nodes")
}

/// 2: an administrator, 1: one by a further step, 0: none.
fn rank(login: &Login) -> u8 {
    match login.power {
        _ if has_nodes_name(login) => 0,
        power if power.everything => 2,
        power if power.may_take_it => 1,
        _ => 0,
    }
}

/// What is said of somebody who was not asked: nothing names them.
static NOBODY: Answers = Answers::new();

impl Moments<'_> {
    fn both(&self, who: &(String, u8)) -> (&Answers, &Answers) {
        let before = self.before.get(who).unwrap_or(&NOBODY);
        (before, self.after.get(who).unwrap_or(&NOBODY))
    }

    /// Whether somebody of an ARN has less of what counts.
    fn loses(
        &self,
        arn: &str,
        counts: impl Fn(&Login) -> bool,
        has_less: impl Fn(&Login, &Login) -> bool,
    ) -> bool {
        self.before
            .iter()
            .filter(|((own, _), _)| own == arn)
            .any(|(who, before)| {
                let nothing = Answers::from([None]);
                let after = self.after.get(who).unwrap_or(&nothing);
                is_worse(before, after, &counts, &has_less)
            })
    }

    /// Whether somebody has less by it at all.
    pub(super) fn reduces_somebody(&self) -> bool {
        self.cast
            .arns()
            .iter()
            .any(|arn| self.loses(arn, |_| true, has_less_rights))
    }

    /// What it took.
    pub(super) fn harm(&self) -> Vec<Harm> {
        let mut harm = Vec::new();
        let cannot_write = |old: &Login, new: &Login| old.power.writes && !new.power.writes;
        let loses = |arn: &str| {
            self.loses(arn, |_| true, |_, _| false)
                || self.loses(arn, |old| old.power.writes, cannot_write)
        };
        let actor_loses = |actor: &(String, u8)| {
            let (before, after) = self.both(actor);
            is_worse(before, after, |_| true, |_, _| false)
                || is_worse(before, after, |old| old.power.writes, cannot_write)
        };
        if self
            .world
            .actor_in(self.before)
            .is_some_and(|actor| actor_loses(&actor))
        {
            harm.push(Harm::ActingIdentity);
        }
        if self.world.applies_later.iter().any(|arn| loses(arn)) {
            harm.push(Harm::AppliesLater);
        }
        if self
            .world
            .protected
            .iter()
            .any(|arn| self.loses(arn, |_| true, has_less_rights))
        {
            harm.push(Harm::Protected);
        }
        if self.takes_the_last_admin() {
            harm.push(Harm::LastAdmin);
        }
        if self.world.has_nodes && self.cast.arns().iter().any(|arn| self.cuts_nodes(arn)) {
            harm.push(Harm::Nodes);
        }
        harm
    }

    /// Whether whoever acts is an administrator whom no edit can take anything.
    pub(super) fn acts_beside_the_rules(&self) -> bool {
        matches!(self.world.actor, Actor::Creator | Actor::Certificate)
    }

    /// How much of an administrator is left in an ARN: every session of it counts at its worst, but instances; of whoever acts the session is known.
    fn left(&self, arn: &str) -> u8 {
        let instance = session_number(Session::Instance);
        let actor = self.world.actor_in(self.before);
        let counts = |who: &&(String, u8)| match &actor {
            Some(actor) if actor.0 == arn => *who == actor,
            _ => who.0 == arn && who.1 != instance,
        };
        let people = self.after.iter().filter(|(who, _)| counts(who));
        people
            .flat_map(|(_, answers)| answers.iter().map(|answer| answer.as_ref().map_or(0, rank)))
            .min()
            .unwrap_or_default()
    }

    fn takes_the_last_admin(&self) -> bool {
        let arns = self.cast.arns();
        let is_lost = |least: u8| {
            arns.iter().any(|arn| {
                self.left(arn) < 2
                    && self.loses(
                        arn,
                        |old| rank(old) >= least,
                        |old, new| rank(new) < rank(old),
                    )
            })
        };
        // Whoever may write aws-auth can map itself to `system:masters` where aws-auth is read.
        let is_map_read = self.world.mode != Mode::Api;
        let may_become_one = |login: &Login| {
            rank(login) > 0 || is_map_read && login.power.writes && !has_nodes_name(login)
        };
        let is_way_left = self.after.values().flatten().flatten().any(may_become_one);
        let has_creator = self.world.mode != Mode::ConfigMap && self.world.has_creator_entry;
        let is_one_left = has_creator || arns.iter().any(|arn| self.left(arn) == 2);
        !is_one_left && (is_lost(2) || is_lost(1) && !is_way_left)
    }

    fn cuts_nodes(&self, arn: &str) -> bool {
        let is_role = arn.contains(":role/");
        is_role
            && self
                .before
                .iter()
                .filter(|((own, _), _)| own == arn)
                .any(|(who, before)| {
                    let nothing = Answers::from([None]);
                    let after = self.after.get(who).unwrap_or(&nothing);
                    let is_kept = |old: &Login| {
                        after.iter().all(|new| {
                            new.as_ref()
                                .is_some_and(|new| is_node(new) && new.username == old.username)
                        })
                    };
                    before != after
                        && before
                            .iter()
                            .flatten()
                            .any(|old| is_node(old) && !is_kept(old))
                })
    }
}
