//! Asks STS the one request that a token judge wants answered: once, no redirects, a bounded answer, ten seconds.
//!
//! What surprises: `connect_to` changes where the connection goes and nothing else. The host that the token names is signed, so it
//! stays in the Host header. Rules: aws-iam-authenticator's `pkg/token`, and `eksauth_core::token::StsRequest`.

use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_types::os_shim_internal::Env;
use eksauth_core::token::{MAX_STS_BODY_BYTES, StsRequest};
use eksauth_provider::ports::cloud::UrlSetting;
use eksauth_provider::ports::sts::StsAnswer;
use eksauth_provider::ports::{ApiError, AwsSettings, ErrorKind, TokenSts};
use http_body_util::BodyExt;

use crate::aws::http_client::{CaBundle, SharedClient};
use crate::aws::proxy::Proxies;
use crate::error::causes;

const OPERATION: &str = "sts:GetCallerIdentity";

/// To a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// To the whole answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How STS is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StsClientSettings {
    /// `http://127.0.0.1:4566`: connect there, whatever host the token names. For emulators.
    pub connect_to: Option<UrlSetting>,
    /// A PEM file of further CAs; `None`: AWS_CA_BUNDLE.
    pub ca_bundle: Option<String>,
}

/// STS for judging tokens. Proxies are those of the environment.
#[derive(Debug)]
pub struct StsClient {
    connector: SharedHttpConnector,
    connect_to: Option<UrlSetting>,
}

impl StsClient {
    /// A client that has sent nothing yet.
    ///
    /// # Errors
    /// A proxy, CA bundle or address that cannot be used.
    pub async fn new(settings: StsClientSettings) -> Result<Self, ApiError> {
        let env = Env::real();
        let proxies = Proxies::from_settings(&AwsSettings::default(), &env)?;
        let bundle = settings.ca_bundle.or_else(|| {
            env.get("AWS_CA_BUNDLE")
                .ok()
                .filter(|path| !path.is_empty())
        });
        let client = SharedClient::new(proxies, CaBundle::read(bundle.as_deref()).await?);
        Self::through(&client, settings.connect_to)
    }

    /// A client in the proxies and roots; `connect_to` as in [`StsClientSettings`].
    pub(crate) fn through(
        client: &SharedClient,
        connect_to: Option<UrlSetting>,
    ) -> Result<Self, ApiError> {
        let timeouts = HttpConnectorSettings::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(TIMEOUT)
            .build();
        Ok(Self {
            connector: client.connector(Connector::builder().connector_settings(timeouts)),
            connect_to: connect_to.map(checked_origin).transpose()?,
        })
    }

    async fn exchange(
        &self,
        request: &StsRequest,
    ) -> Result<StsAnswer, Box<dyn std::error::Error + Send + Sync>> {
        let mut builder = http::Request::builder()
            .method(request.method())
            .header(http::header::HOST, request.host());
        for (name, value) in request.headers() {
            builder = builder.header(name, value);
        }
        let sent = builder.uri(self.uri(request)).body(SdkBody::empty())?;
        let answer = self.connector.call(HttpRequest::try_from(sent)?).await?;
        let status = answer.status().as_u16();
        let (mut incoming, mut body) = (answer.into_body(), Vec::new());
        while let Some(frame) = incoming.frame().await {
            if let Ok(data) = frame?.into_data() {
                body.extend_from_slice(&data);
            }
            if body.len() > MAX_STS_BODY_BYTES {
                body.truncate(MAX_STS_BODY_BYTES + 1);
                break;
            }
        }
        Ok(StsAnswer { status, body })
    }

    /// The request's URL, at the address to connect to where one is set.
    fn uri(&self, request: &StsRequest) -> String {
        let url = request.url();
        match (&self.connect_to, url.split_once("/?")) {
            (Some(origin), Some((_, query))) => format!("{}/?{query}", origin.expose()),
            _ => url,
        }
    }
}

#[async_trait]
impl TokenSts for StsClient {
    /// [`ErrorKind::Unreachable`] where no answer came.
    async fn ask(&self, request: &StsRequest) -> Result<StsAnswer, ApiError> {
        let unreachable = || {
            ApiError::new(
                ErrorKind::Unreachable,
                OPERATION,
                format!("`{}` did not answer", request.host()),
            )
        };
        match tokio::time::timeout(TIMEOUT, self.exchange(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(ApiError {
                causes: causes(&*error, &unreachable().message),
                ..unreachable()
            }),
            Err(_) => Err(ApiError {
                causes: vec![format!("no answer within {} seconds", TIMEOUT.as_secs())],
                ..unreachable()
            }),
        }
    }
}

fn checked_origin(origin: UrlSetting) -> Result<UrlSetting, ApiError> {
    let url = origin.expose().parse::<http::Uri>().ok();
    let usable = url.is_some_and(|url| {
        matches!(url.scheme_str(), Some("http" | "https"))
            && url.host().is_some()
            && url.path() == "/"
    });
    if usable {
        return Ok(origin.expose().trim_end_matches('/').into());
    }
    Err(ApiError::new(
        ErrorKind::Invalid,
        OPERATION,
        format!("`{origin}` is not an address to connect to, such as http://127.0.0.1:4566"),
    ))
}

#[cfg(test)]
mod tests;
