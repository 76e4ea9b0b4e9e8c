//! Connections to an API server that nobody used before, each with a token that it was never shown.
//!
//! An API server remembers a token that it admitted, so only a token of its own and a connection of its own tell what is true now.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;

use super::cloud::ClusterToken;
use super::error::ApiError;
use super::kubernetes::KubeApi;

/// Where an API server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerAddress {
    /// By its endpoint as it is written: a proxy finds it, or it is an address already.
    AsWritten,
    /// At one of the addresses that its name has.
    At(IpAddr),
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsWritten => f.write_str("its endpoint"),
            Self::At(address) => address.fmt(f),
        }
    }
}

/// One API server, as whoever acts on it.
#[async_trait]
pub trait FreshConnections: Send + Sync {
    /// The addresses that the endpoint's name has now; never none.
    async fn addresses(&self) -> Vec<ServerAddress>;

    /// A connection that is made with its first call, and a token that was made now. A call on it is tried once and answered within seconds.
    ///
    /// # Errors
    /// No token can be made, or the settings of the connection cannot be used.
    async fn connect(&self, address: ServerAddress) -> Result<Box<dyn FreshConnection>, ApiError>;
}

/// One connection.
pub trait FreshConnection: Send + Sync {
    /// The API server through it; calls made one after another share it.
    fn kube(&self) -> &dyn KubeApi;

    /// Its token, and when it ends: at the end of the credentials at the latest.
    fn token(&self) -> &ClusterToken;
}
