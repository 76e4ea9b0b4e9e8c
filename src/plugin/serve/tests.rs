use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P521_SHA512};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::crypto::aws_lc_rs::sign::any_supported_type;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::notebook::provider::Notebook;
use crate::proto::health::HealthCheckRequest;
use crate::proto::health::health_client::HealthClient;
use crate::proto::plugin::Empty;
use crate::proto::plugin::grpc_controller_client::GrpcControllerClient;
use crate::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use crate::serve::handshake::Network;
use crate::serve::tls::ServerCertificate;

/// A certificate like Terraform's: a P-521 CA that is its own leaf.
struct Host {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Host {
    fn new() -> Self {
        Self::with(KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap())
    }

    fn with(key: KeyPair) -> Self {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, key }
    }

    fn key(&self) -> PrivatePkcs8KeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der())
    }
}

/// A served notebook that expects one host.
struct Plugin {
    folder: TempDir,
    endpoint: Endpoint,
    certificate: CertificateDer<'static>,
    end: CancellationToken,
    served: tokio::task::JoinHandle<Result<(), ServeError>>,
}

impl Plugin {
    fn expecting(host: &Host) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificate = ServerCertificate::new().unwrap();
        let acceptor = tls::acceptor(&certificate, host.certificate.clone()).unwrap();
        let listener = Listener::bind(&handshake_on(Network::Unix {
            folder: folder.path().to_owned(),
            group: None,
        }))
        .unwrap();
        let end = CancellationToken::new();
        Self {
            folder,
            endpoint: listener.endpoint.clone(),
            certificate: certificate.der().clone(),
            served: tokio::spawn(serve_until(
                Server::new(Notebook::default()),
                listener,
                Some(acceptor),
                end.clone(),
            )),
            end,
        }
    }

    /// A connection as a client makes it that trusts exactly the plugin's certificate.
    async fn connect(
        &self,
        shown: Option<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>)>,
    ) -> io::Result<TlsStream<UnixStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match shown {
            Some((certificate, key)) => {
                // Not checked against each other: a thief would not either.
                let key = any_supported_type(&key.into()).unwrap();
                let shown = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
                config.with_client_cert_resolver(Arc::new(shown))
            }
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let socket = UnixStream::connect(self.endpoint.address()).await?;
        TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from("localhost").unwrap(), socket)
            .await
    }

    /// What a client hears that is refused: its own handshake may be over before the plugin judges its certificate.
    async fn refusal(
        &self,
        shown: Option<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>)>,
    ) -> String {
        let mut stream = match self.connect(shown).await {
            Ok(stream) => stream,
            Err(error) => return error.to_string(),
        };
        // HTTP/2 begins with this; nobody may answer it.
        stream
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .await
            .ok();
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer).await {
            Ok(_) => format!("answered with {} bytes", answer.len()),
            Err(error) => error.to_string(),
        }
    }
}

fn handshake_on(network: Network) -> Handshake {
    Handshake {
        network,
        ..Handshake::for_debugging()
    }
}

async fn channel(plugin: &Plugin, host: &Host) -> tonic::transport::Channel {
    let stream = plugin
        .connect(Some((host.certificate.clone(), host.key())))
        .await
        .unwrap();
    let mut stream = Some(hyper_util::rt::TokioIo::new(stream));
    tonic::transport::Endpoint::from_static("http://localhost")
        .connect_with_connector(tower::service_fn(move |_| {
            let stream = stream.take();
            async move { stream.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)) }
        }))
        .await
        .unwrap()
}

#[tokio::test]
async fn the_host_and_nobody_else_is_let_in() {
    let host = Host::new();
    let plugin = Plugin::expecting(&host);
    assert_eq!(
        plugin.refusal(None).await,
        "received fatal alert: CertificateRequired"
    );
    for other in [
        Host::new(),
        Host::with(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()),
    ] {
        let shown = Some((other.certificate.clone(), other.key()));
        assert_eq!(
            plugin.refusal(shown).await,
            "received fatal alert: AccessDenied"
        );
    }
    // The right certificate without its key proves nothing.
    let stolen = Some((host.certificate.clone(), Host::new().key()));
    assert_eq!(
        plugin.refusal(stolen).await,
        "received fatal alert: DecryptError"
    );

    // After all that the host is served.
    let mut health = HealthClient::new(channel(&plugin, &host).await);
    let request = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = health.check(request("plugin")).await.unwrap().into_inner();
    assert_eq!(answer.status().as_str_name(), "SERVING");
    let absent = health.check(request("other")).await.unwrap_err();
    assert_eq!(absent.code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn shutdown_ends_the_process_with_streams_open_and_removes_the_socket() {
    let host = Host::new();
    let plugin = Plugin::expecting(&host);
    let channel = channel(&plugin, &host).await;
    let stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await;
    let mut output = stdio.unwrap().into_inner();
    GrpcControllerClient::new(channel)
        .shutdown(Empty {})
        .await
        .unwrap();
    assert_eq!(output.message().await.unwrap(), None, "the stream ends");
    tokio::time::timeout(SHUTDOWN_GRACE * 2, plugin.served)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(plugin.end.is_cancelled());
    assert_eq!(std::fs::read_dir(plugin.folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn the_socket_is_its_owners_and_of_a_group_where_the_host_wants_it() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let folder = tempfile::tempdir().unwrap();
    let own_group = std::fs::metadata(folder.path()).unwrap().gid();
    for (group, mode) in [(None, 0o600), (Some(own_group.to_string()), 0o660)] {
        let network = Network::Unix {
            folder: folder.path().to_owned(),
            group,
        };
        let listener = Listener::bind(&handshake_on(network)).unwrap();
        let metadata = std::fs::metadata(listener.endpoint.address()).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode);
        assert_eq!(metadata.gid(), own_group);
    }
    let network = Network::Unix {
        folder: folder.path().to_owned(),
        group: Some("no such group".to_owned()),
    };
    assert_eq!(
        Listener::bind(&handshake_on(network))
            .err()
            .unwrap()
            .to_string(),
        "there is no group `no such group` for the socket"
    );
}

#[tokio::test]
async fn a_port_of_the_range_is_taken_where_there_are_no_sockets() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let first = taken.local_addr().unwrap().port();
    let network = Network::Tcp { first, last: first };
    assert_eq!(
        Listener::bind(&handshake_on(network))
            .err()
            .unwrap()
            .to_string(),
        format!("no port between {first} and {first} is free")
    );
    drop(taken);
    let network = Network::Tcp { first, last: first };
    let listener = Listener::bind(&handshake_on(network)).unwrap();
    assert_eq!(listener.endpoint.network(), "tcp");
    let end = CancellationToken::new();
    let address = listener.endpoint.address();
    let served = tokio::spawn(serve_until(
        Server::new(Notebook::default()),
        listener,
        None,
        end.clone(),
    ));
    TcpStream::connect(address).await.unwrap();
    end.cancel();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_peer_that_says_nothing_keeps_nobody_out() {
    let host = Host::new();
    let plugin = Plugin::expecting(&host);
    let _silent = UnixStream::connect(plugin.endpoint.address())
        .await
        .unwrap();
    let mut health = HealthClient::new(channel(&plugin, &host).await);
    health.check(HealthCheckRequest::default()).await.unwrap();
}
