//! A token webhook as a kube-apiserver asks it: TLS, one connection for many reviews.

use std::{
    fs,
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, TcpStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};

/// What a webhook answers: status and body.
pub type Answer = (u16, Value);

/// A webhook at a port of 127.0.0.1.
pub struct Webhook {
    port: u16,
    config: Arc<ClientConfig>,
    open: Option<StreamOwned<ClientConnection, TcpStream>>,
}

impl Webhook {
    /// A webhook whose certificate `authority` signed.
    ///
    /// # Errors
    /// A file that is no certificate.
    pub fn new(port: u16, authority: &Path) -> Outcome<Webhook> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&fs::read(authority)?)?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Webhook {
            port,
            config: Arc::new(config),
            open: None,
        })
    }

    /// Asks about a token, once more over a new connection where the old one ended.
    ///
    /// # Errors
    /// There is no answer.
    pub fn review(&mut self, token: &str) -> Outcome<Answer> {
        self.post(&review_of(token))
    }

    /// Asks with any body, once more over a new connection where the old one ended.
    ///
    /// # Errors
    /// There is no answer.
    pub fn post(&mut self, body: &str) -> Outcome<Answer> {
        if let Some(mut stream) = self.open.take()
            && let Ok(answer) = exchange(&mut stream, body)
        {
            self.open = Some(stream);
            return Ok(answer);
        }
        let mut stream = self.connect()?;
        let answer = exchange(&mut stream, body)?;
        self.open = Some(stream);
        Ok(answer)
    }

    /// Asks for something else than a review, over a connection of its own.
    ///
    /// # Errors
    /// There is no answer.
    pub fn get(&self, path: &str) -> Outcome<Answer> {
        self.request("GET", path)
    }

    /// Asks without a body, over a connection of its own.
    ///
    /// # Errors
    /// There is no answer.
    pub fn request(&self, method: &str, path: &str) -> Outcome<Answer> {
        let mut stream = self.connect()?;
        let head = "HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\nconnection: close";
        send(&mut stream, &format!("{method} {path} {head}\r\n\r\n"))
    }

    fn connect(&self) -> Outcome<StreamOwned<ClientConnection, TcpStream>> {
        let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
        let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
        let connection = ClientConnection::new(Arc::clone(&self.config), name)?;
        Ok(StreamOwned::new(connection, tcp))
    }
}

fn review_of(token: &str) -> String {
    json!({"spec": {"token": token}}).to_string()
}

fn exchange(stream: &mut (impl Read + Write), body: &str) -> Outcome<Answer> {
    let head = format!(
        "POST /authenticate HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    send(stream, &format!("{head}{body}"))
}

fn send(stream: &mut (impl Read + Write), request: &str) -> Outcome<Answer> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        if let Some(answer) = parse(&bytes)? {
            return Ok(answer);
        }
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err(Failure::new("the webhook closed the connection"));
        }
        bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
}

/// The answer, once it is whole.
fn parse(bytes: &[u8]) -> Outcome<Option<Answer>> {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Ok(None);
    };
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let (Some(status), Some(length)) = (status, length) else {
        return Err(Failure::new(format!("the webhook answered: {head}")));
    };
    if body.len() < length {
        return Ok(None);
    }
    let value = serde_json::from_str(body).unwrap_or_else(|_| Value::from(body));
    Ok(Some((status, value)))
}
