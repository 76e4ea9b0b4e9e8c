//! What of a cluster goes where all of a configuration goes, as its plan names it: so that what whoever acts still needs goes after what needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::ports::Clock;

/// Entries of aws-auth that go are looked for so often; the rest says by itself that it has gone.
const INTERVAL: Duration = Duration::from_millis(100);

/// So long the last of a teardown waits for others of which none goes.
pub(crate) const MOST_QUIET: Duration = Duration::from_secs(45);

/// When one that waits goes, among others that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// No role or binding is removed by it.
    First,
    /// Roles and RoleBindings of its own namespace may be removed by it, itself among them.
    InNamespace,
    /// Roles and RoleBindings may be removed by it, which is of the whole cluster.
    OfNamespaces,
    /// ClusterRoles and ClusterRoleBindings may be removed by it, together with others.
    InPart,
    /// ClusterRoles and ClusterRoleBindings are removed by it alone.
    Last,
}

impl Stage {
    /// Whether those of the stage may need one another, so that they go at the same moment.
    fn is_at_once(self) -> bool {
        matches!(self, Self::InNamespace | Self::InPart)
    }
}

/// The planned removals of one cluster that came this far.
#[derive(Default)]
pub(crate) struct Departing {
    departed: Mutex<Departed>,
    changed: Notify,
}

#[derive(Default)]
struct Departed {
    /// Those that are gone.
    gone: BTreeSet<String>,
    /// Those that could not go.
    failed: BTreeSet<String>,
    /// Those that wait for all others.
    waiting: BTreeMap<String, Stage>,
    /// Those whose turn has come, and that wait for others of their stage.
    ready: BTreeSet<String>,
    /// The first that waits and by itself gives whoever acts every right.
    covering: Option<String>,
}

impl Departing {
    /// Notes that one waits for all others.
    pub(crate) fn note_waiting(&self, one: &str, stage: Stage) {
        self.departed().waiting.insert(one.to_owned(), stage);
        self.changed.notify_waiters();
    }

    /// Notes that one waits that by itself gives whoever acts every right. As long as it waits no other binding of whoever acts is needed, so those go at once: they
    /// would keep Terraform from asking for what all of them wait for. It waits for them too, whatever their stage.
    pub(crate) fn note_covering(&self, one: &str) {
        {
            let mut departed = self.departed();
            if departed.covering.is_some() {
                return;
            }
            departed.covering = Some(one.to_owned());
            departed.waiting.retain(|waiting, _| waiting == one);
        }
        self.changed.notify_waiters();
    }

    /// Whether another than this one gives whoever acts every right meanwhile. This one then waits no more.
    pub(crate) fn is_covered(&self, one: &str) -> bool {
        let mut departed = self.departed();
        let is_covered = departed.covering.as_deref().is_some_and(|by| by != one);
        if is_covered {
            departed.waiting.remove(one);
        }
        is_covered
    }

    /// Notes that one is gone, or could not go.
    pub(crate) fn note_settled(&self, one: &str, is_gone: bool) {
        {
            let mut departed = self.departed();
            match is_gone {
                true => departed.gone.insert(one.to_owned()),
                false => departed.failed.insert(one.to_owned()),
            };
        }
        self.changed.notify_waiters();
    }

    /// Waits until those of its stage are as far as one whose turn has come, if they may need one another: then all of them go at the same moment. How many are not
    /// as far.
    pub(crate) async fn with_its_stage(
        &self,
        clock: &dyn Clock,
        one: &str,
        planned: &BTreeSet<String>,
    ) -> usize {
        let Some(stage) = self.departed().waiting.get(one).copied() else {
            return 0;
        };
        if !stage.is_at_once() {
            return 0;
        }
        self.departed().ready.insert(one.to_owned());
        self.changed.notify_waiters();
        let open = self.awaited(clock, || self.not_ready(planned, stage)).await;
        // Those who waited were told a moment ago.
        tokio::task::yield_now().await;
        open
    }

    fn not_ready(&self, planned: &BTreeSet<String>, stage: Stage) -> usize {
        let departed = self.departed();
        let is_open = |one: &&String| {
            let sets = [&departed.gone, &departed.failed, &departed.ready];
            let is_of_stage = departed.waiting.get(*one) == Some(&stage);
            is_of_stage && !sets.iter().any(|set| set.contains(*one))
        };
        planned.iter().filter(is_open).count()
    }

    /// Waits until nothing is open, as long as something goes on; how much is open then.
    pub(crate) async fn awaited(
        &self,
        clock: &dyn Clock,
        open: impl Fn() -> usize + Send,
    ) -> usize {
        self.awaited_for(clock, MOST_QUIET, open).await
    }

    /// The same, which gives up once nothing has gone on for so long.
    pub(crate) async fn awaited_for(
        &self,
        clock: &dyn Clock,
        most_quiet: Duration,
        open: impl Fn() -> usize + Send,
    ) -> usize {
        let mut quiet = Duration::ZERO;
        let mut last = open();
        loop {
            let changed = self.changed.notified();
            let now = open();
            if now != last {
                quiet = Duration::ZERO;
            }
            last = now;
            if now == 0 || quiet >= most_quiet {
                return now;
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = clock.sleep(INTERVAL) => quiet = quiet.saturating_add(INTERVAL),
            }
        }
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
        self.departed.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    fn one_that_gives_every_right_waits_alone() {
        let departing = Departing::default();
        let planned = set(&["early", "all", "second"]);
        for one in ["early", "all"] {
            departing.note_waiting(one, Stage::Last);
            assert!(!departing.is_covered(one));
        }
        departing.note_covering("all");
        departing.note_waiting("second", Stage::Last);
        departing.note_covering("second");
        assert_eq!(
            ["early", "all", "second"].map(|one| departing.is_covered(one)),
            [true, false, true]
        );
        assert_eq!(departing.open_before(&planned, Stage::Last), 2);
        departing.note_settled("early", true);
        departing.note_settled("second", true);
        assert_eq!(departing.open_before(&planned, Stage::Last), 0);
    }

    #[tokio::test]
    async fn those_that_need_one_another_go_at_the_same_moment() {
        let departing = Departing::default();
        let clock = crate::fakes::FakeClock::default();
        let planned = set(&["a", "b", "last"]);
        departing.note_waiting("a", Stage::InPart);
        departing.note_waiting("b", Stage::InPart);
        departing.note_waiting("last", Stage::Last);
        assert_eq!(
            departing.with_its_stage(&clock, "last", &planned).await,
            0,
            "by it alone"
        );
        assert_eq!(departing.with_its_stage(&clock, "a", &planned).await, 1);
        assert_eq!(departing.with_its_stage(&clock, "b", &planned).await, 0);
        assert_eq!(departing.with_its_stage(&clock, "a", &planned).await, 0);
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
