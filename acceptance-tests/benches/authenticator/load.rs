//! Many clients of one webhook: each has a TLS connection of its own and asks again as soon as it was answered.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use acceptance_tests::failure::{Failure, Outcome};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::fixture;

/// Nothing that is measured takes longer.
const MOST: Duration = Duration::from_secs(600);

/// What is asked of whom.
#[derive(Clone)]
pub struct Load {
    pub port: u16,
    /// The certificate that signed the webhook's.
    pub authority: PathBuf,
    pub connections: usize,
    pub reviews: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct LoadResult {
    pub wall: Duration,
    /// Of every review, in order.
    pub times: Vec<Duration>,
}

impl LoadResult {
    /// Reviews a second.
    pub fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.times.len()).unwrap_or(u32::MAX)) / self.wall.as_secs_f64()
    }

    /// The time within which so many of 1,000 were answered.
    pub fn within(&self, of_thousand: usize) -> Duration {
        let place = self.times.len() * of_thousand / 1000;
        self.times
            .get(place)
            .or(self.times.last())
            .copied()
            .unwrap_or_default()
    }
}

/// Asks, with tokens made now, and waits for all answers.
///
/// # Errors
/// An answer that is not the right one, or none.
pub fn run(load: &Load) -> Outcome<LoadResult> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let connector = connector(&load.authority)?;
    let requests: Vec<(Vec<u8>, String)> = fixture::tokens()
        .iter()
        .enumerate()
        .map(|(number, token)| (request(token), fixture::username(number)))
        .collect();
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let asked = async {
        let begun = Instant::now();
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..load.connections {
            let client = Client {
                port: load.port,
                connector: connector.clone(),
                requests: Arc::clone(&requests),
                next: Arc::clone(&next),
                reviews: load.reviews,
            };
            clients.spawn(client.ask());
        }
        let mut seen = LoadResult::default();
        while let Some(client) = clients.join_next().await {
            let times = client.map_err(|error| error.to_string())??;
            seen.times.extend(times);
        }
        seen.wall = begun.elapsed();
        seen.times.sort_unstable();
        Ok::<LoadResult, String>(seen)
    };
    let seen = runtime.block_on(async { tokio::time::timeout(MOST, asked).await });
    match seen {
        Ok(Ok(seen)) => Ok(seen),
        Ok(Err(why)) => Err(Failure::new(why)),
        Err(_) => Err(Failure::new(format!("not answered within {MOST:?}"))),
    }
}

/// TLS towards a webhook whose certificate `authority` signed.
pub fn connector(authority: &Path) -> Outcome<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&std::fs::read(authority)?)?)?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A connection that has shaken hands.
pub async fn connect(connector: &TlsConnector, port: u16) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
    connector.connect(name, stream).await
}

fn request(token: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1beta1","metadata":{{"creationTimestamp":null}},"spec":{{"token":"{token}"}},"status":{{"user":{{}}}}}}"#
    );
    format!(
        "POST /authenticate HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

struct Client {
    port: u16,
    connector: TlsConnector,
    requests: Arc<Vec<(Vec<u8>, String)>>,
    next: Arc<AtomicUsize>,
    reviews: usize,
}

impl Client {
    async fn ask(self) -> Result<Vec<Duration>, String> {
        let told = |error: std::io::Error| format!("a client lost its connection: {error}");
        let mut stream = connect(&self.connector, self.port).await.map_err(told)?;
        let (mut times, mut answer) = (Vec::new(), Vec::with_capacity(4096));
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.reviews {
                return Ok(times);
            }
            let Some((request, expected)) = self.requests.get(number % self.requests.len()) else {
                return Ok(times);
            };
            let begun = Instant::now();
            stream.write_all(request).await.map_err(told)?;
            stream.flush().await.map_err(told)?;
            read(&mut stream, &mut answer).await.map_err(told)?;
            times.push(begun.elapsed());
            let text = String::from_utf8_lossy(&answer);
            if !text.starts_with("HTTP/1.1 200") || !text.contains(expected.as_str()) {
                return Err(format!("{expected} is missing in the answer:\n{text}"));
            }
        }
    }
}

/// One answer with a content-length.
async fn read(stream: &mut TlsStream<TcpStream>, answer: &mut Vec<u8>) -> std::io::Result<()> {
    answer.clear();
    loop {
        if let Some(whole) = length(answer)
            && answer.len() >= whole
        {
            return Ok(());
        }
        if stream.read_buf(answer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Bytes of head and body, once the head is there.
fn length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(answer.get(..head)?).ok()?;
    let body = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + 4 + body?)
}
