//! The one HTTP client that all AWS services of a configuration share.
//!
//! What surprises: nothing is loaded when it is made. The roots of trust are read at the first https request, because a
//! validate or an emulator over http never needs them. An endpoint to which no connection can be made is tried four times and
//! not as often as a throttled call: 25 attempts at a wrong endpoint would take minutes.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use eksauth_provider::ports::cloud::UrlSetting;
use eksauth_provider::ports::{ApiError, ErrorKind};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::proxy::{Proxies, ProxyRefused};
use crate::error::never_connected;

/// Attempts at an endpoint to which no connection can be made.
const CONNECT_ATTEMPTS: u32 = 4;

/// A PEM file of further CAs. It is read at once and parsed when TLS first needs it: a bundle of a whole system takes milliseconds.
#[derive(Clone, Default)]
pub(crate) struct CaBundle(Option<Arc<BundleFile>>);

/// The file as it was read.
struct BundleFile {
    path: String,
    pem: Vec<u8>,
}

impl CaBundle {
    /// Reads the file, if one is set.
    pub(crate) async fn read(path: Option<&str>) -> Result<Self, ApiError> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let pem = tokio::fs::read(path)
            .await
            .map_err(|error| bundle_refused(path, &format!("the file cannot be read: {error}")))?;
        if !String::from_utf8_lossy(&pem).contains(PEM_BEGIN) {
            return Err(bundle_refused(path, "there is no certificate in the file"));
        }
        Ok(Self(Some(Arc::new(BundleFile {
            path: path.to_owned(),
            pem,
        }))))
    }

    /// The system's roots and those of the bundle; certificates that TLS cannot use are left out.
    fn trust_store(&self) -> Result<TrustStore, ApiError> {
        let Some(file) = &self.0 else {
            return Ok(TrustStore::default());
        };
        let mut usable = String::new();
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&file.pem) {
            let certificate = certificate.map_err(|error| {
                bundle_refused(&file.path, &format!("the file is not PEM: {error}"))
            })?;
            let text = format!(
                "{PEM_BEGIN}\n{}\n-----END CERTIFICATE-----\n",
                STANDARD.encode(&certificate)
            );
            match roots.add(certificate) {
                Ok(()) => usable.push_str(&text),
                Err(error) => {
                    tracing::warn!(path = %file.path, %error, "a certificate of the CA bundle is left out")
                }
            }
        }
        if usable.is_empty() {
            return Err(bundle_refused(
                &file.path,
                "no certificate in the file can be used",
            ));
        }
        Ok(TrustStore::default().with_pem_certificate(usable))
    }
}

const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";

fn bundle_refused(path: &str, why: &str) -> ApiError {
    ApiError::new(ErrorKind::Invalid, "CA bundle", format!("`{path}`: {why}"))
}

/// The HTTP client.
pub(crate) struct SharedClient {
    proxies: Proxies,
    bundle: CaBundle,
    connectors: Mutex<HashMap<Timeouts, SharedHttpConnector>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Timeouts {
    connect: Option<Duration>,
    read: Option<Duration>,
}

impl SharedClient {
    /// A client that has read nothing yet.
    pub(crate) fn new(proxies: Proxies, bundle: CaBundle) -> Self {
        Self {
            proxies,
            bundle,
            connectors: Mutex::default(),
        }
    }

    /// A connector of this client's proxies and roots, outside the SDK.
    pub(crate) fn connector(&self, builder: ConnectorBuilder) -> SharedHttpConnector {
        SharedHttpConnector::new(LazyConnector(Arc::new(Connectors {
            builder,
            proxies: self.proxies.clone(),
            bundle: self.bundle.clone(),
            cache: ConnectorCache::default(),
        })))
    }
}

impl fmt::Debug for SharedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedClient")
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}

impl HttpClient for SharedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let key = Timeouts {
            connect: settings.connect_timeout(),
            read: settings.read_timeout(),
        };
        let mut connectors = self
            .connectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let connector = connectors.entry(key).or_insert_with(|| {
            let mut builder = Connector::builder().connector_settings(settings.clone());
            builder.set_sleep_impl(components.sleep_impl());
            self.connector(builder)
        });
        connector.clone()
    }
}

/// Connectors that are made when a request first needs them.
struct LazyConnector(Arc<Connectors>);

/// The connectors that were made, and what they are made of.
struct Connectors {
    builder: ConnectorBuilder,
    proxies: Proxies,
    bundle: CaBundle,
    cache: ConnectorCache,
}

/// One connector per scheme, with and without a proxy.
#[derive(Default)]
struct ConnectorCache {
    http: OnceLock<SharedHttpConnector>,
    http_by_proxy: OnceLock<SharedHttpConnector>,
    https: OnceLock<SharedHttpConnector>,
    https_by_proxy: OnceLock<SharedHttpConnector>,
}

impl fmt::Debug for LazyConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyConnector")
            .field("proxies", &self.0.proxies)
            .finish_non_exhaustive()
    }
}

impl Connectors {
    /// The place of the connector for a URL, made or not.
    fn slot(&self, uri: &http::Uri) -> &OnceLock<SharedHttpConnector> {
        let is_proxied = self.proxies.proxy_for(uri).is_some();
        match (is_secure(uri), is_proxied) {
            (false, false) => &self.cache.http,
            (false, true) => &self.cache.http_by_proxy,
            (true, false) => &self.cache.https,
            (true, true) => &self.cache.https_by_proxy,
        }
    }

    /// The connector for a URL. Making it may read and parse the roots of trust of the whole system.
    fn get_or_make(&self, uri: &http::Uri) -> Result<SharedHttpConnector, ApiError> {
        let slot = self.slot(uri);
        if let Some(connector) = slot.get() {
            return Ok(connector.clone());
        }
        let connector = self.build(is_secure(uri), self.proxies.proxy_for(uri))?;
        Ok(slot.get_or_init(|| connector).clone())
    }

    fn build(
        &self,
        secure: bool,
        proxy: Option<&UrlSetting>,
    ) -> Result<SharedHttpConnector, ApiError> {
        let mut builder = self.builder.clone();
        let config = proxy.map(Proxies::connector_config).transpose()?;
        let by_tls = secure || proxy.is_some_and(|url| url.expose().starts_with("https://"));
        builder.set_proxy_config(config);
        if !by_tls {
            return Ok(SharedHttpConnector::new(builder.build_http()));
        }
        let context = TlsContext::builder()
            .with_trust_store(self.bundle.trust_store()?)
            .build();
        let context =
            context.map_err(|error| ApiError::new(ErrorKind::Invalid, "tls", error.to_string()))?;
        let tls = builder
            .tls_provider(Provider::rustls(CryptoMode::AwsLc))
            .tls_context(context);
        Ok(SharedHttpConnector::new(tls.build()))
    }
}

fn is_secure(uri: &http::Uri) -> bool {
    uri.scheme_str() == Some("https")
}

/// The connector for a URL, made on a thread that may wait for files.
async fn connector_for(
    connectors: Arc<Connectors>,
    url: &str,
) -> Result<SharedHttpConnector, BoxError> {
    let uri = url.parse::<http::Uri>()?;
    if let Some(made) = connectors.slot(&uri).get() {
        return Ok(made.clone());
    }
    let making = tokio::task::spawn_blocking(move || connectors.get_or_make(&uri));
    Ok(making.await??)
}

impl HttpConnector for LazyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connectors = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let connector = connector_for(Arc::clone(&connectors), request.uri()).await;
            let connector = connector.map_err(ConnectorError::user)?;
            let attempt = attempt(&request);
            let uri: http::Uri = request
                .uri()
                .parse()
                .map_err(|error: http::uri::InvalidUri| ConnectorError::user(error.into()))?;
            let answer = connector.call(request).await;
            let answer = answer.map_err(|error| give_up(error, attempt))?;
            let proxy = connectors.proxies.proxy_for(&uri);
            match ProxyRefused::from_answer(answer.status().as_u16(), proxy) {
                Some(refused) => Err(ConnectorError::user(refused.into())),
                None => Ok(answer),
            }
        })
    }
}

/// The number of the attempt, as the SDK says it in `amz-sdk-request: attempt=2; max=25`.
fn attempt(request: &HttpRequest) -> u32 {
    let header = request.headers().get("amz-sdk-request").unwrap_or_default();
    let number = header
        .split(';')
        .find_map(|part| part.trim().strip_prefix("attempt="));
    number.and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// Makes the failure one that is not retried where no connection could be made often enough.
fn give_up(error: ConnectorError, attempt: u32) -> ConnectorError {
    if attempt >= CONNECT_ATTEMPTS && never_connected(&error) {
        return ConnectorError::other(error.into_source(), None);
    }
    error
}
