//! What of a cluster goes where all of a configuration goes, as its plan names it: so that what whoever acts still needs goes after what needs it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::ports::Clock;

const INTERVAL: Duration = Duration::from_millis(500);

/// So long the last of a teardown waits for others of which none goes.
const MOST_QUIET: Duration = Duration::from_secs(45);

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
    waiting: BTreeSet<String>,
}

impl Departing {
    /// Notes that one waits for all others.
    pub(crate) fn note_waiting(&self, one: &str) {
        self.departed().waiting.insert(one.to_owned());
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
        let departed = self.departed();
        let is_open = |one: &&String| {
            let sets = [&departed.gone, &departed.failed, &departed.waiting];
            !sets.iter().any(|set| set.contains(*one))
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
        departing.note_waiting("a");
        departing.note_settled("b", true);
        assert_eq!(departing.still_to_come(&planned), 1);
        assert_eq!(departing.unsettled(&planned), 2);
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
