//! What was read and is believed for a moment: nothing that was read before a change is believed after it.
//!
//! Terraform plans again during apply, in the same process in which it destroyed and made things, and others change things meanwhile. Nobody says when
//! that begins. So every reading is shared by all who ask at about the same time and is believed for a moment, at plan and at apply alike: a thousand
//! objects are planned in seconds and would otherwise ask a thousand times.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::ports::Clock;

/// So long what was read is believed. No cluster is replaced by another one in less.
pub(crate) const MOMENT: Duration = Duration::from_secs(3);

/// So long at most a list is believed that a refresh goes on with. What others change meanwhile is seen by the next one.
const LONGEST_REFRESH: Duration = Duration::from_secs(60);

/// For what a list is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The state of things is read again: one picture of the cluster serves all of it, however long it takes.
    AtRefresh,
    /// What a change will do is told: it is to be of this moment.
    AtPlan,
    /// What all changes of a plan do is told: one picture serves all of them, however many there are. Apply judges by what there is then.
    ThroughoutPlan,
}

/// When a list was read, and when it was last of use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListAge {
    ended: SystemTime,
    took: Duration,
    used: SystemTime,
}

impl ListAge {
    /// Of a list that was just read.
    pub(crate) fn new(began: SystemTime, ended: SystemTime) -> Self {
        Self {
            ended,
            took: ended.duration_since(began).unwrap_or_default(),
            used: ended,
        }
    }

    /// Whether the list answers now. A refresh goes on with one as long as its questions follow one another within a moment.
    pub(crate) fn answers(&mut self, asked: Asked, now: SystemTime) -> bool {
        let since = |time: SystemTime| now.duration_since(time).unwrap_or_default();
        // What took long to read is believed as long as it took.
        let is_recent = since(self.ended) < MOMENT.max(self.took);
        let goes_on = since(self.used) < MOMENT && since(self.ended) < LONGEST_REFRESH;
        let answers = is_recent || (asked != Asked::AtPlan && goes_on);
        if answers {
            self.used = now;
        }
        answers
    }
}

/// A value and when it was read; it is read anew once it is not recent any more. Those who ask meanwhile wait for the one who reads.
pub(crate) struct Recent<T> {
    last: tokio::sync::Mutex<Option<Reading<T>>>,
}

struct Reading<T> {
    value: Arc<T>,
    age: ListAge,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            last: tokio::sync::Mutex::default(),
        }
    }
}

impl<T> Recent<T> {
    /// What was read is not believed any more.
    pub(crate) async fn forget(&self) {
        *self.last.lock().await = None;
    }

    /// The value of a moment ago, or the one that `read` gives.
    pub(crate) async fn get<F: Future<Output = T>>(
        &self,
        clock: &dyn Clock,
        read: impl FnOnce() -> F,
    ) -> Arc<T> {
        self.get_for(Asked::AtPlan, clock, read).await
    }

    /// The same, which may be older than a moment where what it is for goes on with it.
    pub(crate) async fn get_for<F: Future<Output = T>>(
        &self,
        asked: Asked,
        clock: &dyn Clock,
        read: impl FnOnce() -> F,
    ) -> Arc<T> {
        let mut last = self.last.lock().await;
        let began = clock.now();
        if let Some(reading) = last.as_mut()
            && reading.age.answers(asked, began)
        {
            return reading.value.clone();
        }
        let value = Arc::new(read().await);
        let age = ListAge::new(began, clock.now());
        *last = Some(Reading {
            value: value.clone(),
            age,
        });
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::FakeClock;

    #[test]
    fn a_refresh_goes_on_with_its_list_and_a_plan_does_not() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let at = |seconds| start + Duration::from_secs(seconds);
        let fresh = || ListAge::new(start, start);
        let mut age = fresh();
        let until = (0..90)
            .step_by(2)
            .take_while(|second| age.answers(Asked::AtRefresh, at(*second)));
        assert_eq!(until.last(), Some(58));

        let mut age = fresh();
        assert!(age.answers(Asked::AtRefresh, at(2)));
        assert!(
            !age.answers(Asked::AtPlan, at(3)),
            "others may have changed it"
        );
        assert!(
            !age.answers(Asked::AtRefresh, at(5)),
            "nobody asked for a moment"
        );

        let mut slow = ListAge::new(start, at(10));
        assert!(slow.answers(Asked::AtPlan, at(19)));
        assert!(!slow.answers(Asked::AtPlan, at(20)));
    }

    #[tokio::test]
    async fn a_reading_is_shared_for_a_moment_or_as_long_as_it_took() {
        let clock = FakeClock::default();
        let recent = Recent::default();
        let read = |value: u8, takes: u64| {
            let (recent, clock) = (&recent, &clock);
            async move {
                let reading = || async {
                    clock.sleep(Duration::from_secs(takes)).await;
                    value
                };
                *recent.get(clock, reading).await
            }
        };
        assert_eq!(read(1, 0).await, 1);
        clock.advance(Duration::from_secs(2));
        assert_eq!(read(2, 0).await, 1);
        clock.advance(Duration::from_secs(1));
        assert_eq!(read(3, 10).await, 3);
        clock.advance(Duration::from_secs(9));
        assert_eq!(read(4, 0).await, 3);
        clock.advance(Duration::from_secs(1));
        assert_eq!(read(5, 0).await, 5);
    }

    #[tokio::test]
    async fn a_plan_goes_on_with_a_reading_and_a_write_does_not() {
        let clock = FakeClock::default();
        let recent = Recent::default();
        for value in 0..10_u8 {
            let found = recent.get_for(Asked::ThroughoutPlan, &clock, || async move { value });
            assert_eq!(*found.await, 0);
            clock.advance(Duration::from_secs(2));
        }
        clock.advance(Duration::from_secs(1));
        assert_eq!(*recent.get(&clock, || async { 10 }).await, 10);
    }
}
