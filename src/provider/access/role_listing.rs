//! The roles of the accounts that clusters are in, listed once a path for all who ask within a moment.
//!
//! IAM shows the roles of one account only. The one that counts here is the cluster's, so IAM is asked as whoever asks EKS about the cluster: the
//! configuration's identity, or the `assume_role_arn` of the cluster's entry in the provider block. API action: `iam:ListRoles`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clusters::{ClusterRef, FoundCluster};
use crate::ports::iam::Role;
use crate::ports::{ApiError, ClusterAccess, IamApi};
use crate::session::Session;
use crate::session::recent::MOMENT;

/// A list that failed is not asked for again within this time.
const KEPT: Duration = Duration::from_secs(5);

/// So many names are looked up by a call each; for more the list is cheaper.
const MOST_SINGLE_LOOKS: usize = 3;

/// Whom IAM is asked as.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RoleListingCredentials {
    /// The configuration's identity.
    Caller,
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
    pub(crate) fn for_reference(access: &ClusterAccess, reference: &ClusterRef) -> Self {
        match &access.assume_role_arn {
            None => Self::Caller,
            Some(role_arn) => Self::Assumed {
                role_arn: role_arn.clone(),
                region: reference.region.clone(),
            },
        }
    }

    /// The same of a cluster that was found.
    pub(crate) fn for_cluster(cluster: &FoundCluster) -> Self {
        Self::for_reference(&cluster.access, &cluster.reference)
    }

    /// The account whose roles it sees, twelve digits.
    ///
    /// # Errors
    /// The caller could not be asked.
    pub(crate) async fn account(&self, session: &Session) -> Result<String, ApiError> {
        match self {
            Self::Caller => Ok(session.identity().await?.account),
            Self::Assumed { role_arn, .. } => {
                Ok(role_arn.split(':').nth(4).unwrap_or_default().to_owned())
            }
        }
    }
}

/// The lists of one provider configuration.
pub struct RoleListing {
    session: Arc<Session>,
    /// IAM did not answer who asked only for findings.
    is_silent: AtomicBool,
    reads: Mutex<HashMap<(RoleListingCredentials, &'static str), Arc<Slot>>>,
    single_looks: AtomicUsize,
}

type Slot = tokio::sync::Mutex<Option<LastRead>>;

/// What a list said, and when.
#[derive(Clone)]
struct LastRead {
    began: SystemTime,
    ended: SystemTime,
    outcome: Result<Arc<Vec<Role>>, ApiError>,
}

impl RoleListing {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            is_silent: AtomicBool::default(),
            reads: Mutex::default(),
            single_looks: AtomicUsize::new(0),
        }
    }

    /// IAM did not answer in time: nobody waits for it again who can do without.
    pub(crate) fn note_silent(&self) {
        self.is_silent.store(true, Ordering::Relaxed);
    }

    /// True once IAM did not answer in time.
    pub(crate) fn is_silent(&self) -> bool {
        self.is_silent.load(Ordering::Relaxed)
    }

    /// In whose configuration.
    pub(crate) fn session(&self) -> &Session {
        &self.session
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
        self.read(credentials, path, |last, age| {
            age < if last.outcome.is_ok() { MOMENT } else { KEPT }
        })
        .await
    }

    /// The role of a name in the caller's account, in any case and under any path, as the plan of a role to make looks for it: the first few by a
    /// call each, further ones in the list of all.
    ///
    /// # Errors
    /// A call failed.
    pub(crate) async fn role_to_be_made(&self, name: &str) -> Result<Option<Role>, ApiError> {
        let iam = self.session.iam().await?;
        let looks = self.single_looks.fetch_add(1, Ordering::Relaxed);
        if looks >= MOST_SINGLE_LOOKS {
            let all = self.under(&RoleListingCredentials::Caller, "/").await?;
            if !all.iter().any(|role| role.name.eq_ignore_ascii_case(name)) {
                return Ok(None);
            }
        }
        // The list says nothing of boundary and tags.
        iam.role(name).await
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
        self.read(credentials, path, |last, _| last.began >= since)
            .await
    }

    async fn read(
        &self,
        credentials: &RoleListingCredentials,
        path: &'static str,
        is_good: impl Fn(&LastRead, Duration) -> bool,
    ) -> Result<Arc<Vec<Role>>, ApiError> {
        let slot = {
            let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
            reads
                .entry((credentials.clone(), path))
                .or_default()
                .clone()
        };
        let mut slot = slot.lock().await;
        if let Some(last) = slot.as_ref() {
            let age = self.session.clock().now().duration_since(last.ended);
            if is_good(last, age.unwrap_or_default()) {
                return last.outcome.clone();
            }
        }
        let began = self.session.clock().now();
        let outcome = self.list(credentials, path).await.map(Arc::new);
        *slot = Some(LastRead {
            began,
            ended: self.session.clock().now(),
            outcome: outcome.clone(),
        });
        outcome
    }

    async fn list(
        &self,
        credentials: &RoleListingCredentials,
        path: &str,
    ) -> Result<Vec<Role>, ApiError> {
        self.iam(credentials).await?.list_roles(path).await
    }

    /// The ARN of the user with a name in the same account, asked anew each time.
    ///
    /// # Errors
    /// The call failed.
    pub(crate) async fn user_arn(
        &self,
        credentials: &RoleListingCredentials,
        name: &str,
    ) -> Result<Option<String>, ApiError> {
        self.iam(credentials).await?.user_arn(name).await
    }

    /// IAM as somebody.
    ///
    /// # Errors
    /// The provider block does not want to work in the caller's account.
    pub(crate) async fn iam(
        &self,
        credentials: &RoleListingCredentials,
    ) -> Result<Arc<dyn IamApi>, ApiError> {
        let cloud = self.session.admitted().await?;
        Ok(match credentials {
            RoleListingCredentials::Caller => cloud.iam(),
            RoleListingCredentials::Assumed { role_arn, region } => cloud.iam_as(role_arn, region),
        })
    }
}
