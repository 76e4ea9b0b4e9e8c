//! Pauses between attempts, and waiting that Ctrl-C ends.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::ports::Clock;

/// Pauses that double from the first to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    /// The pause after the first attempt.
    pub(crate) first: Duration,
    /// No pause is longer.
    pub(crate) longest: Duration,
}

/// The wait was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cancelled;

impl Backoff {
    /// The pause after an attempt, which count from 1.
    pub(crate) fn pause(self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(10);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }

    /// The same, of which half is chance: writers who met once do not meet again.
    pub(crate) fn jittered(self, attempt: u32) -> Duration {
        let full = self.pause(attempt);
        let chance = RandomState::new().build_hasher().finish() % 1000;
        full / 2 + full.mul_f64(chance as f64 / 2000.0)
    }
}

/// Waits, unless the operation is cancelled first.
///
/// # Errors
/// It was cancelled.
pub(crate) async fn wait(
    clock: &dyn Clock,
    cancel: &CancellationToken,
    pause: Duration,
) -> Result<(), Cancelled> {
    tokio::select! {
        () = cancel.cancelled() => Err(Cancelled),
        () = clock.sleep(pause) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_half_of_a_jittered_one_is_certain() {
        let backoff = Backoff {
            first: Duration::from_millis(50),
            longest: Duration::from_secs(2),
        };
        let pauses = [1, 2, 3, 6, 7, 40].map(|attempt| backoff.pause(attempt).as_millis());
        assert_eq!(pauses, [50, 100, 200, 1600, 2000, 2000]);
        for attempt in 1..50 {
            let (full, jittered) = (backoff.pause(attempt), backoff.jittered(attempt));
            assert!(jittered >= full / 2 && jittered <= full, "{jittered:?}");
        }
    }
}
