//! The roles of the accounts that clusters are in, listed once a path for all who ask within a moment.
//!
//! IAM shows the roles of one account only. The one that counts here is the cluster's, so IAM is asked as whoever asks EKS about the cluster: the
//! configuration's identity, or the `assume_role_arn` of the cluster's entry in the provider block. API action: `iam:ListRoles`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::client::Client;
use crate::clusters::{ClusterRef, FoundCluster};
use crate::ports::iam::Role;
use crate::ports::{ApiError, Clock, ClusterAccess};
use crate::session::Caller;
use crate::session::recent::MOMENT;

/// A list that failed is not asked for again within this time.
const KEPT: Duration = Duration::from_secs(5);

/// Whom IAM is asked as.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RoleListingCredentials {
    /// The configuration's identity.
    CallerEntry,
    /// A role that it assumes with the STS of a region.
    Assumed {
        /// The role.
        role_arn: String,
        /// The region.
        region: String,
    },
}

impl RoleListingCredentials {
    /// Whoever asks EKS about a cluster.
    pub(crate) fn of(access: &ClusterAccess, reference: &ClusterRef) -> Self {
        match &access.assume_role_arn {
            None => Self::CallerEntry,
            Some(role_arn) => Self::Assumed {
                role_arn: role_arn.clone(),
                region: reference.region.clone(),
            },
        }
    }

    /// The same of a cluster that was found.
    pub(crate) fn of_cluster(cluster: &FoundCluster) -> Self {
        Self::of(&cluster.access, &cluster.reference)
    }

    /// The account whose roles it sees, twelve digits.
    ///
    /// # Errors
    /// The caller could not be asked.
    pub(crate) async fn account(&self, client: &Client) -> Result<String, ApiError> {
        match self {
            Self::CallerEntry => Ok(client.identity().await?.account),
            Self::Assumed { role_arn, .. } => {
                Ok(role_arn.split(':').nth(4).unwrap_or_default().to_owned())
            }
        }
    }
}

/// The lists of one provider configuration.
pub(crate) struct Roles {
    clock: Arc<dyn Clock>,
    caller: Arc<Caller>,
    seen: Mutex<HashMap<(RoleListingCredentials, &'static str), Arc<Slot>>>,
}

type Slot = tokio::sync::Mutex<Option<LastRead>>;

/// What a list said, and when.
#[derive(Clone)]
struct LastRead {
    began: SystemTime,
    ended: SystemTime,
    outcome: Result<Arc<Vec<Role>>, ApiError>,
}

impl Roles {
    pub(crate) fn new(clock: Arc<dyn Clock>, caller: Arc<Caller>) -> Self {
        Self {
            clock,
            caller,
            seen: Mutex::default(),
        }
    }

    /// The roles under a path as they were a moment ago.
    ///
    /// # Errors
    /// The call failed; the same failure is told to all who ask within a few seconds.
    pub(crate) async fn under(
        &self,
        credentials: &RoleListingCredentials,
        path: &'static str,
    ) -> Result<Arc<Vec<Role>>, ApiError> {
        self.look(credentials, path, |sighting, age| {
            age < if sighting.outcome.is_ok() {
                MOMENT
            } else {
                KEPT
            }
        })
        .await
    }

    /// The roles under a path as they were `since` a time or later, for what was not among them before: the same apply may have made it.
    ///
    /// # Errors
    /// As [`under`](Self::under).
    pub(crate) async fn under_since(
        &self,
        credentials: &RoleListingCredentials,
        path: &'static str,
        since: SystemTime,
    ) -> Result<Arc<Vec<Role>>, ApiError> {
        self.look(credentials, path, |sighting, _| sighting.began >= since)
            .await
    }

    async fn look(
        &self,
        credentials: &RoleListingCredentials,
        path: &'static str,
        is_good: impl Fn(&LastRead, Duration) -> bool,
    ) -> Result<Arc<Vec<Role>>, ApiError> {
        let slot = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.entry((credentials.clone(), path)).or_default().clone()
        };
        let mut slot = slot.lock().await;
        if let Some(sighting) = slot.as_ref() {
            let age = self.clock.now().duration_since(sighting.ended);
            if is_good(sighting, age.unwrap_or_default()) {
                return sighting.outcome.clone();
            }
        }
        let began = self.clock.now();
        let outcome = self.list(credentials, path).await.map(Arc::new);
        *slot = Some(LastRead {
            began,
            ended: self.clock.now(),
            outcome: outcome.clone(),
        });
        outcome
    }

    async fn list(
        &self,
        credentials: &RoleListingCredentials,
        path: &str,
    ) -> Result<Vec<Role>, ApiError> {
        let cloud = self.caller.admitted().await?;
        let iam = match credentials {
            RoleListingCredentials::CallerEntry => cloud.iam(),
            RoleListingCredentials::Assumed { role_arn, region } => cloud.iam_as(role_arn, region),
        };
        iam.list_roles(path).await
    }
}
