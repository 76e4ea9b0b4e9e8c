//! What the host says when it starts a plugin, in environment variables, and the one line the plugin answers.
//!
//! What surprises: the certificate in the line is unpadded base64, and the seventh field is only for hosts that ask for it.

use std::ffi::OsString;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use crate::serve::endpoint::Endpoint;

/// The version of go-plugin's own protocol.
const CORE_VERSION: u8 = 1;
/// The version of Terraform's protocol that is served.
pub(super) const PROTOCOL_VERSION: u8 = 6;
const COOKIE: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// What the host wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Handshake {
    pub(super) network: Network,
    /// The only certificate a client may show; without it the connection is plain.
    pub(super) host_certificate: Option<CertificateDer<'static>>,
    /// The host asks whether one connection can carry several services.
    pub(super) multiplex_asked: bool,
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// A socket in a folder, for its owner only or for a group too.
    Unix {
        folder: PathBuf,
        group: Option<String>,
    },
    /// The first free port of a range, on the loopback address.
    Tcp { first: u16, last: u16 },
}

/// What in the environment cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HandshakeError {
    #[error("the host's certificate in `PLUGIN_CLIENT_CERT` cannot be read")]
    Certificate,
    #[error("`{value}` in `{name}` is not a port number")]
    Port { name: &'static str, value: String },
    #[error("the ports {first} to {last} are not a range")]
    Range { first: u16, last: u16 },
}

/// The process's own environment.
pub(super) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

pub(super) fn has_cookie(environment: impl Fn(&str) -> Option<OsString>) -> bool {
    environment(COOKIE).is_some_and(|cookie| cookie == COOKIE_VALUE)
}

impl Handshake {
    /// No host: a plain socket in the usual place.
    pub(super) fn for_debugging() -> Self {
        Self {
            network: Network::in_default_place(None, None),
            host_certificate: None,
            multiplex_asked: false,
        }
    }

    pub(super) fn from_environment(
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, HandshakeError> {
        let host_certificate = environment("PLUGIN_CLIENT_CERT")
            .map(|pem| {
                CertificateDer::from_pem_slice(pem.as_encoded_bytes())
                    .map_err(|_| HandshakeError::Certificate)
            })
            .transpose()?;
        let group =
            environment("PLUGIN_UNIX_SOCKET_GROUP").and_then(|group| group.into_string().ok());
        let network = if cfg!(windows) {
            Network::range(
                port(&environment, "PLUGIN_MIN_PORT")?.unwrap_or(10_000),
                port(&environment, "PLUGIN_MAX_PORT")?.unwrap_or(25_000),
            )?
        } else {
            let folder = environment("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from);
            Network::in_default_place(folder, group)
        };
        Ok(Self {
            network,
            host_certificate,
            multiplex_asked: environment("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }

    /// The handshake: `1|6|unix|/path|grpc|certificate`. A host that does not speak version 6 says so itself when it reads the line.
    pub(super) fn line(
        &self,
        endpoint: &Endpoint,
        certificate: Option<&CertificateDer<'_>>,
    ) -> String {
        let certificate = certificate
            .map(|certificate| STANDARD_NO_PAD.encode(certificate))
            .unwrap_or_default();
        let multiplexed = if self.multiplex_asked { "|false" } else { "" };
        format!(
            "{CORE_VERSION}|{PROTOCOL_VERSION}|{}|{}|grpc|{certificate}{multiplexed}\n",
            endpoint.network(),
            endpoint.address(),
        )
    }
}

impl Network {
    fn in_default_place(folder: Option<PathBuf>, group: Option<String>) -> Self {
        if cfg!(windows) {
            return Self::Tcp {
                first: 10_000,
                last: 25_000,
            };
        }
        Self::Unix {
            folder: folder.unwrap_or_else(std::env::temp_dir),
            group,
        }
    }

    fn range(first: u16, last: u16) -> Result<Self, HandshakeError> {
        if first > last {
            return Err(HandshakeError::Range { first, last });
        }
        Ok(Self::Tcp { first, last })
    }
}

fn port(
    environment: impl Fn(&str) -> Option<OsString>,
    name: &'static str,
) -> Result<Option<u16>, HandshakeError> {
    environment(name)
        .map(|value| {
            let value = value.to_string_lossy().into_owned();
            value
                .parse()
                .map_err(|_| HandshakeError::Port { name, value })
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_pairs(pairs: &[(&str, &str)]) -> Result<Handshake, HandshakeError> {
        Handshake::from_environment(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn only_the_right_cookie_is_an_invitation() {
        assert!(has_cookie(
            |name| (name == COOKIE).then(|| COOKIE_VALUE.into())
        ));
        assert!(!has_cookie(
            |name| (name == COOKIE).then(|| "another".into())
        ));
        assert!(!has_cookie(|_| None));
    }

    #[test]
    fn the_line_is_what_the_host_parses() {
        let endpoint = Endpoint::Unix("/tmp/plugin-1".into());
        let certificate = CertificateDer::from(vec![0xff; 4]);
        let plain = from_pairs(&[]).unwrap();
        assert_eq!(
            plain.line(&endpoint, None),
            "1|6|unix|/tmp/plugin-1|grpc|\n"
        );
        assert_eq!(
            plain.line(&endpoint, Some(&certificate)),
            "1|6|unix|/tmp/plugin-1|grpc|/////w\n"
        );
        let asked = from_pairs(&[("PLUGIN_MULTIPLEX_GRPC", "true")]).unwrap();
        let endpoint = Endpoint::Tcp("127.0.0.1:10000".parse().unwrap());
        assert_eq!(
            asked.line(&endpoint, None),
            "1|6|tcp|127.0.0.1:10000|grpc||false\n"
        );
    }

    #[test]
    fn the_socket_stands_where_the_host_wants_it() {
        let handshake = from_pairs(&[
            ("PLUGIN_UNIX_SOCKET_DIR", "/run/plugins"),
            ("PLUGIN_UNIX_SOCKET_GROUP", "plugins"),
        ])
        .unwrap();
        assert_eq!(
            handshake.network,
            Network::Unix {
                folder: "/run/plugins".into(),
                group: Some("plugins".to_owned())
            }
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert_eq!(
            from_pairs(&[("PLUGIN_CLIENT_CERT", "no certificate")]),
            Err(HandshakeError::Certificate)
        );
        assert_eq!(
            port(|_| Some("many".into()), "PLUGIN_MIN_PORT")
                .unwrap_err()
                .to_string(),
            "`many` in `PLUGIN_MIN_PORT` is not a port number"
        );
        assert_eq!(
            Network::range(5, 4).unwrap_err(),
            HandshakeError::Range { first: 5, last: 4 }
        );
    }
}
