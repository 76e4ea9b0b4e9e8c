//! Time, so that tests need not wait.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

/// The time of day and the passing of time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> SystemTime;

    /// Waits.
    async fn sleep(&self, duration: Duration);
}
