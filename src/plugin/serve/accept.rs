//! The accept loop. Neither a peer that cannot prove who it is nor an error of a single accept ends it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

/// How long a peer has for the TLS handshake.
const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after an error: a process that has run out of file descriptors gets the same error again at once.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// A socket that gives one connection after the other.
pub(super) trait Accept: Send + 'static {
    type Peer: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<Self::Peer>> + Send;
}

#[cfg(unix)]
impl Accept for UnixListener {
    type Peer = tokio::net::UnixStream;

    async fn accept(&self) -> io::Result<Self::Peer> {
        Self::accept(self).await.map(|(peer, _)| peer)
    }
}

impl Accept for TcpListener {
    type Peer = tokio::net::TcpStream;

    async fn accept(&self) -> io::Result<Self::Peer> {
        Self::accept(self).await.map(|(peer, _)| peer)
    }
}

/// Accepts peers and sends on the connections of those that proved who they are.
pub(super) struct AcceptLoop {
    /// Without it connections are plain.
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) sender: mpsc::Sender<io::Result<Connection>>,
    pub(super) end: CancellationToken,
}

impl AcceptLoop {
    /// Runs until the end, or until the socket itself is of no use any more.
    pub(super) async fn run<L: Accept>(self, listener: L) {
        while let Some(peer) = self.next(&listener).await {
            self.admit(peer);
        }
    }

    async fn next<L: Accept>(&self, listener: &L) -> Option<L::Peer> {
        loop {
            let error = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(peer) => return Some(peer),
                    Err(error) => error,
                },
                () = self.end.cancelled() => return None,
            };
            if is_fatal(&error) {
                tracing::error!("no connection can be accepted any more: {error}");
                return None;
            }
            tracing::warn!("a connection could not be accepted: {error}");
            tokio::select! {
                () = tokio::time::sleep(RETRY_PAUSE) => {}
                () = self.end.cancelled() => return None,
            }
        }
    }

    fn admit<S>(&self, peer: S)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (acceptor, sender) = (self.acceptor.clone(), self.sender.clone());
        tokio::spawn(async move {
            let connection = match acceptor {
                None => Connection(Box::new(peer)),
                Some(acceptor) => {
                    let handshake = acceptor.accept(peer);
                    match tokio::time::timeout(TLS_HANDSHAKE_TIMEOUT, handshake).await {
                        Ok(Ok(stream)) => Connection(Box::new(stream)),
                        Ok(Err(error)) => return tracing::warn!("a client was refused: {error}"),
                        Err(_) => {
                            return tracing::warn!(
                                "a client was refused: it did not finish the TLS handshake within {} seconds",
                                TLS_HANDSHAKE_TIMEOUT.as_secs()
                            );
                        }
                    }
                }
            };
            // The receiver is gone at the end only.
            let _ = sender.send(Ok(connection)).await;
        });
    }
}

/// True where the socket itself is at fault. All else (a peer that is gone again, too many open files, no memory) passes.
/// Source: accept(2).
#[cfg(unix)]
fn is_fatal(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(Errno::BADF | Errno::FAULT | Errno::INVAL | Errno::NOTSOCK | Errno::OPNOTSUPP)
    )
}

/// The same with the numbers of Windows Sockets: bad file, fault, invalid, no socket, not supported, not initialised.
#[cfg(windows)]
fn is_fatal(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(10_009 | 10_014 | 10_022 | 10_038 | 10_045 | 10_093)
    )
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// A connection whose peer is the host.
pub(super) struct Connection(Box<dyn Duplex>);

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use rustix::io::Errno;
    use tokio::io::DuplexStream;
    use tokio::time::Instant;

    use super::*;

    /// Gives the outcomes one after the other, then waits for ever.
    struct Scripted(Mutex<VecDeque<Result<(), Errno>>>);

    impl Accept for Scripted {
        type Peer = DuplexStream;

        async fn accept(&self) -> io::Result<DuplexStream> {
            let next = self.0.lock().unwrap().pop_front();
            match next {
                Some(Ok(())) => Ok(tokio::io::duplex(1).0),
                Some(Err(errno)) => Err(errno.into()),
                None => std::future::pending().await,
            }
        }
    }

    struct Started {
        connections: mpsc::Receiver<io::Result<Connection>>,
        end: CancellationToken,
        running: tokio::task::JoinHandle<()>,
    }

    fn start(outcomes: impl IntoIterator<Item = Result<(), Errno>>) -> Started {
        let (sender, connections) = mpsc::channel(8);
        let end = CancellationToken::new();
        let accepting = AcceptLoop {
            acceptor: None,
            sender,
            end: end.clone(),
        };
        let listener = Scripted(Mutex::new(outcomes.into_iter().collect()));
        Started {
            connections,
            end,
            running: tokio::spawn(accepting.run(listener)),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_of_one_accept_is_waited_out() {
        let passing = [
            Errno::CONNABORTED,
            Errno::MFILE,
            Errno::NFILE,
            Errno::NOBUFS,
            Errno::NOMEM,
            Errno::INTR,
            Errno::PERM,
            Errno::PROTO,
        ];
        let mut started = start(passing.map(Err).into_iter().chain([Ok(())]));
        let before = Instant::now();
        assert!(started.connections.recv().await.unwrap().is_ok());
        let pauses = u32::try_from(passing.len()).unwrap();
        assert_eq!(before.elapsed(), RETRY_PAUSE * pauses);
        assert!(!started.running.is_finished());
        started.end.cancel();
        started.running.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_does_not_wait_for_the_pause() {
        let started = start([Err(Errno::MFILE)]);
        tokio::task::yield_now().await;
        let before = Instant::now();
        started.end.cancel();
        started.running.await.unwrap();
        assert_eq!(before.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_that_is_none_ends_it() {
        let mut started = start([Err(Errno::NOTSOCK), Ok(())]);
        assert!(started.connections.recv().await.is_none());
        started.running.await.unwrap();
    }
}
