//! A way to nowhere: the provider is asked for its schemas only, and they need nobody.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use eksauth_provider::ports::{ApiError, AwsSettings, Clock, Cloud, CloudFactory, ErrorKind};

/// A cloud that cannot be reached, at the beginning of time.
pub(crate) struct NoCloud;

#[async_trait]
impl CloudFactory for NoCloud {
    async fn connect(&self, _settings: AwsSettings) -> Result<Arc<dyn Cloud>, ApiError> {
        Err(ApiError::new(
            ErrorKind::Unreachable,
            "docgen",
            "the generator of the pages connects to nothing",
        ))
    }
}

#[async_trait]
impl Clock for NoCloud {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    // Nothing here waits.
    async fn sleep(&self, _duration: Duration) {}
}
