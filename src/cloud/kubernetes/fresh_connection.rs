//! Connections to an API server that nobody used before, each with a token that it was never shown.
//!
//! What surprises: the endpoint's name is resolved here, so that each address behind it can be asked; TLS and the Host header keep the name. Behind a
//! proxy the proxy resolves it, and there is one address.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::provider::SharedCredentialsProvider;
use eksauth_provider::ports::cloud::ClusterToken;
use eksauth_provider::ports::eks::Cluster;
use eksauth_provider::ports::fresh_connection::{FreshConnection, ServerAddress};
use eksauth_provider::ports::{ApiError, Clock, ClusterAccess, FreshConnections, KubeApi};

use super::client::{Endpoint, Identity, KubeClient, Limits, endpoint_url, proxy, url_setting};
use super::token::{Audience, mint_fresh};
use crate::aws::proxy::Proxies;

/// A question must be answered while there is time to undo what it is about.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(3),
    attempts: 1,
};

/// To the addresses of a name.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// More addresses of one name than this are not asked.
const MOST_ADDRESSES: usize = 4;

/// Makes fresh connections to one cluster.
pub(crate) struct FreshClients {
    pub(crate) cluster: Cluster,
    pub(crate) access: ClusterAccess,
    pub(crate) audience: Audience,
    pub(crate) credentials: SharedCredentialsProvider,
    pub(crate) credential_sources: Arc<str>,
    pub(crate) proxies: Proxies,
    pub(crate) user_agent: String,
    pub(crate) clock: Arc<dyn Clock>,
    /// The tokens that were made so far by this configuration: no two of one second are the same.
    pub(crate) tokens: Arc<AtomicU32>,
}

struct FreshClient {
    client: KubeClient,
    token: ClusterToken,
}

impl FreshConnection for FreshClient {
    fn kube(&self) -> &dyn KubeApi {
        &self.client
    }

    fn token(&self) -> &ClusterToken {
        &self.token
    }
}

impl FreshClients {
    /// Host and port, where it is a name that is to be resolved here.
    fn name(&self) -> Option<(String, u16)> {
        let setting = url_setting(&self.cluster, &self.access).ok()?;
        let url = endpoint_url(&self.cluster, &setting).ok()?;
        let is_direct = matches!(
            proxy(&self.cluster, &self.access, &self.proxies, &url),
            Ok(None)
        );
        let host = url.host()?;
        let is_name = host.trim_matches(['[', ']']).parse::<IpAddr>().is_err();
        (is_direct && is_name).then(|| (host.to_owned(), url.port_u16().unwrap_or(443)))
    }
}

#[async_trait]
impl FreshConnections for FreshClients {
    async fn addresses(&self) -> Vec<ServerAddress> {
        let as_written = vec![ServerAddress::AsWritten];
        let Some((host, port)) = self.name() else {
            return as_written;
        };
        let lookup = tokio::net::lookup_host((host, port));
        let Ok(Ok(found)) = tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await else {
            return as_written;
        };
        let mut addresses: Vec<ServerAddress> =
            found.map(|socket| ServerAddress::At(socket.ip())).collect();
        addresses.sort();
        addresses.dedup();
        addresses.truncate(MOST_ADDRESSES);
        if addresses.is_empty() {
            return as_written;
        }
        addresses
    }

    async fn connect(&self, address: ServerAddress) -> Result<Box<dyn FreshConnection>, ApiError> {
        let token = mint_fresh(
            &self.audience,
            &self.credentials,
            &self.credential_sources,
            self.clock.now(),
            self.tokens.fetch_add(1, Ordering::Relaxed),
        )
        .await?;
        let endpoint = Endpoint {
            cluster: &self.cluster,
            access: &self.access,
            proxies: &self.proxies,
            user_agent: &self.user_agent,
            address: match address {
                ServerAddress::AsWritten => None,
                ServerAddress::At(address) => Some(address),
            },
            limits: LIMITS,
        };
        let identity = Identity::Given(token.token.clone());
        let client = KubeClient::of_endpoint(&endpoint, identity, Arc::clone(&self.clock))?;
        Ok(Box::new(FreshClient { client, token }))
    }
}

#[cfg(test)]
mod tests;
