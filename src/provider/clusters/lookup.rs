//! DescribeCluster once for all who ask within a moment.
//!
//! An answer is believed no longer, because the same apply can make or replace the cluster, and Terraform plans again during apply. A change lives only
//! with what was asked for changes, and only while the cluster can be used: [`Clusters::wait_until_active`](super::Clusters::wait_until_active).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::absence::Absences;
use super::found_cluster::FoundCluster;
use super::reference::ClusterRef;
use crate::ports::{ApiError, ClusterAccess, ErrorKind};
use crate::session::Session;
use crate::session::recent::{MOMENT, Recent};
use crate::session::shared_failure::SharedFailure;

/// The clusters of one provider configuration.
pub struct Clusters {
    pub(super) session: Arc<Session>,
    reads: Mutex<Reads>,
    /// The accounts that ARNs of clusters name.
    accounts: Mutex<BTreeMap<ClusterRef, String>>,
    /// Those that are waited for.
    pub(super) absences: Absences,
    /// What is said of those that are not there.
    missing_texts: Mutex<BTreeMap<ClusterRef, Arc<Recent<String>>>>,
}

/// What was read of each cluster last. Whoever asks meanwhile waits for the one who reads.
#[derive(Default)]
struct Reads {
    for_removals: BTreeMap<ClusterRef, Slot>,
    for_others: BTreeMap<ClusterRef, Slot>,
}

type Slot = Arc<tokio::sync::Mutex<Read>>;

/// What became of asking for one cluster.
#[derive(Default)]
struct Read {
    last: Option<LastRead>,
    failure: Option<SharedFailure>,
}

/// What DescribeCluster said, and when.
#[derive(Clone)]
struct LastRead {
    at: SystemTime,
    /// What it was asked for.
    purpose: Purpose,
    cluster: Option<Arc<FoundCluster>>,
}

impl LastRead {
    /// Whether it answers a question that is asked at a moment.
    fn answers(&self, purpose: Purpose, asked: SystemTime) -> bool {
        let age = asked.duration_since(self.at).unwrap_or_default();
        let is_usable = self.cluster.as_ref().is_some_and(|found| found.is_usable());
        let is_enough = match purpose {
            Purpose::Plan => true,
            Purpose::Change | Purpose::Removal => self.purpose == purpose && is_usable,
        };
        self.at > asked || (is_enough && age < MOMENT)
    }
}

/// What a cluster is looked up for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A read or a plan, which lives with every answer of the moment.
    Plan,
    /// A change: what a plan saw before does not count.
    Change,
    /// A removal: what it sees answers nothing else, because the cluster may be removed after it and made anew before the next question.
    Removal,
}

impl Clusters {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            reads: Mutex::default(),
            accounts: Mutex::default(),
            absences: Absences::default(),
            missing_texts: Mutex::default(),
        }
    }

    /// Where the text on a cluster that is not there is kept for a moment.
    pub(super) fn recent_missing_text(&self, reference: &ClusterRef) -> Arc<Recent<String>> {
        let mut texts = self
            .missing_texts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        texts.entry(reference.clone()).or_default().clone()
    }

    /// Notes the account of a cluster that was named by its ARN.
    pub(super) fn expect_account(&self, reference: &ClusterRef, account: &str) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.insert(reference.clone(), account.to_owned());
    }

    /// Whether a cluster is in the account that its ARN names; one that is not there is looked for in the caller's.
    async fn check_account(
        &self,
        reference: &ClusterRef,
        access: &ClusterAccess,
        found: Option<&FoundCluster>,
    ) -> Result<(), ApiError> {
        let wanted = {
            let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            accounts.get(reference).cloned()
        };
        let Some(wanted) = wanted else {
            return Ok(());
        };
        let account = match found {
            Some(found) => found.account.clone(),
            None if access.assume_role_arn.is_some() => return Ok(()),
            None => self.session.identity().await?.account,
        };
        if account == wanted {
            return Ok(());
        }
        let text = format!(
            "the ARN of cluster `{}` names account `{wanted}`, and the credentials belong to account `{account}`; run with credentials of account \
             `{wanted}`, or name a role of it in the provider block (`clusters = {{ {} = {{ assume_role_arn = … }} }}`)",
            reference.name, reference.name
        );
        Err(ApiError::new(
            ErrorKind::AccountNotAllowed,
            "eks:DescribeCluster",
            text,
        ))
    }

    /// In whose configuration.
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The cluster as it was seen a moment ago, by whomever; `None` where there is none of that name.
    ///
    /// # Errors
    /// The call failed, or the caller's account is not allowed.
    pub async fn find(
        &self,
        reference: &ClusterRef,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        self.read(reference, Purpose::Plan).await
    }

    /// The cluster for a change: as it is now, give or take a moment while it can be used.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn find_now(
        &self,
        reference: &ClusterRef,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        self.read(reference, Purpose::Change).await
    }

    /// The cluster for a removal: as [`find_now`](Self::find_now), and shared with removals only.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub(crate) async fn find_for_removal(
        &self,
        reference: &ClusterRef,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        self.read(reference, Purpose::Removal).await
    }

    /// Whoever asks next sees the cluster as it is: it was changed.
    pub(crate) fn forget(&self, reference: &ClusterRef) {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        reads.for_others.remove(reference);
        reads.for_removals.remove(reference);
    }

    async fn read(
        &self,
        reference: &ClusterRef,
        purpose: Purpose,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        let asked = self.session.clock().now();
        let slot = {
            let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
            let reads = match purpose {
                Purpose::Removal => &mut reads.for_removals,
                Purpose::Plan | Purpose::Change => &mut reads.for_others,
            };
            reads.entry(reference.clone()).or_default().clone()
        };
        let mut slot = slot.lock().await;
        if let Some(last) = &slot.last
            && last.answers(purpose, asked)
        {
            return Ok(last.cluster.clone());
        }
        if let Some(error) = slot.failure.as_ref().and_then(|failure| failure.at(asked)) {
            return Err(error);
        }
        let clock = self.session.clock();
        let at = clock.now();
        let outcome = self.describe(reference, slot.last.as_ref()).await;
        match &outcome {
            Ok(cluster) => {
                slot.last = Some(LastRead {
                    at,
                    purpose,
                    cluster: cluster.clone(),
                });
            }
            Err(error) => slot.failure = SharedFailure::new(error, at, clock.as_ref()),
        }
        outcome
    }

    async fn describe(
        &self,
        reference: &ClusterRef,
        before: Option<&LastRead>,
    ) -> Result<Option<Arc<FoundCluster>>, ApiError> {
        let cloud = self.session.admitted().await?;
        let access = self
            .access(&reference.name)
            .into_known()
            .unwrap_or_default();
        let eks = cloud.eks(&reference.region, access.assume_role_arn.as_deref());
        let Some(cluster) = eks.describe_cluster(&reference.name).await? else {
            self.check_account(reference, &access, None).await?;
            return Ok(None);
        };
        if let Some(same) = before.and_then(|last| last.cluster.as_ref())
            && same.cluster == cluster
        {
            return Ok(Some(same.clone()));
        }
        let found = FoundCluster::new(cluster, reference.clone(), access, cloud.clone())?;
        self.check_account(reference, &found.access, Some(&found))
            .await?;
        Ok(Some(Arc::new(found)))
    }
}
