//! A cloud of one account in memory, and the client that works in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use eksauth_core::token::{REPORTED_LIFETIME, TOKEN_PREFIX};
use tf_provider::{Attr, Context};
use tokio_util::sync::CancellationToken;

use super::{
    FakeClock, FakeConnections, FakeEks, FakeFiles, FakeIam, FakeKube, FakeSts, FakeTokenSts,
};
use crate::client::Client;
use crate::config::Settings;
use crate::ports::cloud::{ClusterToken, Secret};
use crate::ports::eks::Cluster;
use crate::ports::{
    ApiError, Clock, Cloud, ClusterAccess, EksApi, FileStore, FreshConnections, IamApi, KubeApi,
    StsApi, TokenSts,
};
use crate::session::Session;

/// The region in which the fakes live.
pub const REGION: &str = "eu-central-1";
/// Their account.
pub const ACCOUNT: &str = "111122223333";

/// A cloud.
pub struct FakeCloud {
    /// IAM.
    pub iam: Arc<FakeIam>,
    /// STS.
    pub sts: Arc<FakeSts>,
    /// STS as it is asked about tokens.
    pub token_sts: Arc<FakeTokenSts>,
    /// EKS of [`REGION`]; other regions are empty.
    pub eks: Arc<FakeEks>,
    /// The API server behind every cluster.
    pub kubernetes: Arc<FakeKube>,
    /// Fresh connections to it.
    pub connections: Arc<FakeConnections>,
    /// The files of the machine.
    pub files: Arc<FakeFiles>,
    /// The clock of the client and of the tokens.
    pub clock: Arc<FakeClock>,
    other_regions: Mutex<BTreeMap<String, Arc<FakeEks>>>,
    other_iam: Mutex<BTreeMap<String, Arc<FakeIam>>>,
}

impl Default for FakeCloud {
    fn default() -> Self {
        Self::of_account(ACCOUNT)
    }
}

impl FakeCloud {
    /// An empty cloud of an account.
    pub fn of_account(account: &str) -> Self {
        let (kubernetes, clock) = (Arc::<FakeKube>::default(), Arc::<FakeClock>::default());
        Self {
            connections: Arc::new(FakeConnections::new(kubernetes.clone(), clock.clone())),
            iam: Arc::new(FakeIam::of_account(account)),
            sts: Arc::new(FakeSts::of_account(account)),
            token_sts: Arc::default(),
            eks: Arc::default(),
            kubernetes,
            files: Arc::default(),
            clock,
            other_regions: Mutex::default(),
            other_iam: Mutex::default(),
        }
    }

    /// What every test begins with: `region` and nothing else in the provider block.
    pub fn settings() -> Settings {
        Settings {
            region: Attr::Known(REGION.to_owned()),
            ..Settings::default()
        }
    }

    /// IAM as it shows itself to a role of another account, `arn:aws:iam::ACCOUNT:role/NAME`.
    pub fn iam_of(&self, role_arn: &str) -> Arc<FakeIam> {
        let account = role_arn.split(':').nth(4).unwrap_or_default();
        let mut others = self
            .other_iam
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        others
            .entry(role_arn.to_owned())
            .or_insert_with(|| Arc::new(FakeIam::of_account(account)))
            .clone()
    }

    /// From now on the caller may not do an action in AWS (`iam:CreateRole`).
    pub fn deny(&self, action: &'static str) {
        if action == "iam:PassRole" {
            // EKS asks whether its caller may pass a role on.
            self.eks.calls.deny(action);
        }
        let calls = match action.split_once(':') {
            Some(("iam", _)) => &self.iam.calls,
            Some(("eks", _)) => &self.eks.calls,
            Some(("sts", _)) => &self.sts.calls,
            _ => panic!("no fake answers {action}"),
        };
        calls.deny(action);
    }

    /// The actions that were asked for so far in IAM, EKS and STS, but for who the caller is, which AWS answers to everyone; a port's call that stands for several is named as it is.
    pub fn asked(&self) -> BTreeSet<String> {
        let named = |service: &str, calls: Vec<String>| -> Vec<String> {
            let operations = calls.iter().filter_map(|call| call.split(' ').next());
            operations
                .map(|operation| format!("{service}:{operation}"))
                .collect()
        };
        let iam = named("iam", self.iam.calls.take());
        let eks = named("eks", self.eks.calls.take());
        let sts = named("sts", self.sts.calls.take());
        let sts = sts
            .into_iter()
            .filter(|action| action != "sts:GetCallerIdentity");
        iam.into_iter().chain(eks).chain(sts).collect()
    }

    /// A session in this cloud.
    pub fn session(self: &Arc<Self>, settings: Settings) -> Arc<Session> {
        Arc::new(Session::new(
            settings,
            Some(self.clone()),
            self.clock.clone(),
        ))
    }

    /// A client that works in this cloud.
    pub fn client(self: &Arc<Self>, settings: Settings) -> Arc<Client> {
        Arc::new(Client::new(
            settings,
            Some(self.clone()),
            self.clock.clone(),
        ))
    }

    /// The surroundings of one operation in this cloud.
    pub fn context(self: &Arc<Self>, settings: Settings) -> Context<Client> {
        Context::new(self.client(settings), CancellationToken::new(), "1.11.4")
    }
}

/// The surroundings of an operation while the provider block is not wholly known.
pub fn context_of_unknown_block(settings: Settings) -> Context<Client> {
    let client = Client::new(settings, None, Arc::new(FakeClock::default()));
    Context::new(Arc::new(client), CancellationToken::new(), "1.11.4")
}

#[async_trait]
impl Cloud for FakeCloud {
    fn region(&self) -> Option<String> {
        None
    }

    fn iam(&self) -> Arc<dyn IamApi> {
        self.iam.clone()
    }

    fn iam_as(&self, role_arn: &str, _region: &str) -> Arc<dyn IamApi> {
        self.iam_of(role_arn)
    }

    fn sts(&self) -> Arc<dyn StsApi> {
        self.sts.clone()
    }

    fn token_sts(&self) -> Result<Arc<dyn TokenSts>, ApiError> {
        Ok(self.token_sts.clone())
    }

    fn eks(&self, region: &str, _assume_role_arn: Option<&str>) -> Arc<dyn EksApi> {
        if region == REGION {
            return self.eks.clone();
        }
        let mut regions = self
            .other_regions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        regions.entry(region.to_owned()).or_default().clone()
    }

    fn kubernetes(
        &self,
        _cluster: &Cluster,
        _region: &str,
        _access: &ClusterAccess,
    ) -> Result<Arc<dyn KubeApi>, ApiError> {
        Ok(self.kubernetes.clone())
    }

    fn fresh_connections(
        &self,
        _cluster: &Cluster,
        _region: &str,
        access: &ClusterAccess,
    ) -> Option<Arc<dyn FreshConnections>> {
        let is_given = access.token.is_some() || access.client_certificate.is_some();
        (!is_given).then(|| self.connections.clone() as Arc<dyn FreshConnections>)
    }

    fn files(&self) -> Arc<dyn FileStore> {
        self.files.clone()
    }

    async fn cluster_token(
        &self,
        cluster_name: &str,
        region: &str,
        role_arn: Option<&str>,
    ) -> Result<ClusterToken, ApiError> {
        if let Some(role_arn) = role_arn {
            self.sts.calls.read("AssumeRole", role_arn)?;
        }
        Ok(ClusterToken {
            token: Secret::new(format!(
                "{TOKEN_PREFIX}{cluster_name}.{region}.{}",
                role_arn.unwrap_or("-")
            )),
            expires_at: self.clock.now() + REPORTED_LIFETIME,
        })
    }
}
