//! The server's certificate and key, as `init` wrote them, and as they are replaced while the server runs.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::failure::Failure;
use crate::init::{CERTIFICATE, KEY};

/// The certificate in force.
#[derive(Debug)]
pub(super) struct Certificate {
    current: RwLock<Arc<CertifiedKey>>,
    provider: Arc<CryptoProvider>,
}

impl Certificate {
    /// Reads the folder.
    ///
    /// # Errors
    /// A file that is missing or unusable.
    pub(super) fn read(state_dir: &Path) -> Result<Self, Failure> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let current = RwLock::new(Arc::new(load(state_dir, &provider)?));
        Ok(Self { current, provider })
    }

    /// Reads the folder again; connections from now on see what is there.
    ///
    /// # Errors
    /// A file that is missing or unusable; the certificate in force stays.
    pub(super) fn reload(&self, state_dir: &Path) -> Result<(), Failure> {
        let loaded = Arc::new(load(state_dir, &self.provider)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

/// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1, no client certificates.
///
/// # Errors
/// A build of the TLS library without these versions.
pub(super) fn tls(certificate: Arc<Certificate>) -> Result<Arc<ServerConfig>, Failure> {
    let provider = Arc::clone(&certificate.provider);
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(format!("TLS cannot be set up: {error}")))?;
    let mut config = builder
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn load(state_dir: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, Failure> {
    let read = |name: &str| {
        let path = state_dir.join(name);
        std::fs::read(&path).map_err(|error| {
            let path = path.display();
            Failure::new(format!(
                "`{path}` cannot be read: {error}; `init` makes certificate and key"
            ))
        })
    };
    let unusable = |name: &str, why: String| {
        let path = state_dir.join(name);
        Failure::new(format!("`{}` cannot be used: {why}", path.display()))
    };
    let chain = CertificateDer::pem_slice_iter(&read(CERTIFICATE)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(CERTIFICATE, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&read(KEY)?)
        .map_err(|error| unusable(KEY, error.to_string()))?;
    CertifiedKey::from_der(chain, key, provider)
        .map_err(|error| unusable(CERTIFICATE, error.to_string()))
}
