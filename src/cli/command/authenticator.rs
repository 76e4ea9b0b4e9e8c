//! The arguments of the commands that do an authenticator's work: verify, server, init and check.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::{AwsArguments, Format, values};

/// How STS is asked about a token.
#[derive(Args, Clone, Debug, Default)]
pub struct StsArguments {
    /// Connect to this address for STS, whatever host a token names; the host of the request stays. For emulators
    #[arg(long, value_name = "ORIGIN")]
    pub sts_connect: Option<String>,
    /// A PEM file of further CAs for STS
    #[arg(long, value_name = "FILE")]
    pub sts_ca: Option<String>,
}

/// `verify`.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("made_for").required(true).args(["cluster_id", "cluster"])))]
pub struct VerifyArguments {
    /// The token, or an ExecCredential with one; standard input where it is left out or `-`
    #[arg(value_name = "TOKEN", hide_possible_values = true)]
    pub token: Option<String>,
    /// The cluster id that the token must be made for; no cluster is asked which user it maps to
    #[arg(short = 'i', long, value_name = "NAME", value_parser = values::cluster_id)]
    pub cluster_id: Option<String>,
    /// The cluster that the token must be made for and whose aws-auth and access entries decide
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name, conflicts_with = "aws_auth")]
    pub cluster: Option<String>,
    /// Map the token by the aws-auth in a file instead of the cluster's
    #[arg(long, value_name = "FILE")]
    pub aws_auth: Option<PathBuf>,
    /// The cluster's partition; by default that of the region, else `aws`
    #[arg(long, value_name = "ID")]
    pub partition: Option<String>,
    /// Check the token's form only: STS is not asked, and whose token it is stays unknown
    #[arg(long, conflicts_with = "cluster")]
    pub offline: bool,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: Format,
    /// How STS is asked.
    #[command(flatten)]
    pub sts: StsArguments,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// Where `server` takes mappings from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BackendName {
    /// The file of --config, read at start
    #[value(name = "MountedFile", alias = "File")]
    MountedFile,
    /// The aws-auth of a cluster or of --aws-auth
    #[value(name = "EKSConfigMap", alias = "ConfigMap")]
    EksConfigMap,
    /// The file of --dynamic-file, read again when it changes
    #[value(name = "DynamicFile")]
    DynamicFile,
}

/// What `server` does by itself; the numbers are those of `server::connections`, `server::cluster` and `server::feed`.
const SERVER_NOTES: &str = "\
Paths: `/authenticate` answers token reviews. `/healthz` answers `ok` while the process serves. `/readyz` answers 503 until the aws-auth of \
--cluster or --api-server was read, and says when it is not followed at present. `/metrics` is for Prometheus.

With --cluster the server asks EKS for the cluster's endpoint and CA at the start, every 12 minutes, and after each failure of the watch, with \
pauses of 1, 2, 4, 8 and then 15 seconds, which begin anew once a watch has lasted a minute. It therefore finds a cluster that is created, replaced or given another CA later. A connection on which \
the API server says nothing counts as failed after 320 seconds. A caller whom only the aws-auth of that cluster maps is refused until it was read; \
from then on the mappings that were read last stay in force while the cluster or EKS does not answer, or the cluster does not exist.

A connection without a request is closed after 10 seconds. A connection without a further request is closed after 120 seconds, over HTTP/2 with a \
GOAWAY; a kube-apiserver closes its own after 90 seconds. At --max-connections the connection that is idle for longest is closed for a new one. A \
connection with a request under way is never closed; if every connection has one, a new connection is.";

/// `server`.
#[derive(Args, Debug)]
#[command(
    group(ArgGroup::new("id").required(true).multiple(true).args(["cluster_id", "config", "cluster"])),
    after_help = SERVER_NOTES
)]
pub struct ServerArguments {
    /// The cluster id that tokens must be made for; by default that of --config or --cluster
    #[arg(short = 'i', long, value_name = "NAME", value_parser = values::cluster_id)]
    pub cluster_id: Option<String>,
    /// Where mappings come from, in order; by default every source that is given below
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub backend_mode: Vec<BackendName>,
    /// A configuration in the form of aws-iam-authenticator's: `clusterID` and `server` with its mappings
    #[arg(short = 'c', long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A file with an aws-auth (ConfigMap as YAML or JSON), read again when it changes
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cluster", "api_server"])]
    pub aws_auth: Option<PathBuf>,
    /// A JSON file of mappings, read again when it changes
    #[arg(long, value_name = "FILE")]
    pub dynamic_file: Option<PathBuf>,
    /// Find entries of --dynamic-file by unique id instead of by ARN
    #[arg(long, requires = "dynamic_file")]
    pub dynamic_file_user_id_strict: bool,
    /// Match entries that name a permission set of IAM Identity Center
    #[arg(long)]
    pub sso_role_match: bool,
    /// The EKS cluster whose aws-auth is watched; it may be created later
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name, conflicts_with = "api_server")]
    pub cluster: Option<String>,
    /// The URL of the API server whose aws-auth is watched
    #[arg(long, value_name = "URL", requires = "ca")]
    pub api_server: Option<String>,
    /// A PEM file with the CA of --api-server
    #[arg(long, value_name = "FILE", requires = "api_server")]
    pub ca: Option<PathBuf>,
    /// A file with a bearer token for --api-server, read again at each watch
    #[arg(long, value_name = "FILE", requires = "api_server", conflicts_with_all = ["client_certificate", "client_key"])]
    pub token_file: Option<PathBuf>,
    /// A PEM file with a client certificate for --api-server
    #[arg(long, value_name = "FILE", requires_all = ["api_server", "client_key"])]
    pub client_certificate: Option<PathBuf>,
    /// A PEM file with the key of --client-certificate
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    pub client_key: Option<PathBuf>,
    /// The folder with the server's certificate and key, as `init` creates it
    #[arg(long, value_name = "DIR", default_value = super::STATE_DIR)]
    pub state_dir: PathBuf,
    /// The address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub address: IpAddr,
    /// The port to listen on; 0 means any free one
    #[arg(long, value_name = "PORT", default_value_t = super::PORT)]
    pub port: u16,
    /// The partition of the tokens; by default that of the region, else `aws`
    #[arg(long, value_name = "ID")]
    pub partition: Option<String>,
    /// An account whose callers' ARNs and ids are left out of answers and logs; may be given several times
    #[arg(long = "scrubbed-account", value_name = "ID", value_parser = values::account_id)]
    pub scrubbed_accounts: Vec<String>,
    /// A prefix that user names from mappings must not have; may be given several times
    #[arg(long = "reserved-prefix", value_name = "PREFIX")]
    pub reserved_prefixes: Vec<String>,
    /// How many connections may be open; at the limit the one that is idle for longest is closed for a new one
    #[arg(long, value_name = "NUMBER", default_value_t = 4096)]
    pub max_connections: usize,
    /// How STS is asked.
    #[command(flatten)]
    pub sts: StsArguments,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// `init`.
#[derive(Args, Debug)]
pub struct InitArguments {
    /// The folder for certificate, key and kubeconfig; created if it does not exist
    #[arg(long, value_name = "DIR", default_value = super::STATE_DIR)]
    pub state_dir: PathBuf,
    /// A name or address in the certificate, besides 127.0.0.1, ::1 and localhost; may be given several times
    #[arg(long = "hostname", value_name = "NAME")]
    pub hostnames: Vec<String>,
    /// The address that the API server connects to
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub address: IpAddr,
    /// The port that the API server connects to
    #[arg(long, value_name = "PORT", default_value_t = super::PORT)]
    pub port: u16,
}

/// `check`.
#[derive(Args, Debug)]
pub struct CheckArguments {
    /// What.
    #[command(subcommand)]
    pub what: Check,
}

/// What is checked.
#[derive(Debug, Subcommand)]
pub enum Check {
    /// Would this service account get this role, and if not, why not
    WebIdentity(WebIdentityArguments),
}

/// `check web-identity`.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("signer").required(true).args(["cluster", "issuer"])))]
pub struct WebIdentityArguments {
    /// The role, by ARN or by name
    #[arg(long, value_name = "ARN|NAME")]
    pub role: String,
    /// The service account
    #[arg(long, value_name = "NAMESPACE:NAME")]
    pub service_account: String,
    /// The cluster whose issuer signs the pod's token
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: Option<String>,
    /// The issuer that signs the pod's token
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Judge the trust policy in this file instead of the role's own: as JSON, in a JSON string, as `aws iam get-role` prints it, or the role's in a Terraform plan or state. Then IAM is not asked, and the provider counts as registered
    #[arg(long, value_name = "FILE")]
    pub trust_policy: Option<PathBuf>,
    /// The role's OIDC providers from a file, as `aws iam get-open-id-connect-provider` prints them; the audiences that they list count
    #[arg(long, value_name = "FILE", requires = "trust_policy")]
    pub oidc_provider: Option<PathBuf>,
    /// The audience of the pod's token; by default that of the partition
    #[arg(long, value_name = "AUDIENCE")]
    pub audience: Option<String>,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: Format,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}
