//! Connections in memory under a clock that stands still until everybody waits for it.

use rustix::io::Errno;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::connections::Listen;
use super::http2::{Client, Frame, Frames, Kind};
use super::*;

/// Connections as a test makes them.
struct Memory(mpsc::UnboundedReceiver<io::Result<DuplexStream>>);

impl Listen for Memory {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, SocketAddr)> {
        let client = SocketAddr::from(([127, 0, 0, 1], 1));
        match self.0.recv().await {
            Some(accepted) => accepted.map(|stream| (stream, client)),
            None => std::future::pending().await,
        }
    }
}

/// A server whose network is memory.
struct Host {
    folder: TempDir,
    network: mpsc::UnboundedSender<io::Result<DuplexStream>>,
    metrics: Arc<Metrics>,
    lines: Lines,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
    _sts: StubSts,
}

impl Host {
    async fn start(max_connections: usize, limits: Limits) -> Self {
        let (folder, sts) = (tempfile::tempdir().unwrap(), StubSts::start().await);
        let mut arguments = arguments(folder.path(), &sts);
        arguments.max_connections = max_connections;
        let lines = Lines::default();
        let server = Server::prepare(&arguments, Setup::at_noon(limits), lines.clone())
            .await
            .unwrap();
        let (network, listener) = mpsc::unbounded_channel();
        let connections = ConnectionServer {
            listener: Memory(listener),
            acceptor: server.connections.acceptor,
            max_connections,
            limits,
            metrics: Arc::clone(&server.connections.metrics),
        };
        let stop = CancellationToken::new();
        Self {
            folder,
            network,
            metrics: server.connections.metrics,
            lines,
            serving: tokio::spawn(connections.serve(server.service, stop.clone())),
            stop,
            _sts: sts,
        }
    }

    /// A connection before TLS.
    fn open(&self) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        self.network.send(Ok(theirs)).unwrap();
        ours
    }

    async fn connect(&self) -> io::Result<TlsStream<DuplexStream>> {
        handshake(self.folder.path(), self.open()).await
    }

    /// A client of HTTP/2 that has asked once.
    async fn http2(&self, kind: Kind) -> Client {
        let mut client = Client::from_stream(self.connect().await.unwrap(), kind).await;
        assert_eq!(client.get("/metrics").await.unwrap(), 200);
        client
    }

    /// A client of HTTP/1.1 that has asked once.
    async fn http1(&self) -> TlsStream<DuplexStream> {
        let mut stream = self.connect().await.unwrap();
        let first = exchange(&mut stream, "GET", "/healthz", "").await;
        assert_eq!(first, Some(got(200, TEXT, "ok")));
        stream
    }
}

/// Nothing lasts so long.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// Waits until the server closes the connection. True if it said so with a GOAWAY.
async fn ended(client: Client) -> bool {
    let end = tokio::time::timeout(AN_HOUR, client.end).await;
    end.expect("the server closes the connection").unwrap()
}

/// What comes until the other side closes, and how long that takes.
async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) -> (String, Duration) {
    let (mut bytes, begun) = (Vec::new(), Instant::now());
    let closed = tokio::time::timeout(AN_HOUR, stream.read_to_end(&mut bytes));
    // A connection may be ended without TLS's farewell.
    let _ = closed.await.expect("the server closes the connection");
    (
        String::from_utf8_lossy(&bytes).into_owned(),
        begun.elapsed(),
    )
}

/// True if it took so many seconds, give or take the granularity of timers.
fn about(took: Duration, seconds: u64) -> bool {
    took.abs_diff(Duration::from_secs(seconds)) < Duration::from_millis(50)
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_told_that_it_closes_whatever_it_pings() {
    let host = Host::start(10, Limits::default()).await;
    for kind in [Kind::Usual, Kind::Pinging] {
        let begun = Instant::now();
        let mut client = host.http2(kind).await;
        seconds(100).await;
        assert_eq!(client.get("/healthz").await.unwrap(), 200, "{kind:?}");
        assert!(ended(client).await, "{kind:?}: the end is a GOAWAY");
        let took = begun.elapsed();
        assert!(about(took, 220), "{kind:?}: {took:?}");
    }
    let mut http1 = host.http1().await;
    let (answer, took) = until_closed(&mut http1).await;
    assert!(answer.is_empty() && about(took, 120), "{answer} {took:?}");
    assert_eq!(host.metrics.connections_idle.get(), 3);
    assert_eq!(host.metrics.connections_refused.get(), 0);
    assert_eq!(host.metrics.connections.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_in_the_middle_keeps_no_connection_open() {
    let host = Host::start(10, Limits::default()).await;
    let mut half_open = host.open();
    half_open.write_all(&[22, 3, 1]).await.unwrap();
    assert!(about(until_closed(&mut half_open).await.1, 5));
    let mut silent = host.connect().await.unwrap();
    assert!(about(until_closed(&mut silent).await.1, 10));
    let mut slow_first = host.connect().await.unwrap();
    let head = b"POST /authenticate HTTP/1.1\r\nx-slow";
    slow_first.write_all(head).await.unwrap();
    assert!(about(until_closed(&mut slow_first).await.1, 10));
    let mut slow_second = host.http1().await;
    slow_second.write_all(head).await.unwrap();
    assert!(about(until_closed(&mut slow_second).await.1, 120));
    let mut slow_body = host.http1().await;
    let body = b"POST /authenticate HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{";
    slow_body.write_all(body).await.unwrap();
    let (answer, took) = until_closed(&mut slow_body).await;
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && about(took, 10),
        "{answer} {took:?}"
    );
    // An answer that nobody takes holds the connection a second longer than its announced end.
    let stalling = host.http2(Kind::Stalling).await;
    let begun = Instant::now();
    ended(stalling).await;
    let took = begun.elapsed();
    assert!(about(took, 121), "{took:?}");
    assert_eq!(host.metrics.connections.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_is_given_up_and_others_go_on() {
    let host = Host::start(10, Limits::default()).await;
    let mut half_open = host.open();
    half_open.write_all(&[22, 3, 1]).await.unwrap();
    let mut silent = host.connect().await.unwrap();
    let mut slow_head = host.connect().await.unwrap();
    let head = b"POST /authenticate HTTP/1.1\r\nx-slow";
    slow_head.write_all(head).await.unwrap();
    let mut slow_body = host.connect().await.unwrap();
    let body = b"POST /authenticate HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{";
    slow_body.write_all(body).await.unwrap();
    let mut slow_second = host.http1().await;
    slow_second.write_all(head).await.unwrap();
    // A review with a token would ask STS, whose network is no memory.
    let mut other = host.http1().await;
    let no_review = got(400, TEXT, "expected a request body to be a TokenReview\n");
    let review = exchange(&mut other, "POST", "/authenticate", "[]").await;
    assert_eq!(review, Some(no_review));
    drop(other);

    for stream in [&mut silent, &mut slow_head] {
        assert_eq!(until_closed(stream).await.0, "");
    }
    assert_eq!(until_closed(&mut half_open).await.0, "");
    let (refused, _) = until_closed(&mut slow_body).await;
    let too_slow = got(408, TEXT, "the request did not come to its end in time\n");
    assert_eq!(parsed(refused.as_bytes(), "POST"), Some(too_slow));
    let (second, _) = until_closed(&mut slow_second).await;
    assert!(!second.starts_with("HTTP/1.1 200"), "{second}");
    let mut looking = host.connect().await.unwrap();
    let page = exchange(&mut looking, "GET", "/metrics", "").await;
    let page = page.unwrap().body;
    for line in [
        "eksauth_connections_refused_total 3",
        "eksauth_connections 1",
        "eksauth_requests_in_flight 0",
        "eksauth_requests_total{result=\"refused\"} 1",
    ] {
        assert!(page.lines().any(|one| one == line), "{line}\n{page}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_keeps_its_connection_however_long_it_takes() {
    let limits = Limits {
        body: Duration::from_secs(1000),
        ..Limits::default()
    };
    let host = Host::start(1, limits).await;
    let mut busy = host.http1().await;
    let body = b"POST /authenticate HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n[";
    busy.write_all(body).await.unwrap();
    seconds(500).await;
    // Neither its age nor the one place there is ends it, nor a server that stops.
    assert!(host.connect().await.is_err());
    assert_eq!(host.metrics.connections_refused.get(), 1);
    host.stop.cancel();
    seconds(5).await;
    busy.write_all(b"]").await.unwrap();
    let (answer, _) = until_closed(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    host.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_connection_that_is_idle_for_longest_makes_place_for_a_new_one() {
    let host = Host::start(3, Limits::default()).await;
    let mut first = host.http2(Kind::Usual).await;
    seconds(1).await;
    let second = host.http2(Kind::Pinging).await;
    seconds(1).await;
    let mut third = host.http1().await;
    seconds(1).await;
    assert_eq!(first.get("/healthz").await.unwrap(), 200);
    let begun = Instant::now();
    let mut fourth = host.http2(Kind::Usual).await;
    assert!(ended(second).await, "the end is a GOAWAY");
    assert!(about(begun.elapsed(), 0), "{:?}", begun.elapsed());
    let _fifth = host.http1().await;
    assert_eq!(until_closed(&mut third).await.0, "");
    for client in [&mut first, &mut fourth] {
        assert_eq!(client.get("/healthz").await.unwrap(), 200);
    }
    assert_eq!(host.metrics.connections_evicted.get(), 2);
    assert_eq!(host.metrics.connections_refused.get(), 0);
    assert_eq!(host.metrics.connections.get(), 3);
}

#[tokio::test(start_paused = true)]
async fn whoever_holds_a_place_without_a_request_makes_place_too() {
    let host = Host::start(4, Limits::default()).await;
    let mut raw = host.open();
    raw.write_all(&[22, 3, 1]).await.unwrap();
    let mut silent = host.connect().await.unwrap();
    let mut slow_head = host.connect().await.unwrap();
    let head = b"POST /authenticate HTTP/1.1\r\nx-slow";
    slow_head.write_all(head).await.unwrap();
    let stalling = host.http2(Kind::Stalling).await;
    let begun = Instant::now();
    let mut new = Vec::new();
    for _ in 0..4 {
        new.push(host.http2(Kind::Usual).await);
    }
    for stream in [&mut silent, &mut slow_head] {
        until_closed(stream).await;
    }
    until_closed(&mut raw).await;
    ended(stalling).await;
    // The stalled answer has a second.
    assert!(about(begun.elapsed(), 1), "{:?}", begun.elapsed());
    for client in &mut new {
        assert_eq!(client.get("/healthz").await.unwrap(), 200);
    }
    assert_eq!(host.metrics.connections_evicted.get(), 4);
}

#[tokio::test(start_paused = true)]
async fn no_failure_to_accept_ends_the_listening() {
    let host = Host::start(10, Limits::default()).await;
    let idle = host.http2(Kind::Usual).await;
    let fail = |errno: Errno| host.network.send(Err(errno.into())).unwrap();
    let begun = Instant::now();
    for errno in [Errno::CONNABORTED, Errno::INTR, Errno::CONNRESET] {
        fail(errno);
    }
    let mut second = host.http2(Kind::Usual).await;
    assert_eq!(host.metrics.accept_failures.get(), 0);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    for errno in [Errno::NOBUFS, Errno::MFILE, Errno::NOMEM] {
        fail(errno);
    }
    let mut third = host.http2(Kind::Usual).await;
    assert_eq!(host.metrics.accept_failures.get(), 3);
    // The one that is idle for longest gave its descriptor back, and no other.
    assert!(ended(idle).await);
    assert_eq!(host.metrics.connections_evicted.get(), 1);
    for client in [&mut second, &mut third] {
        assert_eq!(client.get("/healthz").await.unwrap(), 200);
    }
    host.stop.cancel();
    host.serving.await.unwrap();
    // Another thread writes the log.
    let (deadline, line) = (
        std::time::Instant::now() + Duration::from_secs(30),
        "connections cannot be accepted",
    );
    let log = || String::from_utf8(host.lines.0.lock().unwrap().clone()).unwrap();
    while !log().contains(line) && std::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
    }
    assert_eq!(log().matches(line).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_on_its_way_when_an_idle_connection_closes_is_answered() {
    let host = Host::start(1, Limits::default()).await;
    let answered = |stream| Frame::Answered {
        stream,
        body: "ok".to_owned(),
    };
    for is_evicted in [false, true] {
        let mut client = Frames::from_stream(host.connect().await.unwrap()).await;
        client.ask(1).await;
        assert_eq!(client.next().await, answered(1));
        let begun = Instant::now();
        let _new = is_evicted.then(|| host.open());
        // The announcement names no last request; only the end does.
        let last_stream = u32::MAX >> 1;
        assert_eq!(client.next().await, Frame::GoAway { last_stream });
        assert!(about(begun.elapsed(), if is_evicted { 0 } else { 120 }));
        client.ask(3).await;
        let frames = [client.next().await, client.next().await];
        let end = Frame::GoAway { last_stream: 3 };
        assert!(
            frames.contains(&answered(3)) && frames.contains(&end),
            "{frames:?}"
        );
        assert_eq!(client.next().await, Frame::Closed);
    }
}
