//! A clock that stands still until someone waits: then it has already passed.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::ports::Clock;

/// The clock.
pub struct FakeClock {
    now: Mutex<SystemTime>,
}

impl Default for FakeClock {
    /// 2025-01-01T00:00:00Z.
    fn default() -> Self {
        Self {
            now: Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_689_600)),
        }
    }
}

impl FakeClock {
    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) += duration;
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> SystemTime {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        tokio::task::yield_now().await;
    }
}
