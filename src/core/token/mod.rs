//! The token judge: a bearer token is a presigned GetCallerIdentity request, and only STS can say whose.
//!
//! [`judge`] refuses a token or turns it into the one request STS must answer; [`StsRequest::answer`] turns STS's answer into an
//! [`Identity`]. Both types have no other maker, so a verified identity cannot be written down by mistake. The rules are stricter than the
//! reference where it accepts several spellings of one token; DEVIATIONS.md lists each.
//! Sources: `pkg/token/token.go` of aws-iam-authenticator v0.7.18, CVE-2022-2385, Go's `net/url` and `time` for what they accept.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::principal::partition::Partition;

mod exec_credential;
mod format;
mod identity;
mod query;
mod refusal;
mod request;
mod shown_host;
mod timestamp;
mod url;

pub use exec_credential::{ExecCredential, ExecCredentialDialect, exec_credential_api_version};
pub use format::{
    CLUSTER_ID_HEADER, MAX_CLOCK_SKEW, MAX_TOKEN_BYTES, PRESIGNED_URL_LIFETIME, REPORTED_LIFETIME,
    TOKEN_LIFETIME, TOKEN_PREFIX,
};
pub use identity::Identity;
pub use refusal::{Refusal, RefusalClass};
pub use request::{MAX_STS_BODY_BYTES, StsRequest};
pub use shown_host::ShownHost;

use request::RequestParts;

/// Who verifies: the cluster a token must be for, and where its STS is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    /// The cluster id that the token's request must be signed with; on EKS the cluster's name.
    pub cluster_id: String,
    /// The partition of the cluster; hosts of other partitions are refused.
    pub partition: Partition,
    /// The cluster's own region; counts as a region of the partition even where its name is unknown to us.
    pub region: Option<String>,
}

/// Encodes a presigned URL as a token. The caller signs with the header [`CLUSTER_ID_HEADER`].
pub fn encode(presigned_url: &str) -> String {
    format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(presigned_url))
}

/// Judges a token at a moment. What is accepted is only well-formed: whose it is, STS must say.
pub fn judge(token: &str, verifier: &Verifier, now: SystemTime) -> Result<StsRequest, Refusal> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refusal::TooLarge { bytes: token.len() });
    }
    let encoded = token.strip_prefix(TOKEN_PREFIX).ok_or(Refusal::Prefix)?;
    let decoded = URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| Refusal::Base64)?;
    let url = url::Url::parse(&decoded)?;
    check_host(&url.host, verifier)?;
    if url.path != b"/" {
        return Err(Refusal::Path);
    }
    let parameters = query::Parameters::parse(url.query)?;
    parameters.check_action()?;
    parameters.check_signed_headers()?;
    parameters.check_expires()?;
    let made_at = check_date(&parameters, now)?;
    let parts = RequestParts {
        host: &url.host,
        query: url.query,
        access_key_id: parameters.access_key_id(),
        made_at,
    };
    Ok(StsRequest::new(parts, verifier))
}

fn check_host(host: &str, verifier: &Verifier) -> Result<(), Refusal> {
    if verifier
        .partition
        .is_sts_host(host, verifier.region.as_deref())
    {
        return Ok(());
    }
    if host == crate::principal::partition::GLOBAL_STS_HOST {
        return Err(Refusal::GlobalHost {
            partition: verifier.partition,
        });
    }
    if host.split('.').count() < 3 {
        return Err(Refusal::HostMalformed {
            host: ShownHost::from_host(host),
        });
    }
    let others = Partition::ALL
        .into_iter()
        .filter(|partition| *partition != verifier.partition);
    if others
        .into_iter()
        .any(|partition| partition.is_sts_host(host, None))
    {
        return Err(Refusal::HostPartition {
            host: ShownHost::from_host(host),
            partition: verifier.partition,
        });
    }
    Err(Refusal::HostNotAllowed {
        host: ShownHost::from_host(host),
        partition: verifier.partition,
    })
}

/// When the token was made.
fn check_date(parameters: &query::Parameters<'_>, now: SystemTime) -> Result<SystemTime, Refusal> {
    let date = parameters.date();
    if date.is_empty() {
        return Err(Refusal::DateMissing);
    }
    let made = timestamp::parse(date).ok_or(Refusal::DateFormat)?;
    if let Ok(age) = now.duration_since(made) {
        if age > TOKEN_LIFETIME {
            return Err(Refusal::Expired { age });
        }
    } else if let Ok(ahead) = made.duration_since(now)
        && ahead > MAX_CLOCK_SKEW
    {
        return Err(Refusal::FromTheFuture { ahead });
    }
    Ok(made)
}

#[cfg(test)]
mod tests;
