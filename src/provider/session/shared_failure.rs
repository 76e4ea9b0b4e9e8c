//! A failure that everybody meets, kept for those who ask at the same time: forty objects wait for one answer that does not come, and not one after
//! the other for forty.

use std::time::{Duration, SystemTime};

use super::recent::MOMENT;
use crate::diagnostics::shared_cause::shared_cause;
use crate::ports::{ApiError, Clock};

/// A failure and when it came. What took long is believed as long as it took.
#[derive(Clone)]
pub(crate) struct SharedFailure {
    error: ApiError,
    ended: SystemTime,
    took: Duration,
}

impl SharedFailure {
    /// A failure that just came; `None` if it says nothing about the next call.
    pub(crate) fn new(error: &ApiError, began: SystemTime, clock: &dyn Clock) -> Option<Self> {
        shared_cause("", error)?;
        let ended = clock.now();
        Some(Self {
            error: error.clone(),
            ended,
            took: ended.duration_since(began).unwrap_or_default(),
        })
    }

    /// The failure of a call that is wanted at a moment.
    pub(crate) fn at(&self, asked: SystemTime) -> Option<ApiError> {
        let age = asked.duration_since(self.ended).unwrap_or_default();
        (age < MOMENT.max(self.took)).then(|| self.error.clone())
    }
}
