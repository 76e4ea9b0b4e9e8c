//! An API server on 127.0.0.1 with one aws-auth, that can break its watches and go away.

use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use tokio::sync::broadcast;

use super::*;

/// The API server.
pub(super) struct ApiServer {
    pub(super) endpoint: String,
    /// PEM.
    pub(super) ca: String,
    lists: Arc<AtomicUsize>,
    /// Sent to break the watches.
    breaks: broadcast::Sender<()>,
    serving: tokio::task::JoinHandle<()>,
}

impl ApiServer {
    /// One whose aws-auth maps the role Admin to a user name.
    pub(super) async fn start(username: &'static str) -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![cert.der().clone()],
                PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("https://{}", listener.local_addr().unwrap());
        let (lists, breaks) = (Arc::new(AtomicUsize::new(0)), broadcast::channel(8).0);
        let (counter, broken) = (Arc::clone(&lists), breaks.clone());
        let serving = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, counter) = (acceptor.clone(), Arc::clone(&counter));
                let broken = broken.subscribe();
                connections.spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, username, &counter, broken).await;
                    }
                });
            }
        });
        Self {
            endpoint,
            ca: cert.pem(),
            lists,
            breaks,
            serving,
        }
    }

    /// How often aws-auth was read as a whole.
    pub(super) fn lists(&self) -> usize {
        self.lists.load(Ordering::SeqCst)
    }

    /// Every watch ends with something that is no event.
    pub(super) fn break_watches(&self) {
        self.breaks.send(()).unwrap();
    }

    /// Closes the port and every connection.
    pub(super) async fn stop(self) {
        self.serving.abort();
        let _ = self.serving.await;
    }
}

async fn serve(
    mut stream: tokio_rustls::server::TlsStream<TcpStream>,
    username: &str,
    lists: &AtomicUsize,
    mut broken: broadcast::Receiver<()>,
) {
    let mut buffer = Vec::new();
    loop {
        while !buffer.windows(4).any(|four| four == b"\r\n\r\n") {
            match stream.read_buf(&mut buffer).await {
                Ok(count) if count > 0 => {}
                _ => return,
            }
        }
        let request = String::from_utf8_lossy(&buffer).into_owned();
        buffer.clear();
        assert!(
            request.contains("Bearer k8s-aws-v1.secret"),
            "the token of the cluster is sent"
        );
        if request.contains("watch=true") {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            if broken.recv().await.is_ok() {
                let _ = stream.write_all(b"surprise\n").await;
            }
            return;
        }
        lists.fetch_add(1, Ordering::SeqCst);
        let list = serde_json::json!({"metadata": {"resourceVersion": "5"}, "items": [{
            "metadata": {"name": "aws-auth"},
            "data": {"mapRoles": format!("- rolearn: arn:aws:iam::111122223333:role/Admin\n  username: {username}\n")},
        }]})
        .to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{list}",
            list.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
