//! A server on 127.0.0.1 with a stub for STS, as its clients see it.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::command::{AwsArguments, InitArguments};
use crate::stub_sts::{StubSts, noon, token};

mod answers;
mod api_server;
mod bad_clients;
mod clusters;
mod feeds;
mod http2;
mod idle_connections;
mod start_and_stop;

const AWS_AUTH: &str = "kind: ConfigMap\ndata:\n  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/Admin\n      username: admin:{{SessionName}}\n      groups: [system:masters]\n";

/// It is always noon.
struct Noon;

#[async_trait]
impl Clock for Noon {
    fn now(&self) -> SystemTime {
        noon()
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending().await
    }
}

impl Setup {
    fn at_noon(limits: Limits) -> Self {
        Self {
            limits,
            clock: Arc::new(Noon),
            cluster: None,
        }
    }
}

/// Lines of a log, for whoever looks.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A server at work.
struct Bed {
    folder: TempDir,
    address: SocketAddr,
    lines: Lines,
    stop: CancellationToken,
    reload: Arc<Notify>,
    serving: tokio::task::JoinHandle<()>,
    sts: StubSts,
}

#[derive(Debug, PartialEq, Eq)]
struct Got {
    status: u16,
    content_type: String,
    body: String,
}

impl Bed {
    async fn start(change: impl FnOnce(&mut ServerArguments)) -> Self {
        Self::with_limits(Limits::default(), change).await
    }

    async fn with_limits(limits: Limits, change: impl FnOnce(&mut ServerArguments)) -> Self {
        Self::with_setup(Setup::at_noon(limits), change).await
    }

    async fn with_setup(setup: Setup, change: impl FnOnce(&mut ServerArguments)) -> Self {
        let (folder, sts) = (tempfile::tempdir().unwrap(), StubSts::start().await);
        let mut arguments = arguments(folder.path(), &sts);
        change(&mut arguments);
        let lines = Lines::default();
        let server = Server::prepare(&arguments, setup, lines.clone())
            .await
            .unwrap();
        let (address, reload) = (server.address().unwrap(), server.reload());
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server.serve(stop.clone()));
        Self {
            folder,
            address,
            lines,
            stop,
            reload,
            serving,
            sts,
        }
    }

    async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        handshake(self.folder.path(), stream).await
    }

    async fn call(&self, method: &str, path: &str, body: &str) -> Got {
        let mut stream = self.connect().await.unwrap();
        exchange(&mut stream, method, path, body).await.unwrap()
    }

    async fn review(&self, access_key_id: &str) -> Got {
        self.call("POST", "/authenticate", &review(&token(access_key_id)))
            .await
    }

    /// Stops, and gives what the log has.
    async fn stopped(self) -> String {
        self.stop.cancel();
        self.serving.await.unwrap();
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }
}

/// TLS as a client that trusts the server's certificate.
async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    folder: &Path,
    stream: S,
) -> io::Result<TlsStream<S>> {
    let pem = std::fs::read(folder.join(crate::init::CERTIFICATE)).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&pem).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::from(IpAddr::from([127, 0, 0, 1]));
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

fn arguments(folder: &Path, sts: &StubSts) -> ServerArguments {
    let init = InitArguments {
        state_dir: folder.to_owned(),
        hostnames: Vec::new(),
        address: IpAddr::from([127, 0, 0, 1]),
        port: 1,
    };
    crate::init::run(&init).unwrap();
    let aws_auth = folder.join("aws-auth.yaml");
    std::fs::write(&aws_auth, AWS_AUTH).unwrap();
    ServerArguments {
        cluster_id: Some("prod".to_owned()),
        backend_mode: Vec::new(),
        config: None,
        aws_auth: Some(aws_auth),
        dynamic_file: None,
        dynamic_file_user_id_strict: false,
        sso_role_match: false,
        cluster: None,
        api_server: None,
        ca: None,
        token_file: None,
        client_certificate: None,
        client_key: None,
        state_dir: folder.to_owned(),
        address: IpAddr::from([127, 0, 0, 1]),
        port: 0,
        partition: None,
        scrubbed_accounts: Vec::new(),
        reserved_prefixes: Vec::new(),
        max_connections: 1000,
        sts: sts.arguments(),
        aws: AwsArguments {
            region: Some("eu-central-1".to_owned()),
            profile: None,
        },
    }
}

fn review(token: &str) -> String {
    format!(
        r#"{{"apiVersion":"authentication.k8s.io/v1beta1","kind":"TokenReview","spec":{{"token":"{token}"}}}}"#
    )
}

async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    method: &str,
    path: &str,
    body: &str,
) -> Option<Got> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: webhook\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    // A server that has heard enough answers and closes.
    let _ = stream.write_all(body.as_bytes()).await;
    let mut bytes = Vec::new();
    loop {
        if let Some(got) = parsed(&bytes, method) {
            return Some(got);
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
}

fn parsed(bytes: &[u8], method: &str) -> Option<Got> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let field = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::to_owned)
    };
    let length: usize = field("content-length: ")?.parse().ok()?;
    if method != "HEAD" && body.len() < length {
        return None;
    }
    Some(Got {
        status: head.split(' ').nth(1)?.parse().ok()?,
        content_type: field("content-type: ")?,
        body: body.to_owned(),
    })
}

const DENIED: &str = r#"{"metadata":{},"spec":{},"status":{"user":{}}}"#;
const JSON: &str = "application/json; charset=UTF-8";
const TEXT: &str = "text/plain; charset=utf-8";

fn got(status: u16, content_type: &str, body: &str) -> Got {
    Got {
        status,
        content_type: content_type.to_owned(),
        body: body.to_owned(),
    }
}
