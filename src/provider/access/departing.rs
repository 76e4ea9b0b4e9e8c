//! What of a cluster goes where all of a configuration goes, as its plan names it: so that what whoever acts still needs goes after what needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::ports::Clock;

const INTERVAL: Duration = Duration::from_millis(500);

/// So long the last of a teardown waits for others of which none goes.
const MOST_QUIET: Duration = Duration::from_secs(45);

/// When one that waits goes, among others that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Nothing that waits is removed by it.
    First,
    /// What else waits may be removed by it.
    Last,
}

/// The planned removals of one cluster that came this far.
#[derive(Default)]
pub(crate) struct Departing(Mutex<Departed>);

#[derive(Default)]
struct Departed {
    /// Those that are gone.
    gone: BTreeSet<String>,
    /// Those that could not go.
    failed: BTreeSet<String>,
    /// Those that wait for all others.
    waiting: BTreeMap<String, Stage>,
}

impl Departing {
    /// Notes that one waits for all others.
    pub(crate) fn note_waiting(&self, one: &str, stage: Stage) {
        self.departed().waiting.insert(one.to_owned(), stage);
    }

    /// Notes that one is gone, or could not go.
    pub(crate) fn note_settled(&self, one: &str, is_gone: bool) {
        let mut departed = self.departed();
        match is_gone {
            true => departed.gone.insert(one.to_owned()),
            false => departed.failed.insert(one.to_owned()),
        };
    }

    /// How many of planned removals are still to come, for one that waits itself.
    pub(crate) fn still_to_come(&self, planned: &BTreeSet<String>) -> usize {
        self.open_before(planned, Stage::First)
    }

    /// The same for one that goes at a stage: those that wait for an earlier one go before it.
    pub(crate) fn open_before(&self, planned: &BTreeSet<String>, stage: Stage) -> usize {
        let departed = self.departed();
        let is_open = |one: &&String| {
            let is_settled = departed.gone.contains(*one) || departed.failed.contains(*one);
            let waits_as_well = departed.waiting.get(*one).is_some_and(|of| *of >= stage);
            !is_settled && !waits_as_well
        };
        planned.iter().filter(is_open).count()
    }

    /// How many of planned removals are neither done nor given up, whatever they wait for.
    pub(crate) fn unsettled(&self, planned: &BTreeSet<String>) -> usize {
        let departed = self.departed();
        let is_open =
            |one: &&String| !departed.gone.contains(*one) && !departed.failed.contains(*one);
        planned.iter().filter(is_open).count()
    }

    /// How many of planned removals could not be done.
    pub(crate) fn failed(&self, planned: &BTreeSet<String>) -> usize {
        planned.intersection(&self.departed().failed).count()
    }

    fn departed(&self) -> MutexGuard<'_, Departed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until nothing is open, as long as something goes on; how much is open then.
pub(crate) async fn awaited(clock: &dyn Clock, open: impl Fn() -> usize + Send) -> usize {
    let (mut last, mut quiet) = (open(), Duration::ZERO);
    while last > 0 && quiet < MOST_QUIET {
        clock.sleep(INTERVAL).await;
        let now = open();
        quiet = match now == last {
            true => quiet + INTERVAL,
            false => Duration::ZERO,
        };
        last = now;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn one_that_waits_is_passed_by_those_that_wait_too_and_by_nobody_else() {
        let departing = Departing::default();
        let planned = set(&["a", "b", "c"]);
        departing.note_waiting("a", Stage::First);
        departing.note_settled("b", true);
        assert_eq!(departing.still_to_come(&planned), 1);
        assert_eq!(departing.unsettled(&planned), 2);
    }

    #[test]
    fn one_that_removes_others_goes_after_those_that_wait_too() {
        let departing = Departing::default();
        let planned = set(&["early", "late", "later"]);
        departing.note_waiting("early", Stage::First);
        departing.note_waiting("late", Stage::Last);
        departing.note_waiting("later", Stage::Last);
        assert_eq!(departing.open_before(&planned, Stage::First), 0);
        assert_eq!(departing.open_before(&planned, Stage::Last), 1);
        departing.note_settled("early", true);
        assert_eq!(departing.open_before(&planned, Stage::Last), 0);
    }

    #[test]
    fn one_that_could_not_go_is_settled_and_counted() {
        let departing = Departing::default();
        let planned = set(&["a", "b"]);
        departing.note_settled("a", false);
        departing.note_settled("b", true);
        assert_eq!(departing.still_to_come(&planned), 0);
        assert_eq!(departing.unsettled(&planned), 0);
        assert_eq!(departing.failed(&planned), 1);
    }
}
