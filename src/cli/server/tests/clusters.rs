//! `--cluster`: a cluster that is made, replaced, given another CA or hidden while the server runs. EKS is a fake behind the real client.

use std::collections::BTreeMap;

use eksauth_provider::Client;
use eksauth_provider::config::Settings;
use eksauth_provider::ports::authentication_mode::{
    AuthenticationModeApi, ClusterUpdate, ManagedRole,
};
use eksauth_provider::ports::cloud::{ClusterToken, Secret};
use eksauth_provider::ports::eks::{
    AccessEntriesApi, AccessEntryDetails, AccessEntryNames, ListedAccessPolicy, NewAccessEntry,
};
use eksauth_provider::ports::eks::{
    AccessEntry, AccessPolicy, AssociationChange, AuthenticationMode, Cluster, ClusterStatus,
    FirstAccessEntries, ListedAssociation, NewAssociation, PodIdentityApi, PodIdentityAssociation,
};
use eksauth_provider::ports::iam::Tags;
use eksauth_provider::ports::{
    ApiError, Cloud, ClusterAccess, EksApi, ErrorKind, FileStore, FreshConnections, IamApi,
    KubeApi, StsApi, TokenSts,
};
use tf_provider::Attr;
use tokio::sync::{mpsc, oneshot};

use super::api_server::ApiServer;
use super::cluster::EksCluster;
use super::*;

/// What EKS says about the cluster.
#[derive(Clone, Default)]
struct Eks(Arc<Mutex<Option<Result<Cluster, ()>>>>);

impl Eks {
    fn none(&self) {
        *self.0.lock().unwrap() = None;
    }

    fn failing(&self) {
        *self.0.lock().unwrap() = Some(Err(()));
    }

    fn creating(&self) {
        *self.0.lock().unwrap() = Some(Ok(cluster(ClusterStatus::Creating, None, None)));
    }

    fn active(&self, server: &ApiServer) {
        self.active_at(&server.endpoint, &server.ca);
    }

    fn active_at(&self, endpoint: &str, ca: &str) {
        *self.0.lock().unwrap() =
            Some(Ok(cluster(ClusterStatus::Active, Some(endpoint), Some(ca))));
    }
}

fn cluster(status: ClusterStatus, endpoint: Option<&str>, ca: Option<&str>) -> Cluster {
    Cluster {
        name: "prod".to_owned(),
        arn: "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned(),
        status,
        endpoint: endpoint.map(str::to_owned),
        certificate_authority: ca.map(str::to_owned),
        issuer: None,
        authentication_mode: None,
        version: None,
        created_at: None,
        tags: BTreeMap::new(),
    }
}

#[async_trait]
impl AuthenticationModeApi for Eks {
    async fn update_authentication_mode(
        &self,
        _: &str,
        _: AuthenticationMode,
    ) -> Result<ClusterUpdate, ApiError> {
        panic!("the mode stays")
    }

    async fn cluster_update(&self, _: &str, _: &str) -> Result<Option<ClusterUpdate>, ApiError> {
        panic!("the mode stays")
    }

    async fn managed_roles(&self, _: &str) -> Result<Vec<ManagedRole>, ApiError> {
        panic!("nobody asks for managed nodes")
    }
}

#[async_trait]
impl AccessEntriesApi for Eks {
    async fn access_entry(&self, _: &str, _: &str) -> Result<Option<AccessEntryDetails>, ApiError> {
        panic!("a server has nothing to do with access entries")
    }

    async fn create_access_entry(
        &self,
        _: &str,
        _: &NewAccessEntry,
    ) -> Result<AccessEntryDetails, ApiError> {
        panic!("a server has nothing to do with access entries")
    }

    async fn update_access_entry(
        &self,
        _: &str,
        _: &str,
        _: &AccessEntryNames,
    ) -> Result<(), ApiError> {
        panic!("a server has nothing to do with access entries")
    }

    async fn delete_access_entry(&self, _: &str, _: &str) -> Result<(), ApiError> {
        panic!("a server has nothing to do with access entries")
    }

    async fn associate_access_policy(
        &self,
        _: &str,
        _: &str,
        _: &AccessPolicy,
    ) -> Result<(), ApiError> {
        panic!("a server has nothing to do with access entries")
    }

    async fn disassociate_access_policy(&self, _: &str, _: &str, _: &str) -> Result<(), ApiError> {
        panic!("a server has nothing to do with access entries")
    }

    async fn access_policies(&self) -> Result<Vec<ListedAccessPolicy>, ApiError> {
        panic!("a server has nothing to do with access entries")
    }
}

#[async_trait]
impl EksApi for Eks {
    async fn describe_cluster(&self, _: &str) -> Result<Option<Cluster>, ApiError> {
        match self.0.lock().unwrap().clone() {
            None => Ok(None),
            Some(Ok(cluster)) => Ok(Some(cluster)),
            Some(Err(())) => Err(ApiError::new(
                ErrorKind::Throttled,
                "eks:DescribeCluster",
                "Rate exceeded",
            )),
        }
    }

    async fn list_clusters(&self) -> Result<Vec<String>, ApiError> {
        panic!("a server lists no clusters")
    }

    async fn list_access_entries(&self, _: &str) -> Result<Vec<String>, ApiError> {
        panic!("a server reads no access entries")
    }

    async fn first_access_entries(
        &self,
        _: &str,
        _: Option<&str>,
        _: usize,
    ) -> Result<FirstAccessEntries, ApiError> {
        panic!("a server reads no access entries")
    }

    async fn describe_access_entry(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Option<AccessEntry>, ApiError> {
        panic!("a server reads no access entries")
    }

    async fn list_associated_policies(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Vec<AccessPolicy>, ApiError> {
        panic!("a server reads no access policies")
    }

    async fn tag_resource(&self, _: &str, _: &Tags) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn untag_resource(&self, _: &str, _: &[String]) -> Result<(), ApiError> {
        panic!("nothing is written")
    }
}

#[async_trait]
impl PodIdentityApi for Eks {
    async fn list_pod_identity_associations(
        &self,
        _: &str,
        _: Option<&str>,
    ) -> Result<Vec<ListedAssociation>, ApiError> {
        panic!("a server reads no associations")
    }

    async fn describe_pod_identity_association(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Option<PodIdentityAssociation>, ApiError> {
        panic!("a server reads no associations")
    }

    async fn find_pod_identity_association(
        &self,
        _: &str,
        _: &str,
        _: &str,
    ) -> Result<Option<ListedAssociation>, ApiError> {
        panic!("a server reads no associations")
    }

    async fn create_pod_identity_association(
        &self,
        _: &str,
        _: &NewAssociation,
    ) -> Result<PodIdentityAssociation, ApiError> {
        panic!("nobody makes associations")
    }

    async fn update_pod_identity_association(
        &self,
        _: &str,
        _: &str,
        _: &AssociationChange,
    ) -> Result<PodIdentityAssociation, ApiError> {
        panic!("nobody changes associations")
    }

    async fn delete_pod_identity_association(&self, _: &str, _: &str) -> Result<(), ApiError> {
        panic!("nobody deletes associations")
    }
}

#[async_trait]
impl Cloud for Eks {
    fn region(&self) -> Option<String> {
        None
    }

    fn iam(&self) -> Arc<dyn IamApi> {
        panic!("a server does not ask IAM")
    }

    fn iam_as(&self, _: &str, _: &str) -> Arc<dyn IamApi> {
        panic!("a server does not ask IAM")
    }

    fn sts(&self) -> Arc<dyn StsApi> {
        panic!("a server does not ask who it is")
    }

    fn token_sts(&self) -> Result<Arc<dyn TokenSts>, ApiError> {
        panic!("a server has its own way to STS")
    }

    fn eks(&self, _: &str, _: Option<&str>) -> Arc<dyn EksApi> {
        Arc::new(self.clone())
    }

    fn kubernetes(
        &self,
        _: &Cluster,
        _: &str,
        _: &ClusterAccess,
    ) -> Result<Arc<dyn KubeApi>, ApiError> {
        panic!("a server only watches")
    }

    fn fresh_connections(
        &self,
        _: &Cluster,
        _: &str,
        _: &ClusterAccess,
    ) -> Option<Arc<dyn FreshConnections>> {
        panic!("a server only watches")
    }

    fn files(&self) -> Arc<dyn FileStore> {
        panic!("a server keeps no files")
    }

    async fn cluster_token(
        &self,
        _: &str,
        _: &str,
        _: Option<&str>,
    ) -> Result<ClusterToken, ApiError> {
        Ok(ClusterToken {
            token: Secret::new("k8s-aws-v1.secret"),
            expires_at: noon() + Duration::from_secs(600),
        })
    }
}

/// A pause that lasts until a test ends it.
struct Pause {
    duration: Duration,
    end: oneshot::Sender<()>,
}

/// A clock whose pauses a test sees and ends.
struct Stepped {
    now: Mutex<SystemTime>,
    pauses: mpsc::UnboundedSender<Pause>,
}

#[async_trait]
impl Clock for Stepped {
    fn now(&self) -> SystemTime {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        let (end, ended) = oneshot::channel();
        self.pauses.send(Pause { duration, end }).unwrap();
        ended.await.unwrap();
    }
}

/// A server that follows a cluster.
struct Follower {
    bed: Bed,
    eks: Eks,
    clock: Arc<Stepped>,
    pauses: mpsc::UnboundedReceiver<Pause>,
}

impl Follower {
    /// One that begins while EKS says what `begin` has it say.
    async fn start(begin: impl FnOnce(&Eks)) -> Self {
        let (sender, pauses) = mpsc::unbounded_channel();
        let clock = Arc::new(Stepped {
            now: Mutex::new(noon()),
            pauses: sender,
        });
        let eks = Eks::default();
        begin(&eks);
        let settings = Settings {
            region: Attr::Known("eu-central-1".to_owned()),
            ..Settings::default()
        };
        let cloud: Arc<dyn Cloud> = Arc::new(eks.clone());
        let client = Client::new(settings, Some(cloud), Arc::clone(&clock) as Arc<dyn Clock>);
        let setup = Setup {
            limits: Limits::default(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            cluster: Some(WatchedCluster::Eks(EksCluster::new(client, "prod"))),
        };
        let bed = Bed::with_setup(setup, |arguments| arguments.aws_auth = None).await;
        Self {
            bed,
            eks,
            clock,
            pauses,
        }
    }

    /// Time goes on.
    fn pass(&self, seconds: u64) {
        *self.clock.now.lock().unwrap() += Duration::from_secs(seconds);
    }

    /// The next pause between two attempts, in seconds; it is over afterwards.
    async fn pause(&mut self) -> u64 {
        self.pause_during(|_| {}).await
    }

    /// As [`pause`](Self::pause); meanwhile something happens at EKS.
    async fn pause_during(&mut self, happens: impl FnOnce(&Eks)) -> u64 {
        let next = tokio::time::timeout(Duration::from_secs(30), self.pauses.recv());
        let Pause { duration, end } = next.await.expect("an attempt fails").unwrap();
        happens(&self.eks);
        self.pass(duration.as_secs());
        end.send(()).unwrap();
        duration.as_secs()
    }

    /// Waits until the caller is mapped to this user name.
    async fn mapped_to(&self, username: &str) {
        let wanted = format!(r#""username":"{username}""#);
        let mapped = async {
            while !self
                .bed
                .review("ROLE-Admin-eve")
                .await
                .body
                .contains(&wanted)
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), mapped)
            .await
            .unwrap_or_else(|_| panic!("nobody is mapped to `{username}`"));
    }

    async fn ready(&self) -> (u16, String) {
        let got = self.bed.call("GET", "/readyz", "").await;
        (got.status, got.body)
    }

    async fn has_metric(&self, line: &str) -> bool {
        let page = self.bed.call("GET", "/metrics", "").await.body;
        page.lines().any(|one| one == line)
    }
}

const NOT_READ: &str = "aws-auth of cluster `prod` was not read yet\n";
const BEHIND: &str = "ok, but aws-auth of cluster `prod` is not followed at present; what was read last is in force\n";

#[tokio::test]
async fn a_cluster_that_is_made_after_the_server_is_taken_up() {
    let api_server = ApiServer::start("admin").await;
    let mut follower = Follower::start(Eks::none).await;
    let bed = &follower.bed;
    assert_eq!(follower.ready().await, (503, NOT_READ.to_owned()));
    assert_eq!(bed.call("GET", "/healthz", "").await, got(200, TEXT, "ok"));
    assert_eq!(
        bed.review("ROLE-Admin-eve").await,
        got(403, JSON, DENIED),
        "whom nobody maps stays outside"
    );
    let mut pauses = vec![follower.pause_during(Eks::creating).await];
    for _ in 0..5 {
        pauses.push(follower.pause().await);
    }
    pauses.push(follower.pause_during(|eks| eks.active(&api_server)).await);
    assert_eq!(pauses, [1, 2, 4, 8, 15, 15, 15]);
    follower.mapped_to("admin").await;
    assert_eq!(follower.ready().await, (200, "ok".to_owned()));
    assert!(follower.has_metric("eksauth_configmap_followed 1").await);
    assert!(
        follower
            .has_metric("eksauth_configmap_watch_failures_total 7")
            .await
    );
    let log = follower.bed.stopped().await;
    for words in [
        "there is no cluster `prod` in region `eu-central-1`",
        "cluster `prod` is being created",
        &format!("cluster `prod` is at {}", api_server.endpoint),
        "loaded 1 entry from aws-auth of cluster `prod`",
    ] {
        assert!(log.contains(words), "{words}\n{log}");
    }
    assert!(!log.contains("k8s-aws-v1"), "{log}");
}

#[tokio::test]
async fn a_cluster_in_the_place_of_another_is_found_at_its_own_endpoint() {
    let (old, new) = (ApiServer::start("old").await, ApiServer::start("new").await);
    let mut follower = Follower::start(|eks| eks.active(&old)).await;
    follower.mapped_to("old").await;
    follower.pass(100);
    old.stop().await;
    // The endpoint is the new one, the CA not yet: what answers there is not trusted.
    let (endpoint, old_ca) = (new.endpoint.clone(), ApiServer::start("").await.ca);
    let pause = follower
        .pause_during(|eks| eks.active_at(&endpoint, &old_ca))
        .await;
    assert_eq!(pause, 1);
    assert_eq!(follower.ready().await.1, BEHIND);
    assert!(follower.has_metric("eksauth_configmap_followed 0").await);
    follower.mapped_to("old").await;
    follower.pass(10);
    follower.pause_during(|eks| eks.active(&new)).await;
    follower.mapped_to("new").await;
    assert_eq!(follower.ready().await, (200, "ok".to_owned()));
    let log = follower.bed.stopped().await;
    let refused = format!("the certificate of {endpoint} was refused");
    assert!(log.contains(&refused), "{log}");
}

#[tokio::test]
async fn the_last_map_stays_while_eks_does_not_answer_and_after_the_cluster_is_gone() {
    let api_server = ApiServer::start("admin").await;
    let mut follower = Follower::start(|eks| eks.active(&api_server)).await;
    follower.mapped_to("admin").await;
    // EKS fails: the cluster is looked for where it was.
    follower.pass(100);
    api_server.break_watches();
    follower.pause_during(Eks::failing).await;
    let again = async {
        while api_server.lists() < 2 || follower.ready().await.1 != "ok" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again)
        .await
        .unwrap();
    // The cluster is gone: what was read last is in force.
    follower.pass(100);
    follower.eks.none();
    api_server.break_watches();
    follower.pause().await;
    follower.pause().await;
    assert_eq!(follower.ready().await, (200, BEHIND.to_owned()));
    follower.mapped_to("admin").await;
    let log = follower.bed.stopped().await;
    for words in [
        "EKS does not say where cluster `prod` is, so it is looked for where it was: eks:DescribeCluster: Rate exceeded",
        "there is no cluster `prod` in region `eu-central-1`",
    ] {
        assert!(log.contains(words), "{words}\n{log}");
    }
}
