//! One provider configuration at work, without any cluster: settings, clients, clock, and the identity behind them.
//!
//! Everything else of a configuration (clusters, writers, lists of roles) stands on a session and never the other way round.

mod account_check;
pub(crate) mod account_objects;
mod caller_account;
pub(crate) mod cancellable_wait;
pub(crate) mod consistency;
mod diagnostics;
pub(crate) mod object_claim;
pub(crate) mod policy_room;
pub(crate) mod recent;
pub(crate) mod shared_failure;

pub use caller_account::CallerAccount;
pub(crate) use diagnostics::CANNOT_TELL;

use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use crate::config::Settings;
use crate::diagnostics::shared_cause::UNKNOWN_BLOCK;
use crate::ports::sts::CallerIdentity;
use crate::ports::{ApiError, Clock, Cloud, ErrorKind, IamApi};
use shared_failure::SharedFailure;

/// What one ConfigureProvider call was given, and who is calling.
pub struct Session {
    settings: Settings,
    cloud: Option<Arc<dyn Cloud>>,
    clock: Arc<dyn Clock>,
    identity: OnceCell<CallerIdentity>,
    /// Why nobody could be told who is calling.
    unidentified: Mutex<Option<SharedFailure>>,
}

impl Session {
    /// A session. `cloud` is `None` while the provider block is not wholly known: then nothing is asked of anyone.
    pub fn new(settings: Settings, cloud: Option<Arc<dyn Cloud>>, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            cloud,
            clock,
            identity: OnceCell::new(),
            unidentified: Mutex::default(),
        }
    }

    /// The provider block beside its AWS part.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The clients; `None` while the provider block is not wholly known.
    pub fn cloud(&self) -> Option<&Arc<dyn Cloud>> {
        self.cloud.as_ref()
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Who is calling, if the provider block allows its account. Asked once; a failure is kept for those who ask at the same time.
    ///
    /// # Errors
    /// The call failed, the account is not one that the provider block allows, or the block is not wholly known.
    pub async fn identity(&self) -> Result<CallerIdentity, ApiError> {
        let cloud = self.known_cloud()?;
        let identity = match self.identity.get() {
            Some(identity) => identity,
            None => self.ask_for_identity(cloud).await?,
        };
        self.settings.admit(identity)?;
        Ok(identity.clone())
    }

    async fn ask_for_identity(&self, cloud: &Arc<dyn Cloud>) -> Result<&CallerIdentity, ApiError> {
        let asked = self.clock.now();
        let mut unidentified = self.unidentified.lock().await;
        if self.identity.get().is_none()
            && let Some(error) = unidentified.as_ref().and_then(|failure| failure.at(asked))
        {
            return Err(error);
        }
        let began = self.clock.now();
        let identity = self
            .identity
            .get_or_try_init(|| async { cloud.sts().caller_identity().await })
            .await;
        if let Err(error) = &identity {
            *unidentified = SharedFailure::new(error, began, self.clock.as_ref());
        }
        identity
    }

    /// The clients, for any use: with account lists in the provider block the caller's account is compared with them first.
    ///
    /// # Errors
    /// As [`identity`](Self::identity); without lists only that the block is not wholly known.
    pub async fn admitted(&self) -> Result<&Arc<dyn Cloud>, ApiError> {
        if self.settings.limits_accounts() {
            self.identity().await?;
        }
        self.known_cloud()
    }

    /// IAM, [`admitted`](Self::admitted).
    ///
    /// # Errors
    /// As [`admitted`](Self::admitted).
    pub async fn iam(&self) -> Result<Arc<dyn IamApi>, ApiError> {
        Ok(self.admitted().await?.iam())
    }

    fn known_cloud(&self) -> Result<&Arc<dyn Cloud>, ApiError> {
        self.cloud.as_ref().ok_or_else(|| {
            ApiError::new(
                ErrorKind::NoCredentials,
                UNKNOWN_BLOCK,
                "the provider block depends on values that are known only after apply",
            )
        })
    }
}
