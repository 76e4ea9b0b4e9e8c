//! The rules for one principal: whoever acts or applies, whoever is protected, and everybody else.

use super::circumstances::{Circumstances, Unread};
use super::comparison::{AccessChange, Judged, Weigh, takes_rights};
use super::existence::is_account;
use super::finding::{Finding, FindingId};
use super::nodes::admits_nodes;
use super::power::{Power, PowerRange};
use crate::access::cluster_access::{Access, Grant, Principal};
use crate::access::severity::Severity;

/// What is to be said of one principal, if anything.
pub(super) fn judge(judged: &Judged, circumstances: &Circumstances) -> Option<Finding> {
    let principal = &judged.shown.principal;
    let rules = Rules {
        judged,
        circumstances,
    };
    let is_running = circumstances.running.contains(principal);
    let is_protected = circumstances.protected.contains(principal);
    let of_running = || is_running.then(|| rules.running()).flatten();
    let of_protected = || is_protected.then(|| rules.protected()).flatten();
    let of_unread = || {
        (is_running || is_protected)
            .then(|| rules.unreadable())
            .flatten()
    };
    of_running()
        .or_else(of_protected)
        .or_else(of_unread)
        .or_else(|| rules.reduced())
}

/// Whether all that RBAC gives decides about somebody judged by name, or about the users of an account that goes.
pub(super) fn turns_on_power(compared: &[Judged], circumstances: &Circumstances) -> bool {
    compared.iter().any(|judged| {
        let known = &judged.by_what_was_read;
        if !known.takes_away() || judged.unread().is_some() {
            return false;
        }
        let principal = &known.principal;
        let has_less_than = |power: Power| {
            known.change == AccessChange::Changes
                && circumstances.power(principal, &known.after).least < power
        };
        is_account(&principal.arn)
            || circumstances.running.contains(principal) && has_less_than(Power::WritesAwsAuth)
            || circumstances.protected.contains(principal) && has_less_than(Power::ClusterAdmin)
    })
}

/// Whether it decides what the API server says that whoever acts may do: it has something else than before that may be less.
pub(super) fn turns_on_own_power(compared: &[Judged], circumstances: &Circumstances) -> bool {
    compared.iter().any(|judged| {
        let known = &judged.by_what_was_read;
        let power = |access: &Access| circumstances.power(&known.principal, access).least;
        circumstances.is_acting(&known.principal)
            && known.takes_away()
            && known.change == AccessChange::Changes
            && judged.unread().is_none()
            && power(&known.after) < Power::WritesAwsAuth
            && power(&known.before) < Power::WritesAwsAuth
    })
}

struct Rules<'a> {
    judged: &'a Judged,
    circumstances: &'a Circumstances,
}

impl Rules<'_> {
    /// Losing access, or the right to write aws-auth that it had. What it never had it does not lose.
    fn running(&self) -> Option<Finding> {
        let known = &self.judged.by_what_was_read;
        if !known.takes_away() {
            return None;
        }
        let acting = self.circumstances.acting_as(&known.principal);
        if acting
            .is_some_and(|acting| acting.is_beside_the_rules(|_| self.judged.shown.before.clone()))
        {
            return None;
        }
        if let Some(reason) = self.judged.unread() {
            // Whoever acts is not locked out by a change that nobody could judge.
            let is_judged = acting.is_some() || self.is_strict() || known.leaves_unknown();
            return is_judged.then(|| {
                self.finding(FindingId::RunningIdentity, Severity::Error)
                    .with_note(&format!(
                        "whether it keeps its access is not known: {reason}"
                    ))
            });
        }
        let power = |access: &Access| self.circumstances.power(&known.principal, access);
        let (by_rules, after) = (power(&known.before), power(&known.after));
        // A name that the server cannot render lets it in neither before nor after.
        let entered = by_rules.most > Power::Nothing || by_rules.is_unread;
        if !entered {
            return None;
        }
        if known.change == AccessChange::Loses {
            return Some(self.finding(FindingId::RunningIdentity, Severity::Error));
        }
        let before = acting.map_or(by_rules, |acting| acting.power_before(by_rules));
        if known.is_worse_by(&self.reaching(Power::Enters, before)) {
            return Some(self.finding(FindingId::RunningIdentity, Severity::Error));
        }
        if !known.is_worse_by(&self.reaching(Power::WritesAwsAuth, before)) {
            return None;
        }
        if !after.is_unread || after.most >= Power::WritesAwsAuth {
            return Some(self.finding(FindingId::RunningIdentity, Severity::Error));
        }
        let note =
            "whether it may still write aws-auth is not known, because RBAC could not be read";
        let is_judged =
            acting.is_some() || self.is_strict() || before.least >= Power::WritesAwsAuth;
        let (id, severity) = if is_judged {
            (FindingId::RunningIdentity, Severity::Error)
        } else {
            (FindingId::Unreadable, Severity::Warning)
        };
        Some(self.finding(id, severity).with_note(note))
    }

    /// Less than before: access, groups, policies or power. With power over everything nothing is missing.
    fn protected(&self) -> Option<Finding> {
        let known = &self.judged.by_what_was_read;
        if !known.takes_away() {
            return None;
        }
        if let Some(reason) = self.judged.unread() {
            let note = format!("whether it keeps its access is not known: {reason}");
            let (id, severity) = match known.leaves_unknown() {
                true => (FindingId::ProtectedPrincipal, Severity::Error),
                false => (FindingId::Unreadable, self.severity_of_unread()),
            };
            return Some(self.finding(id, severity).with_note(&note));
        }
        let power = |access: &Access| self.circumstances.power(&known.principal, access);
        let (before, after) = (power(&known.before), power(&known.after));
        let has_all = after.least == Power::ClusterAdmin;
        let is_unread = !has_all && before.is_unread && self.is_strict();
        let is_less = known.is_worse_by(&Rights {
            circumstances: self.circumstances,
            principal: &known.principal,
        });
        (is_less || is_unread).then(|| self.finding(FindingId::ProtectedPrincipal, Severity::Error))
    }

    /// Weighs outcomes by whether they surely reach a power; `before` is what whoever loses it had.
    fn reaching(&self, power: Power, before: PowerRange) -> Reaching<'_> {
        let known = &self.judged.by_what_was_read;
        let by_rules = self.circumstances.power(&known.principal, &known.before);
        Reaching {
            circumstances: self.circumstances,
            principal: &known.principal,
            power,
            had: if !before.may_reach(power) {
                Had::Nothing
            } else if by_rules.may_reach(power) {
                Had::ByRules
            } else {
                Had::Otherwise
            },
        }
    }

    /// Whoever acts or is protected, under a guard to which the unread counts against the change.
    fn unreadable(&self) -> Option<Finding> {
        let is_unknown = self.judged.shown.change == AccessChange::Unknown;
        (is_unknown && self.is_strict())
            .then(|| self.finding(FindingId::Unreadable, Severity::Error))
    }

    fn reduced(&self) -> Option<Finding> {
        if !self.judged.by_what_was_read.takes_away() {
            return None;
        }
        match self.judged.unread() {
            None => Some(self.finding(FindingId::ReducedAccess, Severity::Warning)),
            Some(reason) => Some(
                self.finding(FindingId::Unreadable, self.severity_of_unread())
                    .with_note(&format!("whether it loses anything is not known: {reason}")),
            ),
        }
    }

    fn finding(&self, id: FindingId, severity: Severity) -> Finding {
        // What was read says more than that something was not, wherever it says anything.
        let comparison = match self.judged.by_what_was_read.change {
            AccessChange::Same => &self.judged.shown,
            _ => &self.judged.by_what_was_read,
        };
        Finding::new(id, severity, &self.circumstances.cluster, comparison)
    }

    fn is_strict(&self) -> bool {
        self.circumstances.unread == Unread::Against
    }

    fn severity_of_unread(&self) -> Severity {
        if self.is_strict() {
            Severity::Error
        } else {
            Severity::Warning
        }
    }
}

/// Which outcomes gave a power before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Had {
    /// None.
    Nothing,
    /// Those of which the rules say so.
    ByRules,
    /// All: the API server says so, and the rules do not show by which.
    Otherwise,
}

/// Weighs outcomes by whether they reach a power.
struct Reaching<'a> {
    circumstances: &'a Circumstances,
    principal: &'a Principal,
    power: Power,
    had: Had,
}

impl Weigh for Reaching<'_> {
    fn has(&self, outcome: &Grant) -> bool {
        match self.had {
            Had::Nothing => false,
            Had::Otherwise => true,
            Had::ByRules => self
                .circumstances
                .power_of(self.principal, outcome)
                .may_reach(self.power),
        }
    }

    fn is_less(&self, old: &Grant, new: &Grant) -> bool {
        let range = self.circumstances.power_of(self.principal, new);
        self.has(old) && range.least < self.power
    }
}

/// Weighs outcomes by groups, policies, power and being a node. With power over everything nothing is missing.
struct Rights<'a> {
    circumstances: &'a Circumstances,
    principal: &'a Principal,
}

impl Weigh for Rights<'_> {
    fn has(&self, outcome: &Grant) -> bool {
        let range = self
            .circumstances
            .power_in_any_session(self.principal, outcome);
        range.most > Power::Nothing || range.is_unread
    }

    fn is_less(&self, old: &Grant, new: &Grant) -> bool {
        let range = |outcome| {
            self.circumstances
                .power_in_any_session(self.principal, outcome)
        };
        let (before, after) = (range(old), range(new));
        // What a session's name decides may be another one's by another name.
        let is_open = before.is_by_name && old.username != new.username;
        let is_no_node_any_more = admits_nodes(old) && !admits_nodes(new);
        self.has(old)
            && after.least < Power::ClusterAdmin
            && (is_open
                || is_no_node_any_more
                || after.least < before.least
                || after.most < before.most
                || takes_rights(old, new))
    }
}
