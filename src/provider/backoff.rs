//! How long to wait before the next attempt, everywhere in the provider: the pause doubles with each failure up to a longest one.

use std::time::Duration;

/// The longest pause that is made because a service asks for it.
const LONGEST_ASKED: Duration = Duration::from_secs(30);

/// The pauses between the attempts of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The pause after the first failure.
    pub first: Duration,
    /// No pause is longer.
    pub longest: Duration,
}

impl Backoff {
    /// The pause after so many failures.
    pub fn pause(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }

    /// The same, half of it certain and half of it chance, so that those who met once do not meet again.
    pub fn jittered(&self, failures: u32) -> Duration {
        let half = self.pause(failures) / 2;
        half + half.mul_f64(fastrand::f64())
    }
}

/// A pause that is at least what the service asked for (`Retry-After`), as long as that is no more than half a minute.
pub fn at_least(pause: Duration, asked: Option<Duration>) -> Duration {
    pause.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_pause_doubles_up_to_the_longest() {
        let backoff = Backoff {
            first: SECOND,
            longest: 5 * SECOND,
        };
        let pauses: Vec<u64> = [0, 1, 2, 3, 4, 5, u32::MAX]
            .into_iter()
            .map(|failures| backoff.pause(failures).as_secs())
            .collect();
        assert_eq!(pauses, [1, 1, 2, 4, 5, 5, 5]);
        for failures in 1..100 {
            let jittered = backoff.jittered(failures);
            let whole = backoff.pause(failures);
            assert!(whole / 2 <= jittered && jittered <= whole, "{jittered:?}");
        }
    }

    #[test]
    fn a_service_may_ask_for_half_a_minute_at_most() {
        assert_eq!(at_least(SECOND, None), SECOND);
        assert_eq!(at_least(5 * SECOND, Some(SECOND)), 5 * SECOND);
        assert_eq!(at_least(SECOND, Some(7 * SECOND)), 7 * SECOND);
        assert_eq!(at_least(SECOND, Some(3600 * SECOND)), 30 * SECOND);
    }
}
