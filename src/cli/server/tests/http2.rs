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
    pub(super) async fn from_stream<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
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

/// A client that writes its frames by hand and decides what comes when. It acknowledges every ping.
pub(super) struct Frames<S>(S);

/// A frame, without what a test does not look at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The end of an answer.
    Answered {
        stream: u32,
        body: String,
    },
    GoAway {
        last_stream: u32,
    },
    /// The connection is closed.
    Closed,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Frames<S> {
    pub(super) async fn from_stream(mut stream: S) -> Self {
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        stream.write_all(preface).await.unwrap();
        let mut client = Self(stream);
        client.send(4, 0, 0, &[]).await;
        client
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.0.write_all(&frame).await.unwrap();
    }

    /// `GET /healthz` on a stream.
    pub(super) async fn ask(&mut self, stream: u32) {
        let head = b"\x82\x87\x04\x08/healthz\x01\x07webhook";
        self.send(1, 5, stream, head).await;
    }

    /// The next frame that a test looks at.
    pub(super) async fn next(&mut self) -> Frame {
        loop {
            let mut head = [0; 9];
            if self.0.read_exact(&mut head).await.is_err() {
                return Frame::Closed;
            }
            let number = |bytes: &[u8]| {
                bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
            };
            let mut payload = vec![0; usize::try_from(number(&head[..3])).unwrap()];
            self.0.read_exact(&mut payload).await.unwrap();
            let (kind, flags, stream) = (head[3], head[4], number(&head[5..]));
            match (kind, flags) {
                (0, flags) if flags & 1 == 1 => {
                    let body = String::from_utf8(payload).unwrap();
                    return Frame::Answered { stream, body };
                }
                (4, 0) => self.send(4, 1, 0, &[]).await,
                (6, 0) => self.send(6, 1, 0, &payload).await,
                (7, _) => {
                    let last_stream = number(&payload[..4]);
                    return Frame::GoAway { last_stream };
                }
                _ => {}
            }
        }
    }
}
