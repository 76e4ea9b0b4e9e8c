//! How many worlds went how.

use std::{collections::BTreeMap, fmt};

use crate::failure::{Failure, Outcome};

use super::change::Kind;

/// Counts of a run.
#[derive(Default)]
pub(super) struct Tally {
    /// Worlds in which a change was tried, by its kind.
    pub(super) worlds: BTreeMap<Kind, usize>,
    /// Written, and nothing taken that must stay.
    pub(super) written: usize,
    /// Refused, and rightly: by the finding.
    pub(super) refused: BTreeMap<&'static str, usize>,
    /// Written though the last administrator goes, with the warning that whoever acts is one.
    pub(super) allowed: usize,
    /// Something was taken or refused that could not be judged, and said by name.
    pub(super) unread: usize,
    /// Written because it was acknowledged.
    pub(super) acknowledged: usize,
    /// Neither written nor refused by the guard.
    pub(super) not_made: usize,
    /// Plans of which `check-plan` was asked.
    pub(super) checked: usize,
    /// Those that the apply refused.
    pub(super) checks_refused: usize,
    /// Those of which it could not find out what it was asked.
    pub(super) checks_open: usize,
    /// Changes that reduce somebody and take nothing that must stay.
    pub(super) reductions: usize,
    /// Those that were refused nevertheless.
    pub(super) false_refusals: Vec<String>,
    pub(super) failures: Vec<String>,
}

impl Tally {
    /// Fails for every world in which something was taken, and where more than one in a hundred of the harmless reductions was refused.
    pub(super) fn verdict(&self) -> Outcome {
        let mut reasons = self.failures.clone();
        if self.false_refusals.len() * 100 > self.reductions {
            reasons.push(format!(
                "{} of {} reductions that take nothing are refused:\n{}",
                self.false_refusals.len(),
                self.reductions,
                self.false_refusals.join("\n")
            ));
        }
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(Failure::new(reasons.join("\n\n")))
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "worlds {:?}: {} written, refused {:?}, {} allowed to whoever is an admin anyway, {} not readable and named, {} acknowledged, {} not made; \
             {} of {} harmless reductions refused; {} plans checked, {} of them refused, {} without an answer",
            self.worlds,
            self.written,
            self.refused,
            self.allowed,
            self.unread,
            self.acknowledged,
            self.not_made,
            self.false_refusals.len(),
            self.reductions,
            self.checked,
            self.checks_refused,
            self.checks_open
        )
    }
}
