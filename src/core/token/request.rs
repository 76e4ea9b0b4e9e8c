//! The one request that STS must answer, and how its answer is read.
//!
//! The connection is the caller's: GET, no body, redirects never followed, exactly once, at most [`MAX_STS_BODY_BYTES`] of the body read.
//! Everything between is judged here.

use std::fmt;
use std::time::SystemTime;

use super::Verifier;
use super::format::{CLUSTER_ID_HEADER, TOKEN_LIFETIME};
use super::identity::{self, Identity, Question};
use super::refusal::Refusal;
use crate::principal::partition::Partition;

/// The most of a body that is read; an answer of GetCallerIdentity has some 400 bytes.
pub const MAX_STS_BODY_BYTES: usize = 64 * 1024;

/// A presigned GetCallerIdentity request that passed every check. Whoever has it can ask STS in the caller's name, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct StsRequest {
    host: String,
    query: String,
    access_key_id: String,
    cluster_id: String,
    partition: Partition,
    made_at: SystemTime,
}

/// What a judged token is made of.
pub(super) struct RequestParts<'t> {
    pub(super) host: &'t str,
    pub(super) query: &'t [u8],
    pub(super) access_key_id: String,
    pub(super) made_at: SystemTime,
}

impl StsRequest {
    pub(super) fn new(parts: RequestParts<'_>, verifier: &Verifier) -> StsRequest {
        StsRequest {
            host: parts.host.to_owned(),
            query: printable(parts.query),
            access_key_id: parts.access_key_id,
            cluster_id: verifier.cluster_id.clone(),
            partition: verifier.partition,
            made_at: parts.made_at,
        }
    }

    /// The method, always `GET`.
    pub fn method(&self) -> &'static str {
        "GET"
    }

    /// The URL, put together anew from its parts. A secret: it must reach no log.
    pub fn url(&self) -> String {
        format!("https://{}/?{}", self.host, self.query)
    }

    /// The host, one of the names of STS.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The headers: the verifier's own cluster id, which is what binds the token to this cluster, and the wish for JSON.
    pub fn headers(&self) -> [(&'static str, &str); 2] {
        [
            (CLUSTER_ID_HEADER, &self.cluster_id),
            ("accept", "application/json"),
        ]
    }

    /// The access key id in the token; empty or any text, until STS has vouched for the request.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The last moment at which a cluster accepts the token.
    pub fn expires_at(&self) -> SystemTime {
        self.made_at
            .checked_add(TOKEN_LIFETIME)
            .unwrap_or(self.made_at)
    }

    /// Judges the answer. `body` may be cut off after [`MAX_STS_BODY_BYTES`] + 1 bytes.
    pub fn answer(&self, status: u16, body: &[u8]) -> Result<Identity, Refusal> {
        if status != 200 {
            let is_throttling = body
                .windows(b"Throttling".len())
                .take(MAX_STS_BODY_BYTES)
                .any(|part| part == b"Throttling");
            return Err(if is_throttling {
                Refusal::StsThrottling { status }
            } else {
                Refusal::StsStatus { status }
            });
        }
        if body.len() > MAX_STS_BODY_BYTES {
            return Err(Refusal::StsBodyTooLarge {
                limit: MAX_STS_BODY_BYTES,
            });
        }
        identity::read(
            body,
            &Question {
                access_key_id: &self.access_key_id,
                sts_endpoint: &self.host,
                partition: self.partition,
            },
        )
    }
}

impl fmt::Debug for StsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StsRequest")
            .field("host", &self.host)
            .field("cluster_id", &self.cluster_id)
            .finish_non_exhaustive()
    }
}

/// Bytes that no request line carries are escaped; STS reads both forms as the same value.
fn printable(query: &[u8]) -> String {
    // Queries that SDKs make have no such byte. Without an early end the check runs over many bytes at once.
    let is_carried_whole = query.iter().fold(true, |all, byte| all & is_carried(*byte));
    if is_carried_whole && let Ok(text) = std::str::from_utf8(query) {
        return text.to_owned();
    }
    let mut text = String::with_capacity(query.len());
    for byte in query {
        match is_carried(*byte) {
            true => text.push(char::from(*byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn is_carried(byte: u8) -> bool {
    byte.is_ascii_graphic()
        & !matches!(
            byte,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
}
