//! The service accounts of a cluster: one is read by itself, many within a moment are listed together.
//!
//! Whoever may not list them reads each by itself. What this configuration writes is never answered from an older list. Kubernetes verbs: `get` and, where granted,
//! `list` on service accounts.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::clusters::{ClusterRef, FoundCluster};
use crate::ports::service_account::ServiceAccount;
use crate::ports::{ApiError, ErrorKind, KubeApi};
use crate::session::Session;
use crate::session::recent::{Asked, ListAge, MOMENT};

/// So many reads within a moment are made one by one.
const SINGLE_READS: u32 = 2;

/// The lists of one provider configuration.
pub struct ServiceAccountListing {
    session: Arc<Session>,
    clusters: Mutex<HashMap<ClusterRef, Arc<Slot>>>,
    being_made: Mutex<HashMap<String, Turn>>,
    taken_over: Mutex<HashSet<String>>,
}

/// Whose turn it is to make an account.
type Turn = Arc<tokio::sync::Mutex<()>>;

type Slot = tokio::sync::Mutex<Reads>;

/// What was read of one cluster.
#[derive(Default)]
struct Reads {
    last: Option<LastList>,
    /// True once the API server has refused to list.
    is_refused: bool,
    singles: u32,
    singles_began: Option<SystemTime>,
}

struct LastList {
    accounts: BTreeMap<(String, String), ServiceAccount>,
    age: ListAge,
}

impl Reads {
    /// Whether one more is to be read by itself; counts it.
    fn is_single(&mut self, now: SystemTime) -> bool {
        let age = |began: SystemTime| now.duration_since(began).unwrap_or_default();
        if self.singles_began.is_none_or(|began| age(began) >= MOMENT) {
            (self.singles, self.singles_began) = (0, Some(now));
        }
        self.singles = self.singles.saturating_add(1);
        self.is_refused || (self.last.is_none() && self.singles <= SINGLE_READS)
    }
}

impl ServiceAccountListing {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            clusters: Mutex::default(),
            being_made: Mutex::default(),
            taken_over: Mutex::default(),
        }
    }

    /// Waits until nobody else of this provider is making the account: an apply makes or changes what is there and does not say that somebody was faster.
    pub(crate) async fn turn(&self, key: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut all = self
                .being_made
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            all.entry(key.to_owned()).or_default().clone()
        };
        turn.lock_owned().await
    }

    /// Notes that a create goes on with the account of a uid, which another address gives up in the same apply.
    pub(crate) fn note_taken_over(&self, uid: &str) {
        let mut taken = self
            .taken_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taken.insert(uid.to_owned());
    }

    /// Whether a create of this apply goes on with the account of a uid.
    pub(crate) fn is_taken_over(&self, uid: &str) -> bool {
        let taken = self
            .taken_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taken.contains(uid)
    }

    /// An account as it was a moment ago, or when the refresh listed it; `None` where there is none.
    ///
    /// # Errors
    /// The API server does not let the account be read, or does not answer.
    pub(crate) async fn read(
        &self,
        cluster: &FoundCluster,
        namespace: &str,
        name: &str,
        asked: Asked,
    ) -> Result<Option<ServiceAccount>, ApiError> {
        let kube = cluster.kubernetes()?;
        let slot = self.slot(cluster);
        let mut reads = slot.lock().await;
        let now = self.session.clock().now();
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(last) = &mut reads.last
            && last.age.answers(asked, now)
        {
            return Ok(last.accounts.get(&key).cloned());
        }
        if !reads.is_single(now) {
            match self.list(kube.as_ref(), now).await {
                Ok(list) => {
                    let found = list.accounts.get(&key).cloned();
                    reads.last = Some(list);
                    return Ok(found);
                }
                Err(error) if error.kind == ErrorKind::AccessDenied => reads.is_refused = true,
                Err(error) => {
                    tracing::info!(%error, "service accounts cannot be listed, so this one is read by itself")
                }
            }
        }
        drop(reads);
        kube.service_account(namespace, name).await
    }

    /// Forgets what was read of a cluster before something of it was written.
    pub(crate) async fn forget(&self, cluster: &FoundCluster) {
        let slot = self.slot(cluster);
        let mut reads = slot.lock().await;
        let is_refused = reads.is_refused;
        *reads = Reads {
            is_refused,
            ..Reads::default()
        };
    }

    fn slot(&self, cluster: &FoundCluster) -> Arc<Slot> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters
            .entry(cluster.reference.clone())
            .or_default()
            .clone()
    }

    async fn list(&self, kube: &dyn KubeApi, began: SystemTime) -> Result<LastList, ApiError> {
        let accounts = kube.service_accounts(None).await?;
        let keyed = accounts
            .into_iter()
            .map(|account| ((account.namespace.clone(), account.name.clone()), account));
        Ok(LastList {
            accounts: keyed.collect(),
            age: ListAge::new(began, self.session.clock().now()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::kubernetes::Verb;
    use crate::fakes::{FakeCloud, REGION, active_cluster};
    use crate::ports::service_account::AppliedFields;

    struct Bed {
        cloud: Arc<FakeCloud>,
        listing: ServiceAccountListing,
        cluster: Arc<FoundCluster>,
    }

    impl Bed {
        async fn with_accounts(count: usize) -> Self {
            let cloud = Arc::new(FakeCloud::default());
            cloud.eks.put(active_cluster("prod", "A"));
            for number in 0..count {
                let account = AppliedFields {
                    namespace: "apps".to_owned(),
                    name: format!("a{number}"),
                    ..AppliedFields::default()
                };
                cloud.kubernetes.put_service_account("kubectl", &account);
            }
            let client = cloud.client(FakeCloud::settings());
            let reference = ClusterRef {
                name: "prod".to_owned(),
                region: REGION.to_owned(),
            };
            let cluster = client.clusters().find(&reference).await.unwrap().unwrap();
            let listing = ServiceAccountListing::new(client.session().clone());
            Self {
                cloud,
                listing,
                cluster,
            }
        }

        async fn read(&self, name: &str) -> bool {
            self.read_for(name, Asked::AtRefresh).await
        }

        async fn read_for(&self, name: &str, asked: Asked) -> bool {
            let found = self.listing.read(&self.cluster, "apps", name, asked);
            found.await.unwrap().is_some()
        }

        fn calls(&self) -> Vec<Verb> {
            self.cloud.kubernetes.take_account_calls()
        }
    }

    #[tokio::test]
    async fn a_thousand_accounts_cost_two_reads_and_a_list() {
        let bed = Bed::with_accounts(1000).await;
        for number in 0..1000 {
            assert!(bed.read(&format!("a{number}")).await);
        }
        assert_eq!(bed.calls(), [Verb::Get, Verb::Get, Verb::List]);
        assert!(!bed.read("gone").await);
        bed.cloud.clock.advance(MOMENT);
        assert!(bed.read("a7").await);
        assert_eq!(bed.calls(), [Verb::List]);
    }

    #[tokio::test]
    async fn a_slow_refresh_lists_once_and_a_plan_looks_again() {
        let bed = Bed::with_accounts(1000).await;
        for number in 0..1000 {
            assert!(bed.read(&format!("a{number}")).await);
            bed.cloud.clock.advance(MOMENT / 100);
        }
        assert_eq!(bed.calls(), [Verb::Get, Verb::Get, Verb::List]);
        assert!(bed.read_for("a7", Asked::AtPlan).await);
        assert_eq!(bed.calls(), [Verb::List]);
    }

    #[tokio::test]
    async fn whoever_may_not_list_reads_one_by_one() {
        let bed = Bed::with_accounts(9).await;
        bed.cloud.kubernetes.deny("list", "serviceaccounts");
        for number in 0..9 {
            assert!(bed.read(&format!("a{number}")).await);
        }
        assert_eq!(bed.calls(), [Verb::Get; 9]);
    }

    #[tokio::test]
    async fn a_list_from_before_a_write_answers_nothing() {
        let bed = Bed::with_accounts(5).await;
        for number in 0..5 {
            assert!(bed.read(&format!("a{number}")).await);
        }
        bed.cloud.kubernetes.remove_service_account("apps", "a1");
        assert!(bed.read("a1").await);
        bed.listing.forget(&bed.cluster).await;
        assert!(!bed.read("a1").await);
    }
}
