//! Connections: accepted up to a number, given up when TLS or the first request does not come, ended gently when the server stops.
//!
//! What surprises: a connection that has asked nothing is worth little, so it lives ten seconds; one that has asked stays open for minutes,
//! as an API server keeps its own. Every connection is a task, so a slow one holds nobody up.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::http::Service;
use super::metrics::{GaugeGuard, Metrics};

/// How long clients are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// To the end of the TLS handshake.
    pub(super) handshake: Duration,
    /// From the handshake to the head of the first request.
    pub(super) first_request: Duration,
    /// Between requests over HTTP/1.1, the head of the next included.
    pub(super) idle: Duration,
    /// From the head of a request to the end of its body.
    pub(super) body: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            first_request: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            body: Duration::from_secs(10),
        }
    }
}

/// Between pings over HTTP/2, and to their answers.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// For answers under way when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause when the process has no file descriptor left for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// File descriptors that are no client's: files, the watch, connections to STS.
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

/// How connections are taken.
pub(super) struct ConnectionServer {
    pub(super) listener: TcpListener,
    pub(super) acceptor: TlsAcceptor,
    pub(super) max_connections: usize,
    pub(super) limits: Limits,
    pub(super) metrics: Arc<Metrics>,
}

impl ConnectionServer {
    /// Serves until it is stopped, and then until the answers under way are given.
    pub(super) async fn serve(self, service: Arc<Service>, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.max_connections));
        let mut tasks = JoinSet::new();
        let builder = Arc::new(builder(self.limits));
        loop {
            let (stream, client) = tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = tasks.join_next() => continue,
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(_) => {
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                self.metrics.connections_refused.up();
                continue;
            };
            let connection = Connection {
                client,
                acceptor: self.acceptor.clone(),
                builder: Arc::clone(&builder),
                limits: self.limits,
                service: Arc::clone(&service),
                metrics: Arc::clone(&self.metrics),
                stop: stop.clone(),
            };
            tasks.spawn(async move {
                connection.serve(stream).await;
                drop(place);
            });
        }
        drop(self.listener);
        let ended = async { while tasks.join_next().await.is_some() {} };
        // What is not answered by then is answered by nobody.
        let _ = tokio::time::timeout(STOP_TIMEOUT, ended).await;
    }
}

fn builder(limits: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
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
    acceptor: TlsAcceptor,
    builder: Arc<Builder<TokioExecutor>>,
    limits: Limits,
    service: Arc<Service>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        let _open = GaugeGuard::raise(&self.metrics.connections);
        // A delay of small answers is a nuisance and no reason to refuse.
        let _ = stream.set_nodelay(true);
        let handshake = tokio::time::timeout(self.limits.handshake, self.acceptor.accept(stream));
        let Ok(Ok(stream)) = handshake.await else {
            self.metrics.connections_refused.up();
            return;
        };
        let has_asked = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&has_asked);
        let (service, client) = (Arc::clone(&self.service), self.client);
        let answer = service_fn(move |request| {
            asked.store(true, Ordering::Relaxed);
            let service = Arc::clone(&service);
            async move { Ok::<_, Infallible>(service.respond(client, request).await) }
        });
        let connection = self.builder.serve_connection(TokioIo::new(stream), answer);
        let mut connection = std::pin::pin!(connection);
        let limits = tokio::time::sleep(self.limits.first_request);
        let mut limits = std::pin::pin!(limits);
        let (mut is_patient, mut is_stopping) = (false, false);
        loop {
            tokio::select! {
                // An error is the client's: it broke off or spoke no HTTP.
                _ = connection.as_mut() => return,
                () = limits.as_mut(), if !is_patient => {
                    if !has_asked.load(Ordering::Relaxed) {
                        self.metrics.connections_refused.up();
                        return;
                    }
                    is_patient = true;
                }
                () = self.stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
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
