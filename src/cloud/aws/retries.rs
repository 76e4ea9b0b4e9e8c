//! How often a call to AWS is made, and how long is waited between its attempts.
//!
//! What surprises: `adaptive` is not the default, although the SDK offers it for throttled clients. Its rate limiter begins with the first throttled
//! call and counts how fast the client was until then. A Terraform run that makes a handful of calls was slow, so the limiter starts at its lowest
//! rate, one call in two seconds, and a retry costs ten of these: one throttled call then takes 8 to 20 seconds. `standard` waits a random part of
//! one second, of two, of four, up to [`LONGEST_PAUSE`], as the AWS provider does with its SDK.
//!
//! The SDK also gives each client tokens for retries and stops retrying once they are used up, long before the last attempt. Here they are without
//! limit unless a capacity is set, as in the AWS provider: many objects that are throttled at once must all arrive.

use std::time::{Duration, UNIX_EPOCH};

use aws_config::profile::ProfileSet;
use aws_config::retry::RetryConfig;
use aws_sdk_iam::config::retry::{ClientRateLimiter, RetryPartition, TokenBucket};
use aws_types::os_shim_internal::Env;
use eksauth_provider::ports::cloud::RetryMode;
use eksauth_provider::ports::{ApiError, AwsSettings, Clock, ErrorKind};

use super::config::setting;

/// Attempts per call where nothing else is set, the AWS provider's convention.
const MAX_ATTEMPTS: u32 = 25;

/// Of the first pause a random part is waited, and so of each later one, which are twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer: 25 attempts wait three and a half minutes on average, seven at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The retries of one provider configuration.
#[derive(Clone)]
pub(crate) struct Retries {
    /// For clients of every service.
    pub(crate) config: RetryConfig,
    /// What clients of IAM share.
    pub(crate) iam: RetryPartition,
    /// What clients of EKS share.
    pub(crate) eks: RetryPartition,
    /// What clients of STS share.
    pub(crate) sts: RetryPartition,
}

impl Retries {
    /// From the settings, else the environment, else the profile.
    ///
    /// # Errors
    /// A mode or a number of attempts that is none.
    pub(crate) fn new(
        settings: &AwsSettings,
        env: &Env,
        profiles: &ProfileSet,
        clock: &dyn Clock,
    ) -> Result<Self, ApiError> {
        let config = match mode(settings, env, profiles)? {
            RetryMode::Standard => RetryConfig::standard(),
            RetryMode::Adaptive => RetryConfig::adaptive(),
        };
        let tokens = settings
            .retry_tokens
            .and_then(|tokens| usize::try_from(tokens).ok());
        let tokens = tokens.map_or_else(TokenBucket::unlimited, TokenBucket::new);
        let now = clock.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let partition = |service| {
            RetryPartition::custom(service)
                .token_bucket(tokens.clone())
                .client_rate_limiter(ClientRateLimiter::new(now.as_secs_f64()))
                .build()
        };
        Ok(Self {
            config: config
                .with_max_attempts(max_attempts(settings, env, profiles)?)
                .with_initial_backoff(FIRST_PAUSE)
                .with_max_backoff(LONGEST_PAUSE),
            iam: partition("iam"),
            eks: partition("eks"),
            sts: partition("sts"),
        })
    }
}

fn mode(settings: &AwsSettings, env: &Env, profiles: &ProfileSet) -> Result<RetryMode, ApiError> {
    if let Some(mode) = settings.retry_mode {
        return Ok(mode);
    }
    let Some(text) = setting(env, profiles, "AWS_RETRY_MODE", "retry_mode") else {
        return Ok(RetryMode::default());
    };
    match text.to_ascii_lowercase().as_str() {
        // What the AWS CLI did before it had modes; no SDK of today has it.
        "standard" | "legacy" => Ok(RetryMode::Standard),
        "adaptive" => Ok(RetryMode::Adaptive),
        _ => {
            let message = format!(
                "`{text}` is not a retry mode (AWS_RETRY_MODE, or retry_mode of the profile): `standard` or `adaptive`"
            );
            Err(ApiError::new(ErrorKind::Invalid, "retry mode", message))
        }
    }
}

fn max_attempts(settings: &AwsSettings, env: &Env, profiles: &ProfileSet) -> Result<u32, ApiError> {
    if let Some(retries) = settings.max_retries {
        return Ok(retries.max(1));
    }
    let Some(text) = setting(env, profiles, "AWS_MAX_ATTEMPTS", "max_attempts") else {
        return Ok(MAX_ATTEMPTS);
    };
    text.parse::<u32>().ok().filter(|attempts| *attempts > 0).ok_or_else(|| {
        let message = format!("`{text}` is not a number of attempts (AWS_MAX_ATTEMPTS, or max_attempts of the profile)");
        ApiError::new(ErrorKind::Invalid, "attempts", message)
    })
}

#[cfg(test)]
mod tests;
