//! How often and how long an API server is asked again. AWS has its own in the SDK (see `aws::config`).

use std::time::Duration;

use eksauth_provider::ports::{ApiError, ErrorKind};

/// Waits before the second, third and fourth attempt.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_millis(1000),
    Duration::from_millis(3000),
];

/// How long to wait before trying again; `None` where trying again is of no use or is not safe.
///
/// A write whose answer was lost is never repeated: the caller reads back what became of it.
pub(crate) fn pause(error: &ApiError, is_read: bool, attempts: u32) -> Option<Duration> {
    let again = match error.kind {
        ErrorKind::Throttled => true,
        // A certificate that was refused is refused again.
        ErrorKind::Unreachable => error.code.is_none(),
        ErrorKind::Service => is_read,
        _ => false,
    };
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    PAUSES.get(index).copied().filter(|_| again)
}
