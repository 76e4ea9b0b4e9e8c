//! The bearer token of a cluster: a presigned GetCallerIdentity that names the cluster in a signed header.
//!
//! What surprises: the host is always the public one of the cluster's region and partition, whatever endpoints are configured,
//! because the cluster's verifier calls the host that the token names and refuses any other. X-Amz-Expires is 60 and ignored;
//! the verifier takes a token for 15 minutes after its date, and this one is not used after 14, nor beyond the credentials' end.
//! Rules: aws-iam-authenticator's `pkg/token`, `aws eks get-token`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use eksauth_core::principal::partition::Partition;
use eksauth_core::token::{
    CLUSTER_ID_HEADER, MAX_TOKEN_BYTES, PRESIGNED_URL_LIFETIME, REPORTED_LIFETIME, encode,
};
use eksauth_provider::ports::cloud::{ClusterToken, Secret};
use eksauth_provider::ports::{ApiError, Clock, ErrorKind};
use tokio::sync::Mutex;

use crate::aws::call::failed_below;
use crate::error::causes;

/// The session name of a role that is assumed for a token, as the AWS command line names it.
pub(crate) const SESSION_NAME: &str = "EKSGetTokenAuth";

/// A token is renewed this long before its end.
const MARGIN: Duration = Duration::from_secs(60);

/// Lifetimes of tokens that are used once; each is more than half of the usual one.
const DIFFERENT_LIFETIMES: u64 = 25;

/// Lifetimes of the tokens of fresh connections, in seconds: a verifier takes up to 900, and no other token of ours has one of these.
const FRESH_LIFETIMES: std::ops::RangeInclusive<u32> = 61..=900;

const OPERATION: &str = "kubernetes:token";

/// What a token is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Audience {
    /// The cluster's name: it goes into the signed header.
    pub(crate) cluster_name: String,
    /// The cluster's region: it gives host and signing scope.
    pub(crate) region: String,
}

/// Makes a token now.
pub(crate) async fn mint(
    audience: &Audience,
    credentials: &SharedCredentialsProvider,
    credential_sources: &str,
    now: SystemTime,
) -> Result<ClusterToken, ApiError> {
    let moment = Moment {
        now,
        lifetime: PRESIGNED_URL_LIFETIME,
    };
    mint_at(audience, credentials, credential_sources, moment).await
}

/// Makes a token that differs from every other one of the same second; `number` tells them apart.
pub(crate) async fn mint_fresh(
    audience: &Audience,
    credentials: &SharedCredentialsProvider,
    credential_sources: &str,
    now: SystemTime,
    number: u32,
) -> Result<ClusterToken, ApiError> {
    let span = FRESH_LIFETIMES.end() - FRESH_LIFETIMES.start() + 1;
    let seconds = FRESH_LIFETIMES.start() + number % span;
    let moment = Moment {
        now,
        lifetime: Duration::from_secs(seconds.into()),
    };
    mint_at(audience, credentials, credential_sources, moment).await
}

/// When a token is made, and what it says of its lifetime: of two that are made in one second with the same keys only this tells them apart.
#[derive(Clone, Copy)]
struct Moment {
    now: SystemTime,
    lifetime: Duration,
}

async fn mint_at(
    audience: &Audience,
    credentials: &SharedCredentialsProvider,
    credential_sources: &str,
    moment: Moment,
) -> Result<ClusterToken, ApiError> {
    let credentials = credentials.provide_credentials().await.map_err(
        |error| match failed_below(&error) {
            Some(below) => below,
            None => {
                let message = format!(
                    "no AWS credentials for a token of cluster `{}`; tried {credential_sources}",
                    audience.cluster_name
                );
                ApiError {
                    causes: causes(&error, &message),
                    ..ApiError::new(ErrorKind::NoCredentials, OPERATION, message)
                }
            }
        },
    )?;
    let token = sign_token(audience, &credentials, moment)?;
    let end = moment.now + REPORTED_LIFETIME;
    Ok(ClusterToken {
        token,
        expires_at: credentials.expiry().map_or(end, |expiry| expiry.min(end)),
    })
}

fn sign_token(
    audience: &Audience,
    credentials: &Credentials,
    moment: Moment,
) -> Result<Secret, ApiError> {
    let url = presign(audience, credentials, moment).map_err(|error| {
        let message = format!(
            "the token of cluster `{}` could not be signed",
            audience.cluster_name
        );
        ApiError {
            causes: causes(&*error, &message),
            ..ApiError::new(ErrorKind::Invalid, OPERATION, message)
        }
    })?;
    let token = encode(&url);
    if token.len() > MAX_TOKEN_BYTES {
        let message = format!(
            "the token of cluster `{}` would have {} bytes and every cluster refuses more than {MAX_TOKEN_BYTES}; \
             the session token of the AWS credentials is too long (fewer or shorter session tags and policies make it shorter)",
            audience.cluster_name,
            token.len()
        );
        return Err(ApiError::new(ErrorKind::Invalid, OPERATION, message));
    }
    Ok(Secret::new(token))
}

/// The presigned URL; a secret.
fn presign(
    audience: &Audience,
    credentials: &Credentials,
    moment: Moment,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let partition = Partition::of_region(&audience.region).unwrap_or(Partition::Aws);
    let url = format!(
        "https://{}/?Action=GetCallerIdentity&Version=2011-06-15",
        partition.sts_host(&audience.region)
    );
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(moment.lifetime);
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&audience.region)
        .name("sts")
        .time(moment.now)
        .settings(settings)
        .build()?
        .into();
    let headers = [(CLUSTER_ID_HEADER, audience.cluster_name.as_str())];
    let signable =
        SignableRequest::new("GET", &url, headers.into_iter(), SignableBody::Bytes(&[]))?;
    // The signer logs the request with its session token at TRACE, so it signs unheard.
    let unheard = tracing::subscriber::NoSubscriber::new();
    let signed = tracing::subscriber::with_default(unheard, || sign(signable, &params))?;
    let (instructions, _) = signed.into_parts();
    let mut request = http::Request::builder().method("GET").uri(&url).body(())?;
    instructions.apply_to_request_http1x(&mut request);
    Ok(request.uri().to_string())
}

/// The token of one cluster, renewed before its end; asked for at every request.
pub(crate) struct TokenSource {
    audience: Audience,
    credentials: SharedCredentialsProvider,
    credential_sources: Arc<str>,
    clock: Arc<dyn Clock>,
    cached: Mutex<Option<CachedToken>>,
    /// How many were made that are used once.
    made_once: AtomicU64,
}

struct CachedToken {
    token: ClusterToken,
    made_at: SystemTime,
}

impl TokenSource {
    /// A source that has made nothing yet.
    pub(crate) fn new(
        audience: Audience,
        credentials: SharedCredentialsProvider,
        credential_sources: Arc<str>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            audience,
            credentials,
            credential_sources,
            clock,
            cached: Mutex::default(),
            made_once: AtomicU64::new(0),
        }
    }

    /// A token that is good for at least a minute, unless the credentials themselves end sooner.
    pub(crate) async fn token(&self) -> Result<Secret, ApiError> {
        let mut cached = self.cached.lock().await;
        let now = self.clock.now();
        if let Some(cached) = cached
            .as_ref()
            .filter(|cached| cached.made_at <= now && now + MARGIN < cached.token.expires_at)
        {
            return Ok(cached.token.token.clone());
        }
        let token = mint(
            &self.audience,
            &self.credentials,
            &self.credential_sources,
            now,
        )
        .await?;
        let text = token.token.clone();
        *cached = Some(CachedToken {
            token,
            made_at: now,
        });
        Ok(text)
    }

    /// A token that no server has seen, for one question.
    pub(crate) async fn new_token(&self) -> Result<Secret, ApiError> {
        let made = self.made_once.fetch_add(1, Ordering::Relaxed);
        let moment = Moment {
            now: self.clock.now(),
            lifetime: PRESIGNED_URL_LIFETIME - Duration::from_secs(1 + made % DIFFERENT_LIFETIMES),
        };
        let minted = mint_at(
            &self.audience,
            &self.credentials,
            &self.credential_sources,
            moment,
        );
        Ok(minted.await?.token)
    }
}

#[cfg(test)]
mod tests;
