//! The real clock behind the `Clock` port. Everything else in this room is given a clock, so that tests need not wait.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use eksauth_provider::ports::Clock;

/// The time of day of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
