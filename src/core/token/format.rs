//! The form of a token: its prefix, header, size and times.

use std::time::Duration;

/// What every token starts with.
pub const TOKEN_PREFIX: &str = "k8s-aws-v1.";

/// The longest token a server accepts, prefix included. A session token of some 2,700 bytes or more makes a longer one.
pub const MAX_TOKEN_BYTES: usize = 4096;

/// The header that binds a token to a cluster; its value is the cluster's id.
pub const CLUSTER_ID_HEADER: &str = "x-k8s-aws-id";

/// How long a token lives from its `X-Amz-Date`, whatever `X-Amz-Expires` says.
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// How far ahead of the verifier's clock a token may be made; STS itself allows no more.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

/// How long a token is said to be usable when it is made: less than [`TOKEN_LIFETIME`], so that a new one is asked for before it is refused.
pub const REPORTED_LIFETIME: Duration = Duration::from_secs(14 * 60);

/// What the presigned URL of a token says of its own life, in `X-Amz-Expires`; verifiers go by [`TOKEN_LIFETIME`].
pub const PRESIGNED_URL_LIFETIME: Duration = Duration::from_secs(60);
