//! Settings to a connection: region, credentials, endpoints, retries. Nothing is contacted here.
//!
//! What surprises: the SDK would ask the instance's metadata for a region; this does not, a region comes from the settings, the
//! environment or the profile, or there is none. What is not set comes from the environment and shared configuration as the
//! SDK reads them (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_IAM, `services` sections, AWS_USE_FIPS_ENDPOINT …).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::profile::ProfileSet;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::service_config::ServiceConfigKey;
use eksauth_provider::ports::cloud::{AssumeRole, UrlSetting};
use eksauth_provider::ports::{
    ApiError, AwsSettings, Clock, ErrorKind, PROFILE_ARGUMENT, PROFILE_VARIABLE,
};

use super::assume_role::{RoleCredentials, WebIdentityCredentials};
use super::call::CallContext;
use super::credentials::{CachedCredentials, base};
use super::http_client::{CaBundle, SharedClient};
use super::proxy::Proxies;
use super::retries::Retries;
use super::shared_files::SharedFiles;
use super::sts_client::StsClient;
use super::user_agent::UserAgent;

/// To a connection of AWS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// To the first byte of an answer of AWS.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// One provider configuration, ready to make clients.
#[derive(Clone)]
pub(crate) struct Connection {
    /// The SDK's configuration as the configuration's own identity.
    pub(crate) sdk: SdkConfig,
    /// The configuration's identity.
    pub(crate) credentials: SharedCredentialsProvider,
    /// What calls need to tell of their failures.
    pub(crate) context: CallContext,
    /// What ends the User-Agent.
    pub(crate) user_agent: UserAgent,
    /// The proxies, for Kubernetes too.
    pub(crate) proxies: Proxies,
    retries: Retries,
    sts_region: Option<Region>,
    bundle: CaBundle,
    endpoints: BTreeMap<String, UrlSetting>,
    assumed: Arc<Mutex<HashMap<AssumedKey, SharedCredentialsProvider>>>,
}

/// A role that was assumed for a region's STS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct AssumedKey {
    role_arn: String,
    region: String,
    session_name: Option<String>,
}

impl Connection {
    /// Reads settings, environment and files; makes no call.
    pub(crate) async fn open(
        settings: AwsSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ApiError> {
        let (env, fs) = (Env::real(), Fs::real());
        let files = SharedFiles::find(&settings, &env).await;
        let profiles = profiles(&settings, &env, &fs, &files).await?;
        let profile = profiles.selected_profile().to_owned();
        let region = region(&settings, &env, &profiles);
        let sts_region = settings.sts_region.clone().map(Region::new);
        let proxies = Proxies::from_settings(&settings, &env)?;
        let bundle = settings
            .custom_ca_bundle
            .clone()
            .or_else(|| setting(&env, &profiles, "AWS_CA_BUNDLE", "ca_bundle"));
        let bundle = CaBundle::read(bundle.as_deref()).await?;
        let http = SharedHttpClient::new(SharedClient::new(proxies.clone(), bundle.clone()));

        let provider_config = ProviderConfig::without_region()
            .with_region(sts_region.clone().or_else(|| region.clone()))
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_use_fips(settings.use_fips_endpoint)
            .with_use_dual_stack(settings.use_dualstack_endpoint)
            .with_http_client(http.clone());
        let retries = Retries::new(&settings, &env, &profiles, clock.as_ref())?;
        let base = base(&settings, &provider_config, &files, &profile)?;
        let context = CallContext {
            clock: Arc::clone(&clock),
            credential_sources: base.sources.into(),
            has_region: region.is_some() || sts_region.is_some(),
        };
        let credentials =
            SharedCredentialsProvider::new(CachedCredentials::new(base.provider, clock));

        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(region)
            .profile_name(profile)
            .profile_files(files.present)
            .credentials_provider(credentials.clone())
            .retry_config(retries.config.clone())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .read_timeout(READ_TIMEOUT)
                    .build(),
            );
        if let Some(fips) = settings.use_fips_endpoint {
            loader = loader.use_fips(fips);
        }
        if let Some(dual_stack) = settings.use_dualstack_endpoint {
            loader = loader.use_dual_stack(dual_stack);
        }
        let mut connection = Self {
            sdk: loader.load().await,
            credentials,
            context,
            user_agent: UserAgent::new(&settings.user_agent),
            proxies,
            retries,
            sts_region,
            bundle,
            endpoints: settings.endpoints.clone(),
            assumed: Arc::default(),
        };
        connection.assume(settings);
        Ok(connection)
    }

    /// Puts the roles of the provider block before everything else.
    fn assume(&mut self, settings: AwsSettings) {
        if let Some(role) = settings.assume_role_with_web_identity {
            let client = aws_sdk_sts::Client::from_conf(self.sts_config(None));
            self.become_identity(WebIdentityCredentials::new(
                client,
                self.context.clone(),
                role,
            ));
        }
        for role in settings.assume_role {
            let client = aws_sdk_sts::Client::from_conf(self.sts_config(None));
            self.become_identity(RoleCredentials::new(client, self.context.clone(), role));
        }
    }

    fn become_identity(&mut self, source: impl ProvideCredentials + 'static) {
        let cached = CachedCredentials::new(source, Arc::clone(&self.context.clock));
        self.credentials = SharedCredentialsProvider::new(cached);
        self.sdk = self
            .sdk
            .to_builder()
            .credentials_provider(self.credentials.clone())
            .build();
    }

    /// A role assumed by this configuration's identity with the STS of a region; the same role is assumed once.
    pub(crate) fn assumed(
        &self,
        role_arn: &str,
        region: &str,
        session_name: Option<&str>,
    ) -> SharedCredentialsProvider {
        let key = AssumedKey {
            role_arn: role_arn.to_owned(),
            region: region.to_owned(),
            session_name: session_name.map(str::to_owned),
        };
        let mut assumed = self.assumed.lock().unwrap_or_else(PoisonError::into_inner);
        let provider = assumed.entry(key).or_insert_with(|| {
            let client = aws_sdk_sts::Client::from_conf(self.sts_config(Some(region)));
            let role = AssumeRole {
                role_arn: role_arn.to_owned(),
                session_name: session_name.map(str::to_owned),
                ..AssumeRole::default()
            };
            let source = RoleCredentials::new(client, self.context.clone(), role);
            SharedCredentialsProvider::new(CachedCredentials::new(
                source,
                Arc::clone(&self.context.clock),
            ))
        });
        provider.clone()
    }

    /// The region of the configuration.
    pub(crate) fn region(&self) -> Option<String> {
        self.sdk.region().map(ToString::to_string)
    }

    /// STS of a region, or the one that is set for every call.
    pub(crate) fn sts_config(&self, region: Option<&str>) -> aws_sdk_sts::Config {
        let mut builder = aws_sdk_sts::config::Builder::from(&self.sdk)
            .interceptor(self.user_agent.clone())
            .retry_partition(self.retries.sts.clone());
        if let Some(endpoint) = self.endpoints.get("sts") {
            builder = builder.endpoint_url(endpoint.expose());
        }
        let region = region.map(|region| Region::new(region.to_owned()));
        if let Some(region) = self.sts_region.clone().or(region) {
            builder = builder.region(region);
        }
        builder.build()
    }

    /// STS for judging tokens, which names its host itself; an endpoint set for STS is where the connection goes.
    pub(crate) fn token_sts(&self) -> Result<StsClient, ApiError> {
        let key = ServiceConfigKey::builder()
            .service_id("sts")
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok();
        let of_environment = || {
            let services = self.sdk.service_config()?;
            services.load_config(key?)
        };
        let connect_to = self
            .endpoints
            .get("sts")
            .cloned()
            .or_else(|| of_environment().map(UrlSetting::from));
        let client = SharedClient::new(self.proxies.clone(), self.bundle.clone());
        StsClient::through(&client, connect_to)
    }

    /// IAM of the configuration's partition, as this configuration's identity or as a role that it assumes with the STS of a region.
    pub(crate) fn iam_config(&self, assumed: Option<(&str, &str)>) -> aws_sdk_iam::Config {
        let mut builder = aws_sdk_iam::config::Builder::from(&self.sdk)
            .interceptor(self.user_agent.clone())
            .retry_partition(self.retries.iam.clone());
        if let Some(endpoint) = self.endpoints.get("iam") {
            builder = builder.endpoint_url(endpoint.expose());
        }
        if let Some((role_arn, region)) = assumed {
            builder = builder.credentials_provider(self.assumed(role_arn, region, None));
        }
        builder.build()
    }

    /// EKS of a region, as this configuration's identity or as a role assumed by it.
    pub(crate) fn eks_config(&self, region: &str, role_arn: Option<&str>) -> aws_sdk_eks::Config {
        let mut builder = aws_sdk_eks::config::Builder::from(&self.sdk)
            .interceptor(self.user_agent.clone())
            .retry_partition(self.retries.eks.clone())
            .region(Region::new(region.to_owned()));
        if let Some(endpoint) = self.endpoints.get("eks") {
            builder = builder.endpoint_url(endpoint.expose());
        }
        if let Some(role_arn) = role_arn {
            builder = builder.credentials_provider(self.assumed(role_arn, region, None));
        }
        builder.build()
    }
}

/// Parses the shared files; a profile that is asked for by name must be there.
async fn profiles(
    settings: &AwsSettings,
    env: &Env,
    fs: &Fs,
    files: &SharedFiles,
) -> Result<ProfileSet, ApiError> {
    let operation = settings.surface.choose(PROFILE_ARGUMENT, "--profile");
    let refused = |message: String| ApiError::new(ErrorKind::NoCredentials, operation, message);
    if settings
        .profile
        .as_deref()
        .is_some_and(|name| name.trim().is_empty())
    {
        let setting = settings.surface.choose("`profile`", "--profile");
        return Err(refused(format!(
            "the profile is the empty text; leave {setting} out or name one"
        )));
    }
    let asked = settings.profile.clone().map(|name| (name, operation));
    let asked = asked.or_else(|| variable(env, "AWS_PROFILE").map(|name| (name, PROFILE_VARIABLE)));
    // Named always: the SDK takes an empty AWS_PROFILE for a profile.
    let name = asked.as_ref().map_or("default", |(name, _)| name.as_str());
    let name = Some(Cow::Owned(name.to_owned()));
    let set = aws_config::profile::load(fs, env, &files.present, name)
        .await
        .map_err(|error| {
            let message = "the shared AWS configuration files cannot be read";
            ApiError {
                causes: crate::error::causes(&error, message),
                ..refused(message.to_owned())
            }
        })?;
    match asked {
        Some((name, origin)) if set.get_profile(&name).is_none() && name != "default" => {
            let message = format!(
                "there is no profile `{name}` in the shared AWS configuration files{}{}",
                known(&set),
                files.note()
            );
            Err(ApiError::new(ErrorKind::NoCredentials, origin, message))
        }
        _ => Ok(set),
    }
}

fn known(set: &ProfileSet) -> String {
    let mut names: Vec<String> = set
        .profiles()
        .take(20)
        .map(|name| format!("`{name}`"))
        .collect();
    names.sort();
    if names.is_empty() {
        ", which hold none".to_owned()
    } else {
        format!("; they hold {}", names.join(", "))
    }
}

fn region(settings: &AwsSettings, env: &Env, profiles: &ProfileSet) -> Option<Region> {
    if let Some(region) = settings.region.as_ref().filter(|region| !region.is_empty()) {
        return Some(Region::new(region.clone()));
    }
    variable(env, "AWS_REGION")
        .or_else(|| variable(env, "AWS_DEFAULT_REGION"))
        .or_else(|| profiles.get("region").map(str::to_owned))
        .filter(|region| !region.is_empty())
        .map(Region::new)
}

/// A value of the environment; an empty one counts as none.
pub(crate) fn variable(env: &Env, name: &str) -> Option<String> {
    env.get(name).ok().filter(|value| !value.is_empty())
}

/// A value of the environment, else of the profile.
pub(crate) fn setting(env: &Env, profiles: &ProfileSet, name: &str, key: &str) -> Option<String> {
    let found = variable(env, name).or_else(|| profiles.get(key).map(str::to_owned));
    found.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod environment_tests;
#[cfg(test)]
mod tests;
