//! Where credentials come from, in the order of the SDK, and a cache in front so that each source is asked once.
//!
//! What surprises: a profile named in the provider block wins over keys in the environment, as in the AWS provider; keys in the
//! block win over everything, and then no metadata service is ever asked.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::client::EndpointMode;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::EnvConfigFiles;
use eksauth_provider::ports::cloud::MetadataService;
use eksauth_provider::ports::{ApiError, AwsSettings, Clock, ErrorKind};
use tokio::sync::Mutex;

use super::shared_files::SharedFiles;

/// Credentials that end sooner than this are asked anew.
const MARGIN: Duration = Duration::from_secs(60);

/// The first source of credentials, before any role of the provider block.
pub(crate) struct Base {
    /// The source.
    pub(crate) provider: SharedCredentialsProvider,
    /// What it looks at, as a practitioner reads it.
    pub(crate) sources: String,
}

/// Chooses the base from the settings.
pub(crate) fn base(
    settings: &AwsSettings,
    config: &ProviderConfig,
    files: &SharedFiles,
    profile: &str,
) -> Result<Base, ApiError> {
    match (&settings.access_key, &settings.secret_key) {
        (Some(id), Some(secret)) => {
            let token = settings
                .token
                .as_ref()
                .map(|token| token.expose().to_owned());
            let keys =
                Credentials::new(id.expose(), secret.expose(), token, None, "provider block");
            Ok(Base {
                provider: SharedCredentialsProvider::new(keys),
                sources: "the keys in the provider block".to_owned(),
            })
        }
        (None, None) if settings.token.is_none() => {
            check_metadata(&settings.metadata)?;
            Ok(chain(settings, config, files, profile))
        }
        (None, _) => Err(incomplete("access_key")),
        (_, None) => Err(incomplete("secret_key")),
    }
}

fn incomplete(missing: &str) -> ApiError {
    let message = format!("static credentials are incomplete: `{missing}` is not set");
    ApiError::new(ErrorKind::NoCredentials, format!("`{missing}`"), message)
}

/// The metadata client is made late, so its address is looked at here.
fn check_metadata(metadata: &MetadataService) -> Result<(), ApiError> {
    let Some(endpoint) = &metadata.endpoint else {
        return Ok(());
    };
    endpoint
        .expose()
        .parse::<http::Uri>()
        .map(drop)
        .map_err(|error| {
            let message = format!("`{endpoint}` is not a URL: {error}");
            let operation = "`ec2_metadata_service_endpoint`";
            ApiError::new(ErrorKind::Invalid, operation, message)
        })
}

fn chain(
    settings: &AwsSettings,
    config: &ProviderConfig,
    files: &SharedFiles,
    profile: &str,
) -> Base {
    let profile_is_set = settings.profile.is_some();
    let mut sources = vec![format!("the profile `{profile}`")];
    if !profile_is_set {
        sources.insert(0, "environment variables".to_owned());
        sources.push("the web identity token".to_owned());
    }
    sources.push("the container's credentials".to_owned());
    if !settings.metadata.is_skipped {
        sources.push("the instance's metadata".to_owned());
    }
    let chain = LazyChain {
        profile_is_set,
        config: config.clone(),
        files: files.present.clone(),
        profile: profile.to_owned(),
        metadata: settings.metadata.clone(),
        made: OnceLock::new(),
    };
    Base {
        provider: SharedCredentialsProvider::new(chain),
        sources: sources.join(", ") + &files.note(),
    }
}

/// The sources of the environment, made when credentials are first asked for: each of them makes clients of its own.
struct LazyChain {
    profile_is_set: bool,
    config: ProviderConfig,
    files: EnvConfigFiles,
    profile: String,
    metadata: MetadataService,
    made: OnceLock<CredentialsProviderChain>,
}

impl LazyChain {
    fn make(&self) -> CredentialsProviderChain {
        let config = &self.config;
        let by_profile = ProfileFileCredentialsProvider::builder()
            .configure(config)
            .profile_name(&self.profile)
            .profile_files(self.files.clone())
            .build();
        let chain = if self.profile_is_set {
            CredentialsProviderChain::first_try("Profile", by_profile)
        } else {
            let web_identity = WebIdentityTokenCredentialsProvider::builder()
                .configure(config)
                .build();
            CredentialsProviderChain::first_try(
                "Environment",
                EnvironmentVariableCredentialsProvider::new(),
            )
            .or_else("Profile", by_profile)
            .or_else("WebIdentityToken", web_identity)
        };
        let container = EcsCredentialsProvider::builder().configure(config).build();
        let chain = chain.or_else("Container", container);
        if self.metadata.is_skipped {
            return chain;
        }
        let instance = ImdsCredentialsProvider::builder()
            .configure(config)
            .imds_client(self.metadata_client())
            .build();
        chain.or_else("InstanceMetadata", instance)
    }

    fn metadata_client(&self) -> imds::Client {
        let builder = imds::Client::builder().configure(&self.config);
        let builder = match self.metadata.by_ipv6 {
            Some(true) => builder.endpoint_mode(EndpointMode::IpV6),
            Some(false) => builder.endpoint_mode(EndpointMode::IpV4),
            None => builder,
        };
        let endpoint = self.metadata.endpoint.as_ref();
        let at = endpoint.and_then(|url| builder.clone().endpoint(url.expose()).ok());
        at.unwrap_or(builder).build()
    }
}

impl fmt::Debug for LazyChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyChain")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for LazyChain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.made.get_or_init(|| self.make()).provide_credentials()
    }
}

/// Keeps what a source gave until shortly before its end.
pub(crate) struct CachedCredentials {
    source: SharedCredentialsProvider,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Credentials>>,
}

impl CachedCredentials {
    /// A cache in front of a source.
    pub(crate) fn new(source: impl ProvideCredentials + 'static, clock: Arc<dyn Clock>) -> Self {
        Self {
            source: SharedCredentialsProvider::new(source),
            clock,
            kept: Mutex::default(),
        }
    }

    async fn credentials(&self) -> provider::Result {
        let mut kept = self.kept.lock().await;
        let earliest = self.clock.now() + MARGIN;
        if let Some(credentials) = kept
            .as_ref()
            .filter(|one| one.expiry().is_none_or(|end| end > earliest))
        {
            return Ok(credentials.clone());
        }
        let credentials = self.source.provide_credentials().await?;
        *kept = Some(credentials.clone());
        Ok(credentials)
    }
}

impl fmt::Debug for CachedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedCredentials")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for CachedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
