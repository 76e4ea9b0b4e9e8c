//! The write before, by which the next one knows for whom to wait.

use std::time::{Duration, SystemTime};

/// So long at least a batch waits for the next of those that were answered last: Terraform starts as many as have ended, one after another. Where a
/// write takes longer, it waits as long as that: one write more would cost no less.
const PATIENCE: Duration = Duration::from_millis(100);
/// It waits for them no longer than this.
const MOST_PATIENCE: Duration = Duration::from_secs(1);

/// The write before.
pub(super) struct LastWrite {
    /// How many changes Terraform had under way when it ended: those answered, who will be back, and those that had come meanwhile.
    pub(super) under_way: usize,
    pub(super) took: Duration,
    pub(super) ended: SystemTime,
}

impl Default for LastWrite {
    fn default() -> Self {
        Self {
            under_way: 0,
            took: Duration::ZERO,
            ended: SystemTime::UNIX_EPOCH,
        }
    }
}

impl LastWrite {
    /// For whom the next write waits. Whoever did not come at once is busy with something else.
    pub(super) fn expected_next(&self, now: SystemTime) -> Expected {
        let ago = now.duration_since(self.ended).unwrap_or_default();
        let is_recent = ago <= MOST_PATIENCE;
        Expected {
            changes: if is_recent { self.under_way } else { 0 },
            patience: self.took.clamp(PATIENCE, MOST_PATIENCE),
        }
    }
}

/// For whom a write waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// How many changes it will be for.
    pub(super) changes: usize,
    /// How long each further one is waited for.
    pub(super) patience: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(took: u64) -> LastWrite {
        LastWrite {
            under_way: 10,
            took: Duration::from_millis(took),
            ended: SystemTime::UNIX_EPOCH + Duration::from_secs(100),
        }
    }

    #[test]
    fn those_answered_are_waited_for_as_long_as_a_write_takes_and_within_bounds() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let expected = |took, later| last(took).expected_next(now + Duration::from_millis(later));
        let expected_changes = |changes, patience| Expected {
            changes,
            patience: Duration::from_millis(patience),
        };
        assert_eq!(expected(30, 0), expected_changes(10, 100));
        assert_eq!(expected(400, 1000), expected_changes(10, 400));
        assert_eq!(expected(9000, 0), expected_changes(10, 1000));
        assert_eq!(
            expected(400, 1001),
            expected_changes(0, 400),
            "who did not come back within a second is not waited for"
        );
        assert_eq!(
            LastWrite::default().expected_next(now),
            expected_changes(0, 100)
        );
    }
}
