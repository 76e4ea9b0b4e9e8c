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

/// A value and when it was read; it is read anew once it is not recent any more. Those who ask meanwhile wait for the one who reads.
pub(crate) struct Recent<T> {
    last: tokio::sync::Mutex<Option<Reading<T>>>,
}

struct Reading<T> {
    value: Arc<T>,
    ended: SystemTime,
    took: Duration,
}

impl<T> Reading<T> {
    /// What took long to read is believed as long as it took, so that reading never takes more than half of the time.
    fn is_recent(&self, now: SystemTime) -> bool {
        let age = now.duration_since(self.ended).unwrap_or_default();
        age < MOMENT.max(self.took)
    }
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
        let mut last = self.last.lock().await;
        let began = clock.now();
        if let Some(reading) = last.as_ref().filter(|reading| reading.is_recent(began)) {
            return reading.value.clone();
        }
        let value = Arc::new(read().await);
        let ended = clock.now();
        *last = Some(Reading {
            value: value.clone(),
            ended,
            took: ended.duration_since(began).unwrap_or_default(),
        });
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::FakeClock;

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
}
