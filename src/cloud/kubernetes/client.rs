//! The way to one cluster's API server: endpoint, CA, proxy, who we are. Never a kubeconfig, the environment or a pod's own
//! service account.
//!
//! What surprises: kube's own retries and authentication are left off. A patch must not be repeated behind the caller's back,
//! and a token is asked for at every request, so that it is renewed within a long apply.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use eksauth_provider::ports::cloud::{ClusterAccess, Secret, UrlSetting};
use eksauth_provider::ports::eks::Cluster;
use eksauth_provider::ports::{ApiError, Clock, ErrorKind, cancellation};
use http::{HeaderValue, Request, StatusCode, header};
use kube::client::{Body, ClientBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::failure::{Operation, refused, timed_out, unanswered};
use super::token::TokenSource;
use crate::aws::proxy::Proxies;
use crate::error::clock_skew_seconds;
use crate::retry::{pause, retry_after};

/// How long a connection, TLS included, and a whole answer may take, and how often a request is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
    pub(crate) attempts: u32,
}

/// What work needs.
const PATIENT: Limits = Limits {
    connect: Duration::from_secs(10),
    answer: Duration::from_secs(30),
    attempts: u32::MAX,
};

/// Where an API server is and how it is reached.
pub(crate) struct Endpoint<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) access: &'a ClusterAccess,
    pub(crate) proxies: &'a Proxies,
    pub(crate) user_agent: &'a str,
    /// One of the addresses of its name; `None`: whichever the system takes.
    pub(crate) address: Option<IpAddr>,
    pub(crate) limits: Limits,
}

/// An answer larger than this is not read: a ConfigMap has at most 1 MiB.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Who we are to the API server.
pub(crate) enum Identity {
    /// A token made from AWS credentials, renewed before its end.
    Minted(TokenSource),
    /// A token the practitioner gave.
    Given(Secret),
    /// The client certificate of the TLS connection.
    Certificate,
}

/// One cluster's API server as one identity.
pub(crate) struct KubeClient {
    client: kube::Client,
    endpoint: String,
    identity: Identity,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

/// An answer that is a success.
pub(super) struct Answer<Received = Vec<u8>> {
    /// Its body, or what was made of it.
    pub(super) body: Received,
    /// Which success it is.
    pub(super) status: StatusCode,
}

/// Takes the body of a success piece by piece as it arrives.
pub(super) trait Receiver: Send {
    /// Takes the next piece.
    fn take(&mut self, piece: &[u8]);
}

impl Receiver for Vec<u8> {
    fn take(&mut self, piece: &[u8]) {
        self.extend_from_slice(piece);
    }
}

impl KubeClient {
    /// A client that has connected to nothing yet.
    pub(crate) fn new(
        cluster: &Cluster,
        access: &ClusterAccess,
        identity: Identity,
        proxies: &Proxies,
        user_agent: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ApiError> {
        let endpoint = Endpoint {
            cluster,
            access,
            proxies,
            user_agent,
            address: None,
            limits: PATIENT,
        };
        Self::of_endpoint(&endpoint, identity, clock)
    }

    /// The same at one address of the endpoint's name, or with other limits.
    pub(crate) fn of_endpoint(
        endpoint: &Endpoint<'_>,
        identity: Identity,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ApiError> {
        let Endpoint {
            cluster, access, ..
        } = *endpoint;
        let builder = ClientBuilder::try_from(endpoint.config()?).map_err(|error| {
            let message = "the settings of the connection cannot be used";
            ApiError {
                causes: crate::error::causes(&error, message),
                ..invalid(cluster, message)
            }
        })?;
        Ok(Self {
            client: builder.build(),
            endpoint: url_setting(cluster, access)?.to_string(),
            identity,
            clock,
            limits: endpoint.limits,
        })
    }

    /// Sends a request and waits for a success; connection failures of reads and refusals for now are tried again, until the operation is
    /// cancelled. An attempt that runs is waited for: what became of a write whose answer nobody heard is not known.
    pub(super) async fn send(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
    ) -> Result<Answer, ApiError> {
        self.send_to(operation, request, Vec::new).await
    }

    /// The same with a receiver for the body, a new one for each attempt.
    pub(super) async fn send_to<R: Receiver>(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
        receiver: impl Fn() -> R + Send + Sync,
    ) -> Result<Answer<R>, ApiError> {
        let cancel = cancellation::current();
        let mut attempts = 1;
        loop {
            // A token that cannot be had is no failure of the API server: AWS was asked often enough.
            let token = self.token().await?;
            let signed = signed(operation, request, token)?;
            let error = match self.attempt(operation, signed, receiver()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => ApiError { attempts, ..error },
            };
            let Some(pause) = pause(&error, operation.is_read(), attempts)
                .filter(|_| attempts < self.limits.attempts)
            else {
                return Err(error);
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(operation.given_up(&error)),
                () = self.clock.sleep(pause) => attempts += 1,
            }
        }
    }

    /// Sends a request once, with a token that the server has not seen; a certificate is as good as new each time.
    pub(super) async fn send_anew(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
    ) -> Result<Answer, ApiError> {
        let token = match &self.identity {
            Identity::Minted(source) => Some(source.new_token().await?),
            Identity::Certificate => None,
            Identity::Given(_) => {
                let message = "the token is the practitioner's, and there is no other one";
                return Err(operation.failed(ErrorKind::Invalid, message));
            }
        };
        let signed = signed(operation, request, token)?;
        self.attempt(operation, signed, Vec::new()).await
    }

    async fn attempt<R: Receiver>(
        &self,
        operation: &Operation,
        request: Request<Body>,
        receiver: R,
    ) -> Result<Answer<R>, ApiError> {
        let limit = self.limits.answer;
        let exchange = self.exchange(operation, request, receiver);
        let answer = match tokio::time::timeout(limit, exchange).await {
            Ok(result) => result,
            Err(_) => Err(timed_out(operation, &self.endpoint, limit.as_secs())),
        };
        answer.map_err(|error| ApiError {
            address: Some(self.endpoint.clone()),
            ..error
        })
    }

    async fn exchange<R: Receiver>(
        &self,
        operation: &Operation,
        request: Request<Body>,
        mut receiver: R,
    ) -> Result<Answer<R>, ApiError> {
        let answer = self
            .client
            .send(request)
            .await
            .map_err(|error| unanswered(operation, &self.endpoint, &error))?;
        let date = answer
            .headers()
            .get(header::DATE)
            .and_then(|date| date.to_str().ok());
        let skew = clock_skew_seconds(date, self.clock.now());
        let asked = answer
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|wait| wait.to_str().ok())
            .and_then(retry_after);
        let status = answer.status();
        if status.is_success() {
            self.receive(operation, answer.into_body(), &mut receiver)
                .await?;
            return Ok(Answer {
                body: receiver,
                status,
            });
        }
        let mut body = Vec::new();
        self.receive(operation, answer.into_body(), &mut body)
            .await?;
        Err(ApiError {
            clock_skew_seconds: skew,
            retry_after: asked,
            ..refused(operation, status, &body)
        })
    }

    /// Hands on a body as it arrives.
    async fn receive(
        &self,
        operation: &Operation,
        body: Body,
        receiver: &mut impl Receiver,
    ) -> Result<(), ApiError> {
        let mut body = std::pin::pin!(http_body_util::Limited::new(body, MAX_ANSWER_BYTES));
        while let Some(frame) = http_body_util::BodyExt::frame(&mut body).await {
            let frame = frame.map_err(|error| unanswered(operation, &self.endpoint, &*error))?;
            if let Some(piece) = frame.data_ref() {
                receiver.take(piece);
            }
        }
        Ok(())
    }

    /// Sends a request whose answer comes bit by bit, such as a watch; once, and without a limit on time.
    pub(super) async fn open(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
    ) -> Result<http::Response<Body>, ApiError> {
        let token = self.token().await?;
        let request = signed(operation, request, token)?;
        let answer = self.client.send(request).await;
        answer.map_err(|error| ApiError {
            address: Some(self.endpoint.clone()),
            ..unanswered(operation, &self.endpoint, &error)
        })
    }

    /// `None` for a certificate.
    async fn token(&self) -> Result<Option<Secret>, ApiError> {
        match &self.identity {
            Identity::Minted(source) => source.token().await.map(Some),
            Identity::Given(token) => Ok(Some(token.clone())),
            Identity::Certificate => Ok(None),
        }
    }
}

impl Endpoint<'_> {
    fn config(&self) -> Result<kube::Config, ApiError> {
        let Self {
            cluster, access, ..
        } = *self;
        let url = endpoint_url(cluster, &url_setting(cluster, access)?)?;
        let mut config = kube::Config::new(self.at_address(&url)?);
        config.default_retry = false;
        config.connect_timeout = Some(self.limits.connect);
        config.write_timeout = Some(self.limits.answer);
        config.root_cert = Some(roots(cluster, access)?);
        config.tls_server_name = access.tls_server_name.clone();
        config.proxy_url = proxy(cluster, access, self.proxies, &url)?;
        if self.address.is_some()
            && let Some(host) = url.host()
        {
            // The server is spoken to by its name, wherever the connection goes.
            let name = || host.trim_matches(['[', ']']).to_owned();
            config.tls_server_name.get_or_insert_with(name);
            let authority = url.authority().map(ToString::to_string);
            if let Some(Ok(host)) = authority.map(|text| HeaderValue::from_str(&text)) {
                config.headers.push((header::HOST, host));
            }
        }
        if let Ok(agent) = HeaderValue::from_str(self.user_agent.trim())
            && !agent.is_empty()
        {
            config.headers.push((header::USER_AGENT, agent));
        }
        if let (Some(certificate), Some(key)) = (&access.client_certificate, &access.client_key) {
            config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
            config.auth_info.client_key_data = Some(STANDARD.encode(key.expose()).into());
        }
        Ok(config)
    }

    /// The URL with the address in place of the name.
    fn at_address(&self, url: &http::Uri) -> Result<http::Uri, ApiError> {
        let Some(address) = self.address else {
            return Ok(url.clone());
        };
        let host = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host,
        };
        let mut parts = url.clone().into_parts();
        parts.authority = authority.parse().ok();
        http::Uri::from_parts(parts).map_err(|error| invalid(self.cluster, error.to_string()))
    }
}

/// The endpoint that is set, else the cluster's.
pub(crate) fn url_setting(
    cluster: &Cluster,
    access: &ClusterAccess,
) -> Result<UrlSetting, ApiError> {
    access
        .host
        .clone()
        .or_else(|| cluster.endpoint.clone().map(UrlSetting::from))
        .ok_or_else(|| no_endpoint(cluster))
}

fn signed(
    operation: &Operation,
    request: &Request<Vec<u8>>,
    token: Option<Secret>,
) -> Result<Request<Body>, ApiError> {
    let mut signed = request.clone().map(Body::from);
    let json = HeaderValue::from_static("application/json");
    signed.headers_mut().entry(header::ACCEPT).or_insert(json);
    let Some(token) = token else {
        return Ok(signed);
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
        operation.failed(
            ErrorKind::Invalid,
            "the token holds characters that no HTTP header may hold",
        )
    })?;
    value.set_sensitive(true);
    signed.headers_mut().insert(header::AUTHORIZATION, value);
    Ok(signed)
}

fn invalid(cluster: &Cluster, message: impl Into<String>) -> ApiError {
    ApiError::new(
        ErrorKind::Invalid,
        format!("kubernetes:connect {}", cluster.name),
        message,
    )
}

fn no_endpoint(cluster: &Cluster) -> ApiError {
    invalid(
        cluster,
        format!("cluster `{}` has no endpoint yet", cluster.name),
    )
}

pub(crate) fn endpoint_url(
    cluster: &Cluster,
    endpoint: &UrlSetting,
) -> Result<http::Uri, ApiError> {
    let url = match endpoint.expose() {
        url if url.contains("://") => url.to_owned(),
        host => format!("https://{host}"),
    };
    let parsed = url
        .parse::<http::Uri>()
        .ok()
        .filter(|url| url.scheme_str() == Some("https") && url.host().is_some());
    parsed.ok_or_else(|| {
        invalid(
            cluster,
            format!("`{endpoint}` is not the https URL of an API server"),
        )
    })
}

fn roots(cluster: &Cluster, access: &ClusterAccess) -> Result<Vec<Vec<u8>>, ApiError> {
    let pem = access
        .cluster_ca_certificate
        .as_ref()
        .or(cluster.certificate_authority.as_ref());
    let pem = pem.ok_or_else(|| {
        invalid(
            cluster,
            format!(
                "cluster `{}` has no certificate authority yet",
                cluster.name
            ),
        )
    })?;
    let refused = |why: String| {
        invalid(
            cluster,
            format!(
                "the certificate authority of cluster `{}` cannot be used: {why}",
                cluster.name
            ),
        )
    };
    let certificates: Result<Vec<Vec<u8>>, _> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .map(|one| one.map(|der| der.as_ref().to_vec()))
        .collect();
    let certificates = certificates.map_err(|error| refused(format!("it is not PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(refused("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}

pub(crate) fn proxy(
    cluster: &Cluster,
    access: &ClusterAccess,
    proxies: &Proxies,
    url: &http::Uri,
) -> Result<Option<http::Uri>, ApiError> {
    let Some(proxy) = access.proxy_url.as_ref().or_else(|| proxies.proxy_for(url)) else {
        return Ok(None);
    };
    let parsed = proxy
        .expose()
        .parse::<http::Uri>()
        .ok()
        .filter(|proxy| matches!(proxy.scheme_str(), Some("http" | "https")));
    let refused = || {
        invalid(
            cluster,
            format!("`{proxy}` is not the http or https URL of a proxy"),
        )
    };
    parsed.map(Some).ok_or_else(refused)
}

#[cfg(test)]
pub(super) mod tests;
