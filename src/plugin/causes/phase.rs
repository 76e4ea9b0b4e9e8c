//! Whether this process plans or applies, which Terraform does not say: it is told by what was asked before.

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
    /// both. Then a plan that was noted in this folder before says that this may be its apply, unless the command is a plan.
    pub(super) fn phase(&mut self, claims: &Claims) -> Phase {
        if let Some(seen) = self.seen {
            return seen;
        }
        *self.presumed.get_or_insert_with(|| {
            if claims.may_follow_a_plan() && !is_plan_command() {
                Phase::Apply
            } else {
                Phase::Plan
            }
        })
    }
}

/// True where the process that started this one was run as `terraform plan`.
#[cfg(target_os = "linux")]
fn is_plan_command() -> bool {
    let parent = std::os::unix::process::parent_id();
    let Ok(line) = std::fs::read(format!("/proc/{parent}/cmdline")) else {
        return false;
    };
    let mut words = line.split(|byte| *byte == 0).skip(1);
    words.find(|word| !word.starts_with(b"-")) == Some(b"plan".as_slice())
}

/// Not known here.
#[cfg(not(target_os = "linux"))]
fn is_plan_command() -> bool {
    false
}
