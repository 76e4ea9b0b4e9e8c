//! The roles and bindings of a cluster: one is read by itself, many within a moment are listed together, a kind at a time.
//!
//! A plan or apply of one group binding so needs no right to list, and costs no list of a large cluster; one of however many costs two reads beside at most one list
//! of each kind that they have.
//!
//! Whoever may not list them reads each by itself. What this configuration writes is never answered from an older list. Kubernetes verbs: `get` and, where granted,
//! `list` on the four kinds.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::clusters::{ClusterRef, FoundCluster};
use crate::ports::rbac_objects::{Discovery, RbacKey, RbacKind, RbacObject};
use crate::ports::{ApiError, ErrorKind, KubeApi};
use crate::session::Session;
use crate::session::recent::{Asked, ListAge, MOMENT};

/// So many reads within a moment are made one by one, whatever their kinds: those of one resource.
const SINGLE_READS: u32 = 2;

/// The lists of one provider configuration.
pub struct RbacListing {
    session: Arc<Session>,
    clusters: Mutex<HashMap<ClusterRef, Arc<Slot>>>,
    served: Mutex<HashMap<ClusterRef, Arc<Served>>>,
    being_written: Mutex<HashMap<(ClusterRef, RbacKey), Turn>>,
    taken_over: Mutex<HashSet<String>>,
}

/// Whose turn it is to write an object.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// What a cluster serves, asked for once.
type Served = tokio::sync::OnceCell<Result<Arc<Discovery>, ApiError>>;

type Slot = tokio::sync::Mutex<Reads>;

/// What was read of one cluster.
#[derive(Default)]
struct Reads {
    lists: BTreeMap<RbacKind, LastList>,
    /// What the API server has refused to list.
    refused: BTreeSet<RbacKind>,
    singles: u32,
    singles_began: Option<SystemTime>,
}

struct LastList {
    objects: BTreeMap<RbacKey, RbacObject>,
    age: ListAge,
}

impl Reads {
    /// Whether one more of a kind is to be read by itself; counts it.
    fn is_single(&mut self, kind: RbacKind, now: SystemTime) -> bool {
        let age = |began: SystemTime| now.duration_since(began).unwrap_or_default();
        if self.singles_began.is_none_or(|began| age(began) >= MOMENT) {
            (self.singles, self.singles_began) = (0, Some(now));
        }
        self.singles = self.singles.saturating_add(1);
        let is_few = self.singles <= SINGLE_READS && self.lists.is_empty();
        self.refused.contains(&kind) || is_few
    }
}

impl RbacListing {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            clusters: Mutex::default(),
            served: Mutex::default(),
            being_written: Mutex::default(),
            taken_over: Mutex::default(),
        }
    }

    /// Waits until nobody else of this provider is writing any of the objects: an apply makes or changes what is there and does not say that somebody was
    /// faster. The turns are taken in the order of the keys, so that no two wait for each other.
    pub(crate) async fn turns(
        &self,
        cluster: &FoundCluster,
        keys: BTreeSet<RbacKey>,
    ) -> Vec<tokio::sync::OwnedMutexGuard<()>> {
        let mut turns = Vec::new();
        for key in keys {
            let turn = {
                let mut all = self
                    .being_written
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                all.entry((cluster.reference.clone(), key))
                    .or_default()
                    .clone()
            };
            turns.push(turn.lock_owned().await);
        }
        turns
    }

    /// Notes that a write goes on with the object of a uid, which another address gives up in the same apply.
    pub(crate) fn note_taken_over(&self, uid: &str) {
        let mut taken = self
            .taken_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taken.insert(uid.to_owned());
    }

    /// Whether a write of this apply goes on with the object of a uid.
    pub(crate) fn is_taken_over(&self, uid: &str) -> bool {
        let taken = self
            .taken_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taken.contains(uid)
    }

    /// What the API server of a cluster serves.
    ///
    /// # Errors
    /// It does not tell.
    pub(crate) async fn discovery(
        &self,
        cluster: &FoundCluster,
    ) -> Result<Arc<Discovery>, ApiError> {
        let kube = cluster.kubernetes()?;
        let slot = {
            let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
            served.entry(cluster.reference.clone()).or_default().clone()
        };
        let read = || async { kube.discovery().await.map(Arc::new) };
        slot.get_or_init(read).await.clone()
    }

    /// An object as it was a moment ago, or when the refresh listed it; `None` where there is none.
    ///
    /// # Errors
    /// The API server does not let the object be read, or does not answer.
    pub(crate) async fn read(
        &self,
        cluster: &FoundCluster,
        key: &RbacKey,
        asked: Asked,
    ) -> Result<Option<RbacObject>, ApiError> {
        let kube = cluster.kubernetes()?;
        let slot = self.slot(cluster);
        let mut reads = slot.lock().await;
        let now = self.session.clock().now();
        if let Some(last) = reads.lists.get_mut(&key.kind)
            && last.age.answers(asked, now)
        {
            return Ok(last.objects.get(key).cloned());
        }
        if !reads.is_single(key.kind, now) {
            match self.list(kube.as_ref(), key.kind, now).await {
                Ok(list) => {
                    let found = list.objects.get(key).cloned();
                    reads.lists.insert(key.kind, list);
                    return Ok(found);
                }
                Err(error) if error.kind == ErrorKind::AccessDenied => {
                    reads.refused.insert(key.kind);
                }
                Err(error) => {
                    tracing::info!(%error, "roles or bindings cannot be listed, so this one is read by itself");
                }
            }
        }
        drop(reads);
        kube.rbac_object(key).await
    }

    /// Those of a kind that are meant, as they were a moment ago.
    ///
    /// # Errors
    /// The API server does not let the kind be listed, or does not answer.
    pub(crate) async fn pick(
        &self,
        cluster: &FoundCluster,
        kind: RbacKind,
        is_meant: impl Fn(&RbacObject) -> bool + Send,
    ) -> Result<Vec<RbacObject>, ApiError> {
        let kube = cluster.kubernetes()?;
        let slot = self.slot(cluster);
        let mut reads = slot.lock().await;
        let now = self.session.clock().now();
        let pick = |list: &LastList| {
            let objects = list.objects.values();
            objects.filter(|one| is_meant(one)).cloned().collect()
        };
        if let Some(last) = reads.lists.get_mut(&kind)
            && last.age.answers(Asked::AtPlan, now)
        {
            return Ok(pick(last));
        }
        let list = self.list(kube.as_ref(), kind, now).await?;
        let picked = pick(&list);
        reads.lists.insert(kind, list);
        Ok(picked)
    }

    /// Forgets what was read of a cluster before something of it was written.
    pub(crate) async fn forget(&self, cluster: &FoundCluster) {
        let slot = self.slot(cluster);
        let mut reads = slot.lock().await;
        let refused = std::mem::take(&mut reads.refused);
        *reads = Reads {
            refused,
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

    async fn list(
        &self,
        kube: &dyn KubeApi,
        kind: RbacKind,
        began: SystemTime,
    ) -> Result<LastList, ApiError> {
        let objects = kube.rbac_objects(kind).await?;
        let keyed = objects
            .into_iter()
            .map(|object| (object.key.clone(), object));
        Ok(LastList {
            objects: keyed.collect(),
            age: ListAge::new(began, self.session.clock().now()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::kubernetes::Verb;
    use crate::fakes::{FakeCloud, REGION, active_cluster};
    use crate::ports::rbac_objects::RbacFields;

    struct Bed {
        cloud: Arc<FakeCloud>,
        listing: RbacListing,
        cluster: Arc<FoundCluster>,
    }

    fn key(kind: RbacKind, number: usize) -> RbacKey {
        RbacKey {
            kind,
            namespace: String::new(),
            name: format!("b{number}"),
        }
    }

    impl Bed {
        async fn with_objects(count: usize) -> Self {
            let cloud = Arc::new(FakeCloud::default());
            cloud.eks.put(active_cluster("prod", "A"));
            for number in 0..count {
                for kind in [RbacKind::ClusterRole, RbacKind::ClusterRoleBinding] {
                    let key = key(kind, number);
                    cloud
                        .kubernetes
                        .put_rbac_object("kubectl", &key, RbacFields::default());
                }
            }
            let client = cloud.client(FakeCloud::settings());
            let reference = ClusterRef {
                name: "prod".to_owned(),
                region: REGION.to_owned(),
            };
            let cluster = client.clusters().find(&reference).await.unwrap().unwrap();
            Self {
                listing: RbacListing::new(client.session().clone()),
                cloud,
                cluster,
            }
        }

        async fn read(&self, kind: RbacKind, number: usize) -> bool {
            self.read_for(kind, number, Asked::AtRefresh).await
        }

        async fn read_for(&self, kind: RbacKind, number: usize, asked: Asked) -> bool {
            let key = key(kind, number);
            let found = self.listing.read(&self.cluster, &key, asked).await;
            found.unwrap().is_some()
        }

        async fn read_all(&self, count: usize) {
            for number in 0..count {
                assert!(self.read(RbacKind::ClusterRole, number).await);
                assert!(self.read(RbacKind::ClusterRoleBinding, number).await);
            }
        }

        fn calls(&self) -> Vec<Verb> {
            let calls = self.cloud.kubernetes.take_rbac_calls().into_iter();
            calls.map(|(verb, _)| verb).collect()
        }
    }

    #[tokio::test]
    async fn a_thousand_bindings_with_their_roles_cost_four_calls() {
        let bed = Bed::with_objects(1000).await;
        bed.read_all(1000).await;
        assert_eq!(bed.calls(), [Verb::Get, Verb::Get, Verb::List, Verb::List]);
        bed.cloud.clock.advance(MOMENT);
        bed.read_all(9).await;
        assert_eq!(bed.calls(), [Verb::List, Verb::List]);
    }

    #[tokio::test]
    async fn a_slow_refresh_lists_each_kind_once_and_a_plan_looks_again() {
        let bed = Bed::with_objects(1000).await;
        for number in 0..1000 {
            bed.cloud.clock.advance(MOMENT / 100);
            assert!(bed.read(RbacKind::ClusterRole, number).await);
            assert!(bed.read(RbacKind::ClusterRoleBinding, number).await);
        }
        assert_eq!(bed.calls(), [Verb::Get, Verb::Get, Verb::List, Verb::List]);
        let kind = RbacKind::ClusterRole;
        assert!(bed.read_for(kind, 7, Asked::AtPlan).await);
        assert_eq!(bed.calls(), [Verb::List]);
    }

    #[tokio::test]
    async fn one_list_of_each_kind_is_the_most_beside_the_first_two_reads() {
        let bed = Bed::with_objects(9).await;
        for number in 0..9 {
            for kind in RbacKind::ALL {
                bed.read(kind, number).await;
            }
        }
        use Verb::{Get, List};
        assert_eq!(bed.calls(), [Get, Get, List, List, List, List]);
    }

    #[tokio::test]
    async fn whoever_may_not_list_reads_one_by_one() {
        let bed = Bed::with_objects(4).await;
        bed.cloud.kubernetes.deny("list", "clusterrolebindings");
        bed.read_all(4).await;
        use Verb::{Get, List};
        assert_eq!(bed.calls(), [Get, Get, List, Get, Get, Get]);
    }

    #[tokio::test]
    async fn a_list_from_before_a_write_answers_nothing() {
        let bed = Bed::with_objects(3).await;
        bed.read_all(3).await;
        let gone = key(RbacKind::ClusterRole, 1);
        bed.cloud.kubernetes.remove_rbac_object(&gone);
        assert!(bed.read(RbacKind::ClusterRole, 1).await);
        bed.listing.forget(&bed.cluster).await;
        assert!(!bed.read(RbacKind::ClusterRole, 1).await);
    }
}
