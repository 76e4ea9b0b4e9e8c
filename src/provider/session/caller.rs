//! The identity behind the configuration, asked once, and whether the provider block wants to work in its account.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::config::Settings;
use crate::ports::sts::CallerIdentity;
use crate::ports::{ApiError, Cloud, ErrorKind};

/// The calling identity of one configuration.
pub(crate) struct Caller {
    settings: Arc<Settings>,
    cloud: Option<Arc<dyn Cloud>>,
    identity: OnceCell<CallerIdentity>,
}

impl Caller {
    pub(crate) fn new(settings: Arc<Settings>, cloud: Option<Arc<dyn Cloud>>) -> Self {
        Self {
            settings,
            cloud,
            identity: OnceCell::new(),
        }
    }

    /// The caller, if the provider block allows its account. A failure is not kept: the next call asks again.
    pub(crate) async fn identity(&self) -> Result<CallerIdentity, ApiError> {
        let cloud = self.known()?;
        let identity = self
            .identity
            .get_or_try_init(|| async { cloud.sts().caller_identity().await })
            .await?;
        self.settings.admit(identity)?;
        Ok(identity.clone())
    }

    /// The clients, for any use: with account lists in the provider block the caller is asked first.
    pub(crate) async fn admitted(&self) -> Result<&Arc<dyn Cloud>, ApiError> {
        if self.settings.limits_accounts() {
            self.identity().await?;
        }
        self.known()
    }

    fn known(&self) -> Result<&Arc<dyn Cloud>, ApiError> {
        self.cloud.as_ref().ok_or_else(|| {
            ApiError::new(
                ErrorKind::NoCredentials,
                "provider configuration",
                "the provider block depends on values that are known only after apply",
            )
        })
    }
}
