//! What ConfigureProvider makes: settings, clients and everything that is remembered for one provider configuration.
//!
//! It belongs to that one call and never to the process, because a reattached process serves several configurations.

use std::sync::Arc;

use crate::access::role_listing::Roles;
use crate::aws_auth::Writers;
use crate::clusters::Clusters;
use crate::config::Settings;
use crate::ports::sts::CallerIdentity;
use crate::ports::{ApiError, Clock, Cloud, IamApi};

use crate::session::Caller;

/// One provider configuration at work.
pub struct Client {
    settings: Arc<Settings>,
    cloud: Option<Arc<dyn Cloud>>,
    clock: Arc<dyn Clock>,
    caller: Arc<Caller>,
    clusters: Clusters,
    aws_auth: Writers,
    roles: Roles,
}

impl Client {
    /// A client. `cloud` is `None` while the provider block is not wholly known: then nothing is asked of anyone.
    pub fn new(settings: Settings, cloud: Option<Arc<dyn Cloud>>, clock: Arc<dyn Clock>) -> Self {
        let settings = Arc::new(settings);
        let caller = Arc::new(Caller::new(settings.clone(), cloud.clone()));
        let clusters = Clusters::new(
            settings.clone(),
            cloud.clone(),
            clock.clone(),
            caller.clone(),
        );
        let roles = Roles::new(clock.clone(), caller.clone());
        Self {
            settings,
            cloud,
            clock,
            caller,
            clusters,
            aws_auth: Writers::default(),
            roles,
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

    /// Who is calling: asked once per configuration.
    ///
    /// # Errors
    /// The call failed, the account is not one that the provider block allows, or the block is not wholly known.
    pub async fn identity(&self) -> Result<CallerIdentity, ApiError> {
        self.caller.identity().await
    }

    /// The clients, after the caller's account was compared with the provider block's lists where there are any.
    ///
    /// # Errors
    /// As [`iam`](Self::iam).
    pub async fn admitted(&self) -> Result<&Arc<dyn Cloud>, ApiError> {
        self.caller.admitted().await
    }

    /// IAM, after the caller's account was compared with the provider block's lists where there are any.
    ///
    /// # Errors
    /// As [`identity`](Self::identity); without lists only that the block is not wholly known.
    pub async fn iam(&self) -> Result<Arc<dyn IamApi>, ApiError> {
        Ok(self.caller.admitted().await?.iam())
    }

    pub(crate) fn shared_settings(&self) -> Arc<Settings> {
        self.settings.clone()
    }

    pub(crate) fn caller(&self) -> Arc<Caller> {
        self.caller.clone()
    }

    /// The clusters that this configuration can name.
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// The roles of the accounts that clusters are in.
    pub(crate) fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Who writes aws-auth, one per cluster.
    pub fn aws_auth(&self) -> &Writers {
        &self.aws_auth
    }
}
