//! The write before, by which the next one knows for whom to wait.

use std::time::{Duration, SystemTime};

/// So long at least a batch waits for the next of those that were answered last: Terraform starts as many as have ended, one after another. Where a
/// write takes longer, it waits as long as that: one write more would cost no less.
const PATIENCE: Duration = Duration::from_millis(100);
/// It waits for them no longer than this.
const MOST_PATIENCE: Duration = Duration::from_secs(1);

/// The write before.
pub(in crate::aws_auth) struct LastWrite {
    /// How many changes Terraform had under way when it ended: those answered, who will be back, and those that had come meanwhile.
    pub(in crate::aws_auth) lanes: usize,
    pub(in crate::aws_auth) took: Duration,
    pub(in crate::aws_auth) ended: SystemTime,
}

impl Default for LastWrite {
    fn default() -> Self {
        Self {
            lanes: 0,
            took: Duration::ZERO,
            ended: SystemTime::UNIX_EPOCH,
        }
    }
}

impl LastWrite {
    /// How many changes the next write will be for, and how long each is waited for. Whoever did not come at once is busy with something else.
    pub(in crate::aws_auth) fn expects(&self, now: SystemTime) -> (usize, Duration) {
        let patience = self.took.clamp(PATIENCE, MOST_PATIENCE);
        let ago = now.duration_since(self.ended).unwrap_or_default();
        let is_recent = ago <= MOST_PATIENCE;
        (if is_recent { self.lanes } else { 0 }, patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(took: u64) -> LastWrite {
        LastWrite {
            lanes: 10,
            took: Duration::from_millis(took),
            ended: SystemTime::UNIX_EPOCH + Duration::from_secs(100),
        }
    }

    #[test]
    fn those_answered_are_waited_for_as_long_as_a_write_takes_and_within_bounds() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let expects = |took, later| last(took).expects(now + Duration::from_millis(later));
        assert_eq!(expects(30, 0), (10, Duration::from_millis(100)));
        assert_eq!(expects(400, 1000), (10, Duration::from_millis(400)));
        assert_eq!(expects(9000, 0), (10, Duration::from_secs(1)));
        assert_eq!(
            expects(400, 1001),
            (0, Duration::from_millis(400)),
            "who did not come back within a second is not waited for"
        );
        assert_eq!(
            LastWrite::default().expects(now),
            (0, Duration::from_millis(100))
        );
    }
}
