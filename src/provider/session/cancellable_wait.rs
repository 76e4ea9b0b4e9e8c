//! Waiting that Ctrl-C ends.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::ports::Clock;

/// The wait was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cancelled;

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
