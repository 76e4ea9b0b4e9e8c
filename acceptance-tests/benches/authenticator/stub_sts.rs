//! An STS behind an HTTPS proxy on 127.0.0.1, as cheap as it can be and the same for everybody: CONNECT, TLS, HTTP/1.1 kept open.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use acceptance_tests::failure::{Failure, Outcome};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::fixture;

/// The stub; it lives in a thread of its own until the program ends.
pub struct StubSts {
    url: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

/// How often the stub was used.
#[derive(Clone, Copy)]
pub struct Used {
    pub connections: usize,
    pub requests: usize,
}

impl StubSts {
    /// Starts with the bed's certificate, which has the names of STS.
    pub fn start(certificates: &Path) -> Outcome<StubSts> {
        let acceptor = acceptor(certificates)?;
        let counts = Arc::new(Counts::default());
        let answers: Vec<Vec<u8>> = (0..fixture::ENTRIES).map(response).collect();
        let (answers, seen) = (Arc::new(answers), Arc::clone(&counts));
        let (told, port) = std::sync::mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else {
                    return;
                };
                let _ = told.send(listener.local_addr().map(|address| address.port()));
                while let Ok((stream, _)) = listener.accept().await {
                    let (acceptor, answers) = (acceptor.clone(), Arc::clone(&answers));
                    tokio::spawn(serve(stream, acceptor, answers, Arc::clone(&seen)));
                }
            });
        });
        let port = port
            .recv()
            .map_err(|_| Failure::new("the stub of STS did not start"))??;
        Ok(StubSts {
            url: format!("http://127.0.0.1:{port}"),
            counts,
        })
    }

    /// The proxy's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Until now.
    pub fn used(&self) -> Used {
        Used {
            connections: self.counts.connections.load(Ordering::Relaxed),
            requests: self.counts.requests.load(Ordering::Relaxed),
        }
    }
}

fn acceptor(certificates: &Path) -> Outcome<TlsAcceptor> {
    let chain = CertificateDer::from_pem_slice(&std::fs::read(certificates.join("server.crt"))?)?;
    let key = PrivateKeyDer::from_pem_slice(&std::fs::read(certificates.join("server.key"))?)?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn response(number: usize) -> Vec<u8> {
    let body = fixture::answer(number);
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One connection until the other side ends it.
async fn serve(
    mut stream: TcpStream,
    acceptor: TlsAcceptor,
    answers: Arc<Vec<Vec<u8>>>,
    counts: Arc<Counts>,
) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::with_capacity(4096);
    if head(&mut stream, &mut buffer).await.is_none()
        || stream
            .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .await
            .is_err()
    {
        return;
    }
    counts.connections.fetch_add(1, Ordering::Relaxed);
    let Ok(mut stream) = acceptor.accept(stream).await else {
        return;
    };
    while let Some(request) = head(&mut stream, &mut buffer).await {
        counts.requests.fetch_add(1, Ordering::Relaxed);
        let answer = fixture::number_in(&request).and_then(|number| answers.get(number));
        let refusal = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".as_slice();
        let answer = answer.map_or(refusal, Vec::as_slice);
        if stream.write_all(answer).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

/// A request without a body; what follows it stays in the buffer.
async fn head(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = buffer.split_off(end + 4);
            return Some(std::mem::replace(buffer, rest));
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
