//! Connections: accepted up to a number, given up when TLS or a request does not come, ended gently when nothing is asked or the server stops.
//!
//! What surprises: a connection that has asked nothing is worth little, so it lives ten seconds; one that has asked stays open for two minutes
//! after its last request, because an API server keeps its own for 90 seconds. Only requests count: neither pings over HTTP/2, nor a head
//! that never ends, nor an answer that nobody takes keep a connection open. Every connection is a task, so a slow one holds nobody up.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::http::Service;
use super::metrics::{GaugeGuard, Metrics};
use super::places::{Place, Places};

/// How long clients are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// To the end of the TLS handshake.
    pub(super) handshake: Duration,
    /// From the handshake to the head of the first request.
    pub(super) first_request: Duration,
    /// From the answer to the last request to the head of the next. A kube-apiserver closes its own connection after 90 seconds without a
    /// request; a longer time here means that it never meets a connection that is about to close.
    pub(super) idle: Duration,
    /// From the head of a request to the end of its body.
    pub(super) body: Duration,
    /// From the announcement that a connection closes to its end.
    pub(super) closing: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            first_request: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            body: Duration::from_secs(10),
            closing: Duration::from_secs(1),
        }
    }
}

/// Between pings over HTTP/2, and to their answers.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// For answers under way when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause when connections cannot be accepted, for example because the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// File descriptors that are no client's or that of one whose connection closes: files, the watch, connections to STS.
const OTHER_DESCRIPTORS: u64 = 512;

/// Lets the process have as many file descriptors as it may, and says how many connections fit.
///
/// Shells give a process 1,024 and allow far more. A server that used its last descriptor for a client could not ask STS for anyone.
pub(super) fn fitting(wanted: usize) -> usize {
    let now = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: now.maximum,
        ..now
    };
    let limit = match setrlimit(Resource::Nofile, most) {
        Ok(()) => now.maximum,
        Err(_) => now.current,
    };
    let fit = limit.map_or(u64::MAX, |limit| limit.saturating_sub(OTHER_DESCRIPTORS));
    wanted.min(usize::try_from(fit.max(1)).unwrap_or(usize::MAX))
}

/// Where connections come from.
pub(super) trait Listen: Send {
    /// The bytes of a connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection. Nothing is lost where the future is dropped before its end.
    ///
    /// # Errors
    /// This connection cannot be had; the next one may.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;
}

impl Listen for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, client) = TcpListener::accept(self).await?;
        // A delay of small answers is a nuisance and no reason to refuse.
        let _ = stream.set_nodelay(true);
        Ok((stream, client))
    }
}

/// How connections are taken.
pub(super) struct ConnectionServer<L = TcpListener> {
    pub(super) listener: L,
    pub(super) acceptor: TlsAcceptor,
    pub(super) max_connections: usize,
    pub(super) limits: Limits,
    pub(super) metrics: Arc<Metrics>,
}

/// What connections share beside the listener's own settings.
struct Shared {
    places: Arc<Places>,
    builder: Arc<Builder<TokioExecutor>>,
    service: Arc<Service>,
    stop: CancellationToken,
}

impl<L: Listen> ConnectionServer<L> {
    /// Serves until it is stopped, and then until the answers under way are given.
    pub(super) async fn serve(mut self, service: Arc<Service>, stop: CancellationToken) {
        let shared = Shared {
            places: Arc::new(Places::new(self.max_connections)),
            builder: Arc::new(builder()),
            service,
            stop: stop.clone(),
        };
        let mut tasks = JoinSet::new();
        let mut is_failing = false;
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = tasks.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, client)) => {
                    is_failing = false;
                    if let Some(connection) = self.admit(client, &shared) {
                        tasks.spawn(connection.serve(stream));
                    }
                }
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    if !is_failing {
                        let text = format!("connections cannot be accepted: {error}");
                        shared.service.log_event(&text);
                    }
                    is_failing = true;
                    self.relieve(&error, &shared.places).await;
                }
            }
        }
        drop(self.listener);
        let ended = async { while tasks.join_next().await.is_some() {} };
        // What is not answered by then is answered by nobody.
        let _ = tokio::time::timeout(STOP_TIMEOUT, ended).await;
    }

    /// A connection with a place, if there is one.
    fn admit(&self, client: SocketAddr, shared: &Shared) -> Option<Connection> {
        let Some(place) = shared.places.admit() else {
            self.metrics.connections_refused.up();
            return None;
        };
        Some(Connection {
            client,
            place: Arc::new(place),
            acceptor: self.acceptor.clone(),
            builder: Arc::clone(&shared.builder),
            limits: self.limits,
            service: Arc::clone(&shared.service),
            metrics: Arc::clone(&self.metrics),
            stop: shared.stop.clone(),
        })
    }

    /// Waits a moment after a failure that lies with this machine; where file descriptors are missing, an idle connection gives its own back.
    async fn relieve(&self, error: &io::Error, places: &Places) {
        self.metrics.accept_failures.up();
        let missing = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
        if error
            .raw_os_error()
            .is_some_and(|code| missing.contains(&code))
        {
            places.evict_longest_idle();
        }
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

/// Whether a connection could not be accepted because its client has gone, which says nothing about the next one.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // One rule for both versions of HTTP closes connections: `Connection::next_step`.
        .header_read_timeout(None)
        .max_buf_size(32 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(256 * 1024)
        .max_send_buf_size(64 * 1024)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

struct Connection {
    client: SocketAddr,
    place: Arc<Place>,
    acceptor: TlsAcceptor,
    builder: Arc<Builder<TokioExecutor>>,
    limits: Limits,
    service: Arc<Service>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
}

/// Since when a connection is served, and since when it is closing.
#[derive(Clone, Copy)]
struct Times {
    served: Instant,
    closing: Option<Instant>,
}

/// What is done about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Nothing before this moment.
    Wait(Instant),
    /// It is told that it closes: over HTTP/2 a GOAWAY, after which requests that are on their way are still answered.
    Close,
    /// It ends.
    End,
}

impl Connection {
    /// TLS, unless it takes too long or the place is given to another connection meanwhile.
    async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> Option<TlsStream<S>> {
        let handshake = tokio::time::timeout(self.limits.handshake, self.acceptor.accept(stream));
        tokio::select! {
            () = self.place.evicted() => {
                self.metrics.connections_evicted.up();
                None
            }
            handshake = handshake => {
                let stream = handshake.ok().and_then(Result::ok);
                if stream.is_none() {
                    self.metrics.connections_refused.up();
                }
                stream
            }
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let _open = GaugeGuard::raise(&self.metrics.connections);
        let Some(stream) = self.handshake(stream).await else {
            return;
        };
        let (service, client, place) = (
            Arc::clone(&self.service),
            self.client,
            Arc::clone(&self.place),
        );
        let answer = service_fn(move |request| {
            let (service, under_way) = (Arc::clone(&service), place.begin_request());
            async move {
                let response = service.respond(client, request).await;
                drop(under_way);
                Ok::<_, Infallible>(response)
            }
        });
        let connection = self.builder.serve_connection(TokioIo::new(stream), answer);
        let mut connection = std::pin::pin!(connection);
        let mut times = Times {
            served: Instant::now(),
            closing: None,
        };
        let wake = tokio::time::sleep(self.limits.first_request);
        let mut wake = std::pin::pin!(wake);
        let (mut is_evicted, mut is_stopping) = (false, false);
        loop {
            let is_to_close = tokio::select! {
                // First, so that a farewell is written before its time is up. An error is the client's: it broke off or spoke no HTTP.
                biased;
                _ = connection.as_mut() => return,
                () = self.place.evicted(), if !is_evicted => {
                    is_evicted = true;
                    self.metrics.connections_evicted.up();
                    true
                }
                () = self.stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    true
                }
                () = wake.as_mut() => false,
            };
            let step = match is_to_close {
                true => Step::Close,
                false => self.next_step(times),
            };
            match step {
                Step::Wait(until) => wake.as_mut().reset(until),
                Step::Close => {
                    connection.as_mut().graceful_shutdown();
                    let now = Instant::now();
                    times.closing.get_or_insert(now);
                    wake.as_mut().reset(now);
                }
                Step::End => return,
            }
        }
    }

    /// What is to be done now, if nothing else happened. A connection with a request under way is left alone, whatever its age.
    fn next_step(&self, times: Times) -> Step {
        let now = Instant::now();
        let Some(activity) = self.place.activity() else {
            return Step::End;
        };
        let Limits { idle, closing, .. } = self.limits;
        let (due, step) = match times.closing {
            _ if activity.requests > 0 => return Step::Wait(now + idle.min(closing)),
            Some(_) if activity.is_cut_off => (now, Step::End),
            Some(begun) => (begun.max(activity.idle_since) + closing, Step::End),
            None if activity.has_asked => (activity.idle_since + idle, Step::Close),
            None => (times.served + self.limits.first_request, Step::End),
        };
        if due > now {
            return Step::Wait(due);
        }
        match step {
            Step::Close => self.metrics.connections_idle.up(),
            _ if times.closing.is_none() => self.metrics.connections_refused.up(),
            _ => {}
        }
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        assert_eq!(fitting(1), 1);
        let all = getrlimit(Resource::Nofile).current;
        let fit = u64::try_from(fitting(usize::MAX)).unwrap();
        assert!(all.is_none_or(|all| fit <= all.saturating_sub(OTHER_DESCRIPTORS).max(1)));
    }
}
