//! Whether this process plans or applies, which Terraform does not say: it is told by what was asked before.

use super::command::Command;
use crate::claims::Claims;

/// What a walk of Terraform is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// A plan: an error of any object fails it, and nothing is changed.
    Plan,
    /// An apply: what is planned in it is applied at once.
    Apply,
}

/// What was seen of the walk so far.
#[derive(Default)]
pub(super) struct Evidence {
    seen: Option<Phase>,
    /// What the surroundings say, asked once.
    presumed: Option<Phase>,
}

impl Evidence {
    /// Notes a step that only one kind of walk has. True if another kind of walk begins with it.
    pub(super) fn note(&mut self, phase: Phase) -> bool {
        let before = self.seen.replace(phase);
        before.is_some_and(|before| before != phase)
    }

    /// The kind of walk. Terraform reads objects at plan only, and applies them at apply only; a walk that makes new objects plans them first in
    /// both. Then the command and the walks before tell it.
    pub(super) fn phase(&mut self, claims: &Claims) -> Phase {
        if let Some(seen) = self.seen {
            return seen;
        }
        *self
            .presumed
            .get_or_insert_with(|| presumed(Command::of_parent(), claims))
    }
}

/// What a walk is for that planned an object first. Where it cannot be told it is an apply, in which an object without an answer fails.
pub(super) fn presumed(command: Command, claims: &Claims) -> Phase {
    let is_apply = match command {
        Command::Plan => false,
        Command::ApplySaved => true,
        Command::PlanAndApply => claims.has_earlier_walk_of_its_process().unwrap_or(true),
        Command::Unknown => claims.may_follow_a_plan(),
    };
    if is_apply { Phase::Apply } else { Phase::Plan }
}
