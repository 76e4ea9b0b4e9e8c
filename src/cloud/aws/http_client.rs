//! The one HTTP client that all AWS services of a configuration share.
//!
//! What surprises: nothing is loaded when it is made. The roots of trust are read at the first https request, because a
//! validate or an emulator over http never needs them. An endpoint to which no connection can be made is tried four times and
//! not as often as a throttled call: 25 attempts at a wrong endpoint would take minutes.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
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
use eksauth_provider::ports::{ApiError, ErrorKind};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::proxy::Proxies;
use crate::error::never_connected;

/// Attempts at an endpoint to which no connection can be made.
const CONNECT_ATTEMPTS: u32 = 4;

/// A PEM file of further CAs, checked.
#[derive(Clone, Default)]
pub(crate) struct CaBundle(Option<Vec<u8>>);

impl CaBundle {
    /// Reads the file, if one is set.
    pub(crate) fn read(path: Option<&str>) -> Result<Self, ApiError> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let refused = |why: String| {
            ApiError::new(
                ErrorKind::Invalid,
                "provider `custom_ca_bundle`",
                format!("`{path}`: {why}"),
            )
        };
        let pem = std::fs::read(Path::new(path))
            .map_err(|error| refused(format!("the file cannot be read: {error}")))?;
        let mut roots = rustls::RootCertStore::empty();
        let mut count = 0_usize;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate =
                certificate.map_err(|error| refused(format!("the file is not PEM: {error}")))?;
            roots
                .add(certificate)
                .map_err(|error| refused(format!("a certificate in it cannot be used: {error}")))?;
            count += 1;
        }
        if count == 0 {
            return Err(refused("there is no certificate in the file".to_owned()));
        }
        Ok(Self(Some(pem)))
    }

    fn trust_store(&self) -> TrustStore {
        match &self.0 {
            Some(pem) => TrustStore::default().with_pem_certificate(pem.clone()),
            None => TrustStore::default(),
        }
    }
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
            SharedHttpConnector::new(LazyConnector {
                builder,
                proxies: self.proxies.clone(),
                bundle: self.bundle.clone(),
                ways: Arc::default(),
            })
        });
        connector.clone()
    }
}

/// Connectors that are made when a request first needs them.
struct LazyConnector {
    builder: ConnectorBuilder,
    proxies: Proxies,
    bundle: CaBundle,
    ways: Arc<Ways>,
}

/// One connector per way out.
#[derive(Default)]
struct Ways {
    http: OnceLock<SharedHttpConnector>,
    http_by_proxy: OnceLock<SharedHttpConnector>,
    https: OnceLock<SharedHttpConnector>,
    https_by_proxy: OnceLock<SharedHttpConnector>,
}

impl fmt::Debug for LazyConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyConnector")
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}

impl LazyConnector {
    fn way(&self, uri: &http::Uri) -> Result<SharedHttpConnector, ApiError> {
        let proxy = self.proxies.of(uri);
        let secure = uri.scheme_str() == Some("https");
        let slot = match (secure, proxy.is_some()) {
            (false, false) => &self.ways.http,
            (false, true) => &self.ways.http_by_proxy,
            (true, false) => &self.ways.https,
            (true, true) => &self.ways.https_by_proxy,
        };
        if let Some(connector) = slot.get() {
            return Ok(connector.clone());
        }
        let connector = self.build(secure, proxy)?;
        Ok(slot.get_or_init(|| connector).clone())
    }

    fn build(&self, secure: bool, proxy: Option<&str>) -> Result<SharedHttpConnector, ApiError> {
        let mut builder = self.builder.clone();
        let config = proxy.map(Proxies::connector_config).transpose()?;
        let by_tls = secure || proxy.is_some_and(|url| url.starts_with("https://"));
        builder.set_proxy_config(config);
        if !by_tls {
            return Ok(SharedHttpConnector::new(builder.build_http()));
        }
        let context = TlsContext::builder()
            .with_trust_store(self.bundle.trust_store())
            .build();
        let context =
            context.map_err(|error| ApiError::new(ErrorKind::Invalid, "tls", error.to_string()))?;
        let tls = builder
            .tls_provider(Provider::rustls(CryptoMode::AwsLc))
            .tls_context(context);
        Ok(SharedHttpConnector::new(tls.build()))
    }
}

impl HttpConnector for LazyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let attempt = attempt(&request);
        let way = request
            .uri()
            .parse::<http::Uri>()
            .map_err(BoxError::from)
            .and_then(|uri| Ok(self.way(&uri)?));
        match way {
            Ok(connector) => {
                let answer = connector.call(request);
                HttpConnectorFuture::new(async move {
                    answer.await.map_err(|error| give_up(error, attempt))
                })
            }
            Err(error) => HttpConnectorFuture::ready(Err(ConnectorError::user(error))),
        }
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
