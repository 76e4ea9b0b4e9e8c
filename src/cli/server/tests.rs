use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::command::{AwsArguments, InitArguments};
use crate::stub_sts::{StubSts, noon, token};

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
        let (folder, sts) = (tempfile::tempdir().unwrap(), StubSts::start().await);
        let mut arguments = arguments(folder.path(), &sts);
        change(&mut arguments);
        let lines = Lines::default();
        let server = Server::prepare(&arguments, Arc::new(Noon), lines.clone())
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
        let pem = std::fs::read(self.folder.path().join(crate::init::CERTIFICATE)).unwrap();
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
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::from(IpAddr::from([127, 0, 0, 1]));
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
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
    stream: &mut TlsStream<TcpStream>,
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

#[tokio::test]
async fn answers_are_those_of_the_webhook_byte_for_byte() {
    let bed = Bed::start(|_| {}).await;
    let mapped = "{\"metadata\":{},\"spec\":{},\"status\":{\"authenticated\":true,\"user\":{\"extra\":{\"accessKeyId\":[\"ROLE-Admin-eve@x\"],\
        \"arn\":[\"arn:aws:sts::111122223333:assumed-role/Admin/eve@x\"],\"canonicalArn\":[\"arn:aws:iam::111122223333:role/Admin\"],\
        \"principalId\":[\"AROAEXAMPLE\"],\"sessionName\":[\"eve@x\"],\"sigs.k8s.io/aws-iam-authenticator/principalId\":[\"AROAEXAMPLE\"]},\
        \"groups\":[\"system:masters\"],\"uid\":\"aws-iam-authenticator:111122223333:AROAEXAMPLE\",\"username\":\"admin:eve-x\"}}}\n";
    assert_eq!(bed.review("ROLE-Admin-eve@x").await, got(200, JSON, mapped));
    assert_eq!(bed.review("USER-eve").await, got(403, JSON, DENIED));
    assert_eq!(bed.review("DENY").await, got(403, JSON, DENIED));
    assert_eq!(bed.review("BREAK").await, got(403, JSON, DENIED));
    assert_eq!(bed.review("THROTTLE").await, got(429, JSON, DENIED));
    assert_eq!(bed.sts.asked(), 5);
    let bad_token = bed.call("POST", "/authenticate", &review("nonsense")).await;
    assert_eq!(bad_token, got(403, JSON, DENIED));
    let no_review = "expected a request body to be a TokenReview\n";
    assert_eq!(
        bed.call("POST", "/authenticate", "[]").await,
        got(400, TEXT, no_review)
    );
    assert_eq!(
        bed.call("GET", "/authenticate", "").await,
        got(405, TEXT, "expected POST\n")
    );
    assert_eq!(
        bed.call("HEAD", "/authenticate", "").await,
        got(405, TEXT, "")
    );
    assert_eq!(bed.call("GET", "/healthz", "").await, got(200, TEXT, "ok"));
    assert_eq!(
        bed.call("GET", "/", "").await,
        got(404, TEXT, "404 page not found\n")
    );
    assert_eq!(bed.sts.asked(), 5);
}

#[tokio::test]
async fn a_scrubbed_account_and_a_reserved_prefix_are_kept() {
    let bed =
        Bed::start(|arguments| arguments.scrubbed_accounts.push("111122223333".to_owned())).await;
    let scrubbed = "{\"metadata\":{},\"spec\":{},\"status\":{\"authenticated\":true,\"user\":{\"groups\":[\"system:masters\"],\
        \"uid\":\"aws-iam-authenticator:administrative:admin:eve\",\"username\":\"admin:eve\"}}}\n";
    assert_eq!(bed.review("ROLE-Admin-eve").await, got(200, JSON, scrubbed));
    let log = bed.stopped().await;
    assert!(!log.contains("assumed-role"), "{log}");
    let bed = Bed::start(|arguments| arguments.reserved_prefixes.push("admin:".to_owned())).await;
    assert_eq!(bed.review("ROLE-Admin-eve").await, got(403, JSON, DENIED));
    let log = bed.stopped().await;
    assert!(
        log.contains(r#""reason":"username.reserved_prefix""#),
        "{log}"
    );
}

#[tokio::test]
async fn logs_and_metrics_tell_what_happened_and_no_secret() {
    let bed = Bed::start(|_| {}).await;
    let secret = token("DENY");
    bed.review("ROLE-Admin-eve").await;
    bed.review("DENY").await;
    let evil = eksauth_core::token::encode("https://evil\u{1b}[2J.example/?X-Amz-Signature=5ec2e7");
    bed.call("POST", "/authenticate", &review(&evil)).await;
    bed.call("POST", "/authenticate", &"k8s-aws-v1.".repeat(1000))
        .await;
    let metrics = bed.call("GET", "/metrics", "").await.body;
    for line in [
        "eksauth_requests_total{result=\"success\"} 1",
        "eksauth_requests_total{result=\"sts_error\"} 1",
        "eksauth_requests_total{result=\"invalid_token\"} 1",
        "eksauth_requests_total{result=\"malformed_request\"} 1",
        "eksauth_sts_latency_seconds_count 2",
        "eksauth_requests_in_flight 0",
        "eksauth_mappings 1",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line}\n{metrics}");
    }
    let log = bed.stopped().await;
    let told: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line.get("result").is_some())
        .collect();
    let field =
        |index: usize, name: &str| told[index][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        field(0, "arn"),
        "arn:aws:sts::111122223333:assumed-role/Admin/eve"
    );
    assert_eq!(field(0, "username"), "admin:eve");
    assert_eq!(field(0, "time"), "2026-06-01T12:00:00.000Z");
    assert_eq!(
        (field(1, "reason"), field(1, "detail")),
        (
            "sts.status".to_owned(),
            "STS refused the token with status 403".to_owned()
        )
    );
    assert_eq!(field(2, "result"), "invalid_token");
    for secret in [
        secret.as_str(),
        "k8s-aws-v1",
        "X-Amz",
        "5ec2e7",
        "SignatureDoesNotMatch",
        "\u{1b}",
    ] {
        assert!(
            !log.contains(secret) && !metrics.contains(secret),
            "{secret}\n{log}\n{metrics}"
        );
    }
}

#[tokio::test]
async fn ten_megabytes_are_refused_before_they_are_read() {
    let bed = Bed::start(|_| {}).await;
    let mut announced = bed.connect().await.unwrap();
    announced
        .write_all(
            b"POST /authenticate HTTP/1.1\r\nhost: webhook\r\ncontent-length: 10485760\r\n\r\nxxx",
        )
        .await
        .unwrap();
    let mut bytes = Vec::new();
    let _ = announced.read_to_end(&mut bytes).await;
    assert_eq!(
        parsed(&bytes, "POST"),
        Some(got(413, TEXT, "the request is larger than 1 MiB\n"))
    );
    let mut stream = bed.connect().await.unwrap();
    stream
        .write_all(
            b"POST /authenticate HTTP/1.1\r\nhost: webhook\r\ntransfer-encoding: chunked\r\n\r\n",
        )
        .await
        .unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(65536));
    let mut bytes = Vec::new();
    for _ in 0..17 {
        let _ = stream.write_all(chunk.as_bytes()).await;
    }
    let _ = stream.read_buf(&mut bytes).await;
    assert!(
        bytes.starts_with(b"HTTP/1.1 413"),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    let large = format!(
        r#"{{"spec":{{"audiences":["{}"],"token":"x"}}}}"#,
        "a".repeat(900_000)
    );
    assert_eq!(
        bed.call("POST", "/authenticate", &large).await,
        got(403, JSON, DENIED)
    );
    assert_eq!(bed.review("ROLE-Admin-eve").await.status, 200);
}

#[tokio::test]
async fn hundreds_of_half_open_and_silent_clients_disturb_nobody() {
    let bed = Bed::start(|_| {}).await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(TcpStream::connect(bed.address).await.unwrap());
    }
    let mut silent = Vec::new();
    for _ in 0..50 {
        let mut stream = bed.connect().await.unwrap();
        stream
            .write_all(b"POST /authenticate HTTP/1.1\r\ncontent-length: 100\r\n\r\n{")
            .await
            .unwrap();
        silent.push(stream);
    }
    let garbage = TcpStream::connect(bed.address).await.unwrap();
    garbage.try_write(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    for _ in 0..20 {
        assert_eq!(bed.review("ROLE-Admin-eve").await.status, 200);
    }
    drop((idle, silent, garbage));
    assert_eq!(bed.review("ROLE-Admin-eve").await.status, 200);
}

#[tokio::test]
async fn connections_above_the_limit_are_closed_and_those_that_are_open_go_on() {
    let bed = Bed::start(|arguments| arguments.max_connections = 3).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = bed.connect().await.unwrap();
        let first = exchange(&mut stream, "GET", "/healthz", "").await;
        assert_eq!(first, Some(got(200, TEXT, "ok")));
        open.push(stream);
    }
    assert!(bed.connect().await.is_err());
    let body = review(&token("ROLE-Admin-eve"));
    for stream in &mut open {
        let answer = exchange(stream, "POST", "/authenticate", &body)
            .await
            .unwrap();
        assert_eq!(answer.status, 200);
    }
    let page = exchange(&mut open[0], "GET", "/metrics", "")
        .await
        .unwrap()
        .body;
    assert!(page.contains("\neksauth_connections 3\n"), "{page}");
    assert!(
        page.contains("\neksauth_connections_refused_total 1\n"),
        "{page}"
    );
}

#[tokio::test]
async fn a_changed_map_is_taken_over_and_a_broken_one_is_not() {
    let bed = Bed::start(|_| {}).await;
    let path = bed.folder.path().join("aws-auth.yaml");
    assert_eq!(bed.review("USER-eve").await.status, 403);
    let with_user = format!(
        "{AWS_AUTH}  mapUsers: |\n    - userarn: arn:aws:iam::111122223333:user/eve\n      username: eve\n"
    );
    std::fs::write(&path, with_user).unwrap();
    bed.reload.notify_one();
    let changed = async {
        while bed.review("USER-eve").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), changed)
        .await
        .unwrap();
    std::fs::write(&path, "kind: Pod\n").unwrap();
    bed.reload.notify_one();
    let noticed = async {
        while !bed
            .call("GET", "/metrics", "")
            .await
            .body
            .contains("\neksauth_reload_failures_total 1\n")
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), noticed)
        .await
        .unwrap();
    assert_eq!(bed.review("USER-eve").await.status, 200);
}

#[tokio::test]
async fn a_stopping_server_finishes_and_takes_no_more() {
    let bed = Bed::start(|_| {}).await;
    let mut open = bed.connect().await.unwrap();
    assert!(exchange(&mut open, "GET", "/healthz", "").await.is_some());
    let address = bed.address;
    let log = bed.stopped().await;
    assert!(log.contains("listening on https://127.0.0.1:"), "{log}");
    assert_eq!(open.read(&mut [0; 16]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_configuration_file_feeds_the_server_alone_or_before_aws_auth() {
    let config = |folder: &Path| -> PathBuf {
        let path = folder.join("config.yaml");
        let text = "clusterID: prod\nserver:\n  mapUsers:\n  - userARN: arn:aws:iam::111122223333:user/creator\n    username: kubernetes-admin\n    groups: [system:masters]\n";
        std::fs::write(&path, text).unwrap();
        path
    };
    let alone = Bed::start(|arguments| {
        arguments.config = Some(config(&arguments.state_dir));
        (arguments.cluster_id, arguments.aws_auth) = (None, None);
    })
    .await;
    assert_eq!(alone.review("USER-creator").await.status, 200);
    assert_eq!(alone.review("ROLE-Admin-eve").await.status, 403);
    let both = Bed::start(|arguments| {
        arguments.config = Some(config(&arguments.state_dir));
        arguments.backend_mode = vec![BackendName::MountedFile, BackendName::EksConfigMap];
    })
    .await;
    assert_eq!(both.review("USER-creator").await.status, 200);
    assert_eq!(both.review("ROLE-Admin-eve").await.status, 200);
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_listens() {
    let (folder, sts) = (tempfile::tempdir().unwrap(), StubSts::start().await);
    let good = || {
        let folder = tempfile::tempdir().unwrap();
        let mut arguments = arguments(folder.path(), &sts);
        arguments.state_dir = folder.path().to_owned();
        (arguments, folder)
    };
    let refused = async |arguments: &ServerArguments| {
        let outcome = Server::prepare(arguments, Arc::new(Noon), io::sink()).await;
        outcome
            .err()
            .map(|failure| failure.to_string())
            .unwrap_or_default()
    };
    let (mut none, _keep) = good();
    none.aws_auth = None;
    assert_eq!(
        refused(&none).await,
        "there are no mappings: give --cluster, --api-server, --aws-auth, --config or --dynamic-file"
    );
    let (mut twice, _keep) = good();
    twice.backend_mode = vec![BackendName::EksConfigMap, BackendName::EksConfigMap];
    assert_eq!(
        refused(&twice).await,
        "--backend-mode names a backend twice"
    );
    let (mut mounted, _keep) = good();
    mounted.backend_mode = vec![BackendName::MountedFile];
    assert_eq!(refused(&mounted).await, "MountedFile needs --config");
    let (mut nameless, _keep) = good();
    nameless.cluster_id = None;
    assert_eq!(
        refused(&nameless).await,
        "give the cluster id: --cluster-id, --cluster or --config"
    );
    let (mut without_keys, _keep) = good();
    without_keys.state_dir = folder.path().to_owned();
    assert!(
        refused(&without_keys)
            .await
            .contains("`init` makes certificate and key")
    );
}
