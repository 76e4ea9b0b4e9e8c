//! Settings in, clients out: the provider's `CloudFactory` and `Cloud` on the real services.
//!
//! What surprises: nothing is contacted here. Clients of EKS are shared by region and role, those of API
//! servers by cluster and access; IAM is shared by role, STS made once.

use std::collections::HashMap;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use aws_credential_types::provider::SharedCredentialsProvider;
use eksauth_provider::ports::cloud::ClusterToken;
use eksauth_provider::ports::eks::Cluster;
use eksauth_provider::ports::{
    ApiError, AwsSettings, Clock, Cloud, CloudFactory, ClusterAccess, EksApi, ErrorKind, FileStore,
    FreshConnections, IamApi, KubeApi, StsApi, TokenSts,
};

use crate::aws::config::Connection;
use crate::aws::eks::Eks;
use crate::aws::iam::Iam;
use crate::aws::sts::Sts;
use crate::clock::SystemClock;
use crate::files::LocalFiles;
use crate::kubernetes::client::{Identity, KubeClient};
use crate::kubernetes::fresh_connection::FreshClients;
use crate::kubernetes::token::{Audience, SESSION_NAME, TokenSource, mint};

/// Makes the clients of a provider configuration.
pub struct Factory {
    clock: Arc<dyn Clock>,
}

impl Factory {
    /// A factory on this machine's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// A factory on another clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl Default for Factory {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl CloudFactory for Factory {
    async fn connect(&self, settings: AwsSettings) -> Result<Arc<dyn Cloud>, ApiError> {
        let connection = Connection::open(settings, Arc::clone(&self.clock)).await?;
        Ok(Arc::new(Clients::new(connection)))
    }
}

/// The clients of one provider configuration.
struct Clients {
    iam: Arc<Iam>,
    sts: Arc<Sts>,
    iam_elsewhere: Mutex<HashMap<RoleKey, Arc<Iam>>>,
    eks: Mutex<HashMap<EksKey, Arc<Eks>>>,
    kubernetes: Mutex<Vec<(KubernetesKey, Arc<KubeClient>)>>,
    /// The fresh tokens that were made so far.
    fresh_tokens: Arc<AtomicU32>,
    connection: Connection,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct EksKey {
    region: String,
    role_arn: Option<String>,
}

/// A role and the region of the STS that it is assumed with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RoleKey {
    role_arn: String,
    region: String,
}

/// What decides which API server is reached and as whom; a cluster that was replaced has another endpoint.
#[derive(PartialEq, Eq)]
struct KubernetesKey {
    name: String,
    region: String,
    endpoint: Option<String>,
    certificate_authority: Option<String>,
    access: ClusterAccess,
}

impl Clients {
    fn new(connection: Connection) -> Self {
        let (iam, sts) = (
            Arc::new(Iam::new(&connection)),
            Arc::new(Sts::new(&connection)),
        );
        Self {
            iam,
            sts,
            iam_elsewhere: Mutex::default(),
            eks: Mutex::default(),
            kubernetes: Mutex::default(),
            fresh_tokens: Arc::new(AtomicU32::new(first_number(
                connection.context.clock.as_ref(),
            ))),
            connection,
        }
    }

    /// The identity that signs tokens in a region.
    fn token_credentials(&self, region: &str, role_arn: Option<&str>) -> SharedCredentialsProvider {
        match role_arn {
            Some(role_arn) => self
                .connection
                .assumed(role_arn, region, Some(SESSION_NAME)),
            None => self.connection.credentials.clone(),
        }
    }

    fn identity(
        &self,
        cluster: &Cluster,
        region: &str,
        access: &ClusterAccess,
    ) -> Result<Identity, ApiError> {
        if let Some(token) = &access.token {
            return Ok(Identity::Given(token.clone()));
        }
        match (&access.client_certificate, &access.client_key) {
            (Some(_), Some(_)) => return Ok(Identity::Certificate),
            (None, None) => {}
            _ => {
                let message = "`client_certificate` and `client_key` must be set together";
                return Err(ApiError::new(
                    ErrorKind::Invalid,
                    format!("kubernetes:connect {}", cluster.name),
                    message,
                ));
            }
        }
        let audience = Audience {
            cluster_name: cluster.name.clone(),
            region: region.to_owned(),
        };
        let credentials = self.token_credentials(region, access.kubernetes_role_arn.as_deref());
        let sources = Arc::clone(&self.connection.context.credential_sources);
        Ok(Identity::Minted(TokenSource::new(
            audience,
            credentials,
            sources,
            Arc::clone(&self.connection.context.clock),
        )))
    }
}

#[async_trait]
impl Cloud for Clients {
    fn region(&self) -> Option<String> {
        self.connection.region()
    }

    fn iam(&self) -> Arc<dyn IamApi> {
        Arc::clone(&self.iam) as Arc<dyn IamApi>
    }

    fn iam_as(&self, role_arn: &str, region: &str) -> Arc<dyn IamApi> {
        let key = RoleKey {
            role_arn: role_arn.to_owned(),
            region: region.to_owned(),
        };
        let mut clients = self
            .iam_elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let client = clients
            .entry(key)
            .or_insert_with(|| Arc::new(Iam::assuming(&self.connection, role_arn, region)));
        Arc::clone(client) as Arc<dyn IamApi>
    }

    fn sts(&self) -> Arc<dyn StsApi> {
        Arc::clone(&self.sts) as Arc<dyn StsApi>
    }

    fn token_sts(&self) -> Result<Arc<dyn TokenSts>, ApiError> {
        Ok(Arc::new(self.connection.token_sts()?))
    }

    fn eks(&self, region: &str, assume_role_arn: Option<&str>) -> Arc<dyn EksApi> {
        let key = EksKey {
            region: region.to_owned(),
            role_arn: assume_role_arn.map(str::to_owned),
        };
        let mut clients = self.eks.lock().unwrap_or_else(PoisonError::into_inner);
        let client = clients
            .entry(key)
            .or_insert_with(|| Arc::new(Eks::new(&self.connection, region, assume_role_arn)));
        Arc::clone(client) as Arc<dyn EksApi>
    }

    fn kubernetes(
        &self,
        cluster: &Cluster,
        region: &str,
        access: &ClusterAccess,
    ) -> Result<Arc<dyn KubeApi>, ApiError> {
        let key = KubernetesKey {
            name: cluster.name.clone(),
            region: region.to_owned(),
            endpoint: cluster.endpoint.clone(),
            certificate_authority: cluster.certificate_authority.clone(),
            access: access.clone(),
        };
        let mut clients = self
            .kubernetes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(one, _)| *one == key) {
            return Ok(Arc::clone(client) as Arc<dyn KubeApi>);
        }
        let identity = self.identity(cluster, region, access)?;
        let clock = Arc::clone(&self.connection.context.clock);
        let agent = self.connection.user_agent.suffix();
        let client = KubeClient::new(
            cluster,
            access,
            identity,
            &self.connection.proxies,
            agent,
            clock,
        )?;
        let client = Arc::new(client);
        clients.push((key, Arc::clone(&client)));
        Ok(client)
    }

    fn fresh_connections(
        &self,
        cluster: &Cluster,
        region: &str,
        access: &ClusterAccess,
    ) -> Option<Arc<dyn FreshConnections>> {
        if access.token.is_some() || access.client_certificate.is_some() {
            return None;
        }
        let context = &self.connection.context;
        Some(Arc::new(FreshClients {
            cluster: cluster.clone(),
            access: access.clone(),
            audience: Audience {
                cluster_name: cluster.name.clone(),
                region: region.to_owned(),
            },
            credentials: self.token_credentials(region, access.kubernetes_role_arn.as_deref()),
            credential_sources: Arc::clone(&context.credential_sources),
            proxies: self.connection.proxies.clone(),
            user_agent: self.connection.user_agent.suffix().to_owned(),
            clock: Arc::clone(&context.clock),
            tokens: Arc::clone(&self.fresh_tokens),
        }))
    }

    fn files(&self) -> Arc<dyn FileStore> {
        Arc::new(LocalFiles)
    }

    async fn cluster_token(
        &self,
        cluster_name: &str,
        region: &str,
        role_arn: Option<&str>,
    ) -> Result<ClusterToken, ApiError> {
        let audience = Audience {
            cluster_name: cluster_name.to_owned(),
            region: region.to_owned(),
        };
        let credentials = self.token_credentials(region, role_arn);
        let context = &self.connection.context;
        mint(
            &audience,
            &credentials,
            &context.credential_sources,
            context.clock.now(),
        )
        .await
    }
}

/// Where the numbers of fresh tokens begin: another process of the same credentials begins elsewhere.
fn first_number(clock: &dyn Clock) -> u32 {
    let since = clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.subsec_nanos()
}

#[cfg(test)]
mod tests;
