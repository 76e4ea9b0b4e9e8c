//! Where the host connects: a Unix socket for its owner only, or a loopback port on Windows.
//!
//! The socket's file goes when the listener does.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use crate::serve::accept::{AcceptLoop, Connection};
use crate::serve::endpoint::Endpoint;
use crate::serve::handshake::{Handshake, Network};

/// How many names are tried for a socket.
const SOCKET_NAME_ATTEMPTS: u32 = 100;

/// Why nothing can be listened on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListenError {
    #[cfg_attr(windows, allow(dead_code))]
    #[error("the socket in `{folder}` cannot be made: {source}")]
    Socket { folder: String, source: io::Error },
    #[cfg_attr(windows, allow(dead_code))]
    #[error("there is no group `{0}` for the socket")]
    Group(String),
    #[error("no port between {first} and {last} is free")]
    Ports { first: u16, last: u16 },
    #[cfg_attr(unix, allow(dead_code))]
    #[error("this system has no Unix sockets")]
    NoSockets,
}

/// A bound listener.
pub(super) struct Listener {
    pub(super) endpoint: Endpoint,
    socket: Socket,
}

enum Socket {
    #[cfg(unix)]
    Unix(UnixListener, SocketFile),
    Tcp(TcpListener),
}

/// A socket's file, removed at the end.
pub(super) struct SocketFile {
    path: PathBuf,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!("the socket's file could not be removed: {error}");
        }
    }
}

impl Listener {
    pub(super) fn bind(handshake: &Handshake) -> Result<Self, ListenError> {
        match &handshake.network {
            Network::Unix { folder, group } => Self::bind_unix(folder, group.as_deref()),
            Network::Tcp { first, last } => Self::bind_tcp(*first, *last),
        }
    }

    #[cfg(unix)]
    fn bind_unix(folder: &Path, group: Option<&str>) -> Result<Self, ListenError> {
        let refused = |source| ListenError::Socket {
            folder: folder.display().to_string(),
            source,
        };
        let (listener, file) = new_socket(folder).map_err(refused)?;
        if let Some(group) = group {
            allow_group(&file.path, group_id(group)?).map_err(refused)?;
        }
        listener.set_nonblocking(true).map_err(refused)?;
        Ok(Self {
            endpoint: Endpoint::Unix(file.path.clone()),
            socket: Socket::Unix(UnixListener::from_std(listener).map_err(refused)?, file),
        })
    }

    #[cfg(windows)]
    fn bind_unix(_folder: &Path, _group: Option<&str>) -> Result<Self, ListenError> {
        Err(ListenError::NoSockets)
    }

    fn bind_tcp(first: u16, last: u16) -> Result<Self, ListenError> {
        let none_free = ListenError::Ports { first, last };
        let bound = (first..=last).find_map(|port| {
            let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
            listener.set_nonblocking(true).ok()?;
            let address = listener.local_addr().ok()?;
            Some((TcpListener::from_std(listener).ok()?, address))
        });
        let (listener, address) = bound.ok_or(none_free)?;
        Ok(Self {
            endpoint: Endpoint::Tcp(address),
            socket: Socket::Tcp(listener),
        })
    }

    /// The proven connections, until the end. The file goes when the second part is dropped.
    pub(super) fn incoming(
        self,
        acceptor: Option<TlsAcceptor>,
        end: CancellationToken,
    ) -> (ReceiverStream<io::Result<Connection>>, Option<SocketFile>) {
        let (sender, receiver) = mpsc::channel(8);
        let accepting = AcceptLoop {
            acceptor,
            sender,
            end,
        };
        let file = match self.socket {
            #[cfg(unix)]
            Socket::Unix(listener, file) => {
                tokio::spawn(accepting.run(listener));
                Some(file)
            }
            Socket::Tcp(listener) => {
                tokio::spawn(accepting.run(listener));
                None
            }
        };
        (ReceiverStream::new(receiver), file)
    }
}

/// A new socket that only its owner can connect to, from the moment it exists.
#[cfg(unix)]
fn new_socket(folder: &Path) -> io::Result<(std::os::unix::net::UnixListener, SocketFile)> {
    use rustix::fs::Mode;
    use rustix::process::umask;
    let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
    for attempt in 0..SOCKET_NAME_ATTEMPTS {
        let path = folder.join(format!("plugin-{}-{attempt}", std::process::id()));
        let before = umask(Mode::from_raw_mode(0o177));
        let bound = std::os::unix::net::UnixListener::bind(&path);
        umask(before);
        match bound {
            Ok(listener) => return Ok((listener, SocketFile { path })),
            // A process of the same number that was killed left its file here.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => refused = error,
            Err(error) => return Err(error),
        }
    }
    Err(refused)
}

/// Lets a group connect too.
#[cfg(unix)]
fn allow_group(path: &Path, group: u32) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, chown};
    chown(path, None, Some(group))?;
    std::fs::set_permissions(path, Permissions::from_mode(0o660))
}

/// A group by its number or its name.
#[cfg(unix)]
fn group_id(group: &str) -> Result<u32, ListenError> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    groups
        .lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (name == group).then(|| fields.nth(1)?.parse().ok())?
        })
        .ok_or_else(|| ListenError::Group(group.to_owned()))
}
