//! A client of HTTP/2, of good or bad manners.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};

use super::*;

/// What kind of client it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As others are.
    Usual,
    /// It pings every five seconds.
    Pinging,
    /// It takes no byte of an answer.
    Stalling,
}

/// The client.
pub(super) struct Client {
    requests: SendRequest<Empty<Bytes>>,
    /// How the connection ended: true after a GOAWAY without an error.
    pub(super) end: tokio::task::JoinHandle<bool>,
    kind: Kind,
}

impl Client {
    pub(super) async fn of<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        stream: S,
        kind: Kind,
    ) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new());
        match kind {
            Kind::Usual => {}
            Kind::Pinging => {
                builder
                    .keep_alive_interval(Duration::from_secs(5))
                    .keep_alive_while_idle(true);
            }
            Kind::Stalling => {
                builder.initial_stream_window_size(0);
            }
        }
        let (requests, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
        Self {
            requests,
            end: tokio::spawn(async move { connection.await.is_ok() }),
            kind,
        }
    }

    /// Asks, and gives the status.
    pub(super) async fn get(&mut self, path: &str) -> Result<u16, hyper::Error> {
        let request = hyper::Request::get(format!("https://webhook{path}"))
            .body(Empty::new())
            .unwrap();
        let response = self.requests.send_request(request).await?;
        let status = response.status().as_u16();
        match self.kind {
            Kind::Usual | Kind::Pinging => {
                response.into_body().collect().await?;
            }
            Kind::Stalling => {
                // Whoever waits for the body keeps the stream open.
                tokio::spawn(response.into_body().collect());
            }
        }
        Ok(status)
    }
}
