//! An STS that says what a story has it say, behind an HTTPS proxy on 127.0.0.1, for what the emulator would never answer.
//!
//! The access key id in a token names the answer. Whoever connects through the proxy gets it, whatever host was asked for.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::failure::Outcome;

/// A status and a body.
#[derive(Clone, Debug)]
pub struct StsAnswer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// The name of the answer to every other access key id.
pub const ANYBODY: &str = "ANYBODY";

type Answers = Arc<Mutex<BTreeMap<String, StsAnswer>>>;

/// The stub; it lives in threads of its own until the program ends.
pub struct StubSts {
    port: u16,
    answers: Answers,
}

impl StubSts {
    /// Starts with the bed's certificate, which has the names of STS.
    ///
    /// # Errors
    /// No certificate, or no port.
    pub fn start(certificates: &Path) -> Outcome<StubSts> {
        let config = Arc::new(server_config(certificates)?);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let answers = Answers::default();
        let shared = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, answers) = (Arc::clone(&config), Arc::clone(&shared));
                thread::spawn(move || serve(stream, config, &answers));
            }
        });
        Ok(StubSts { port, answers })
    }

    /// The proxy's URL.
    #[must_use]
    pub fn proxy(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What tokens with this access key id are answered from now on.
    pub fn answer(&self, access_key_id: &str, answer: StsAnswer) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(access_key_id.to_owned(), answer);
    }
}

fn server_config(certificates: &Path) -> Outcome<ServerConfig> {
    let chain = CertificateDer::from_pem_slice(&fs::read(certificates.join("server.crt"))?)?;
    let key = PrivateKeyDer::from_pem_slice(&fs::read(certificates.join("server.key"))?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// One connection until the other side ends it.
fn serve(mut stream: TcpStream, config: Arc<ServerConfig>, answers: &Answers) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(120)))
        .ok()?;
    head(&mut stream, &mut Vec::new())?;
    stream
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .ok()?;
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut buffer = Vec::new();
    loop {
        let request = head(&mut stream, &mut buffer)?;
        let answer = answer_to(&request, answers);
        let StsAnswer { status, body } = answer;
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).ok()?;
        stream.flush().ok()?;
    }
}

fn answer_to(request: &str, answers: &Answers) -> StsAnswer {
    let credential = request
        .split(['?', '&', ' '])
        .find_map(|part| part.strip_prefix("X-Amz-Credential="));
    let id = credential
        .and_then(|credential| credential.split('%').next())
        .unwrap_or_default();
    let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
    let refused = || StsAnswer {
        status: 403,
        body: String::new(),
    };
    let named = answers.get(id).or_else(|| answers.get(ANYBODY));
    named.cloned().unwrap_or_else(refused)
}

/// A request without a body; what follows it stays in the buffer.
fn head(stream: &mut impl Read, buffer: &mut Vec<u8>) -> Option<String> {
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = buffer.split_off(end + 4);
            let request = std::mem::replace(buffer, rest);
            return Some(String::from_utf8_lossy(&request).into_owned());
        }
        let count = stream.read(&mut chunk).ok()?;
        if count == 0 {
            return None;
        }
        buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
}
