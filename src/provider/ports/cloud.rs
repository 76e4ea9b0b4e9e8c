//! The way from the provider block to clients: settings in, ports out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use super::eks::{Cluster, EksApi};
use super::error::ApiError;
use super::files::FileStore;
use super::fresh_connection::FreshConnections;
use super::iam::IamApi;
use super::kubernetes::KubeApi;
pub use super::secret::{Secret, UrlSetting};
use super::sts::{StsApi, TokenSts};
use super::surface::Surface;

/// A role to assume before anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssumeRole {
    /// The role.
    pub role_arn: String,
    /// The session name.
    pub session_name: Option<String>,
    /// The external id.
    pub external_id: Option<String>,
    /// Seconds.
    pub duration_seconds: Option<i32>,
    /// A session policy in JSON.
    pub policy: Option<String>,
    /// Session policies by ARN.
    pub policy_arns: Vec<String>,
    /// Session tags.
    pub tags: BTreeMap<String, String>,
    /// Keys of the tags that roles assumed further keep.
    pub transitive_tag_keys: Vec<String>,
    /// The source identity.
    pub source_identity: Option<String>,
}

/// A role to assume with a web identity token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssumeRoleWithWebIdentity {
    /// The role.
    pub role_arn: String,
    /// The session name.
    pub session_name: Option<String>,
    /// Seconds.
    pub duration_seconds: Option<i32>,
    /// A session policy in JSON.
    pub policy: Option<String>,
    /// Session policies by ARN.
    pub policy_arns: Vec<String>,
    /// The token itself.
    pub token: Option<Secret>,
    /// A file with the token, read at each use.
    pub token_file: Option<String>,
}

/// How the attempts of a call follow one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryMode {
    /// A pause that doubles with every attempt, of which a random part is waited.
    #[default]
    Standard,
    /// That, and after the first throttled call a rate for every call of the client, which begins at one call in two seconds.
    Adaptive,
}

/// How the metadata service of an instance is asked for credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataService {
    /// It is never asked.
    pub is_skipped: bool,
    /// Its address.
    pub endpoint: Option<UrlSetting>,
    /// Over IPv6, or over IPv4.
    pub by_ipv6: Option<bool>,
}

/// The AWS part of the provider block, known values only. What is `None` comes from the environment and shared configuration as the AWS SDK reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsSettings {
    /// The region.
    pub region: Option<String>,
    /// The profile.
    pub profile: Option<String>,
    /// Access key id.
    pub access_key: Option<Secret>,
    /// Secret access key.
    pub secret_key: Option<Secret>,
    /// Session token.
    pub token: Option<Secret>,
    /// Shared configuration files.
    pub shared_config_files: Vec<String>,
    /// Shared credentials files.
    pub shared_credentials_files: Vec<String>,
    /// Roles assumed one after another.
    pub assume_role: Vec<AssumeRole>,
    /// A role assumed with a web identity token.
    pub assume_role_with_web_identity: Option<AssumeRoleWithWebIdentity>,
    /// Endpoint overrides by service id: `iam`, `eks`, `sts`.
    pub endpoints: BTreeMap<String, UrlSetting>,
    /// Attempts per call; default 25 as in the AWS provider's convention.
    pub max_retries: Option<u32>,
    /// How attempts follow one another; default [`RetryMode::Standard`].
    pub retry_mode: Option<RetryMode>,
    /// Retries that may be made before calls succeed again, in the SDK's tokens (five for each retry); default: no limit.
    pub retry_tokens: Option<u32>,
    /// Proxy for http endpoints.
    pub http_proxy: Option<UrlSetting>,
    /// Proxy for https endpoints.
    pub https_proxy: Option<UrlSetting>,
    /// Hosts without a proxy, comma separated.
    pub no_proxy: Option<String>,
    /// PEM file of further CAs.
    pub custom_ca_bundle: Option<String>,
    /// The region of the STS that is called, for every call; default: the region of the call.
    pub sts_region: Option<String>,
    /// The instance metadata service.
    pub metadata: MetadataService,
    /// FIPS endpoints.
    pub use_fips_endpoint: Option<bool>,
    /// Dual-stack endpoints.
    pub use_dualstack_endpoint: Option<bool>,
    /// The end of the User-Agent: provider's version, Terraform's version, TF_APPEND_USER_AGENT.
    pub user_agent: String,
    /// Where its errors are read.
    pub surface: Surface,
}

/// How to reach one cluster where its name alone is not enough: an element of the provider's `clusters` map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterAccess {
    /// The cluster's region.
    pub region: Option<String>,
    /// A role to assume for the EKS API of this cluster.
    pub assume_role_arn: Option<String>,
    /// A role to assume for the token of this cluster.
    pub kubernetes_role_arn: Option<String>,
    /// A proxy to its API server.
    pub proxy_url: Option<UrlSetting>,
    /// The name expected in its certificate.
    pub tls_server_name: Option<String>,
    /// Its endpoint, instead of what DescribeCluster says.
    pub host: Option<UrlSetting>,
    /// PEM of its CA, instead of what DescribeCluster says.
    pub cluster_ca_certificate: Option<String>,
    /// A bearer token, instead of one made from AWS credentials.
    pub token: Option<Secret>,
    /// PEM of a client certificate, instead of a token.
    pub client_certificate: Option<String>,
    /// PEM of its key.
    pub client_key: Option<Secret>,
}

/// A token for a cluster, as `aws eks get-token` makes it.
#[derive(Clone, Debug)]
pub struct ClusterToken {
    /// `k8s-aws-v1.…`.
    pub token: Secret,
    /// When it should no longer be used: 14 minutes after it was made.
    pub expires_at: SystemTime,
}

/// Clients of one provider configuration.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// The region of the configuration, the environment or the profile.
    fn region(&self) -> Option<String>;

    /// IAM.
    fn iam(&self) -> Arc<dyn IamApi>;

    /// IAM of another account: as a role that the configuration's identity assumes with the STS of a region. Clients are shared per pair.
    fn iam_as(&self, role_arn: &str, region: &str) -> Arc<dyn IamApi>;

    /// STS as the configuration's identity.
    fn sts(&self) -> Arc<dyn StsApi>;

    /// STS for other people's tokens, at the host that each token names; an endpoint that is set for STS is where the connection goes.
    ///
    /// # Errors
    /// An address that cannot be used.
    fn token_sts(&self) -> Result<Arc<dyn TokenSts>, ApiError>;

    /// EKS in a region, as the configuration's identity or as a role assumed by it. Clients are shared per pair.
    fn eks(&self, region: &str, assume_role_arn: Option<&str>) -> Arc<dyn EksApi>;

    /// The API server of a cluster. Tokens are made in process, from the public STS host of the cluster's region, and renewed before they end.
    ///
    /// # Errors
    /// No endpoint or CA, or one that cannot be read.
    fn kubernetes(
        &self,
        cluster: &Cluster,
        region: &str,
        access: &ClusterAccess,
    ) -> Result<Arc<dyn KubeApi>, ApiError>;

    /// Fresh connections to the API server of a cluster; `None` where a token or a certificate of the provider block acts, of which no other can be made.
    fn fresh_connections(
        &self,
        cluster: &Cluster,
        region: &str,
        access: &ClusterAccess,
    ) -> Option<Arc<dyn FreshConnections>>;

    /// The files of this machine.
    fn files(&self) -> Arc<dyn FileStore>;

    /// A token for a cluster (its name is what is signed).
    async fn cluster_token(
        &self,
        cluster_name: &str,
        region: &str,
        role_arn: Option<&str>,
    ) -> Result<ClusterToken, ApiError>;
}

/// Makes [`Cloud`] from settings. Makes no call: credentials are asked when first needed.
#[async_trait]
pub trait CloudFactory: Send + Sync {
    /// The clients.
    ///
    /// # Errors
    /// Settings that contradict each other, files that cannot be read.
    async fn connect(&self, settings: AwsSettings) -> Result<Arc<dyn Cloud>, ApiError>;
}
