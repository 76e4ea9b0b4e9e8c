//! Why a token is refused. No text repeats the token, its URL or what STS said; a host is held and shown only as far as it can be one.

use std::time::Duration;

use thiserror::Error;

use super::format::{MAX_TOKEN_BYTES, TOKEN_LIFETIME, TOKEN_PREFIX};
use super::shown_host::ShownHost;
use crate::principal::arn::CallerArnError;
use crate::principal::partition::Partition;

/// The classes of the reference; a server answers 429 for throttling and 403 for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalClass {
    /// Refused before any call.
    Format,
    /// STS refused, or its answer cannot be used.
    Sts,
    /// STS asked to call less often.
    Throttling,
    /// Anything else.
    Other,
}

impl RefusalClass {
    /// The stable id, such as `format`.
    pub fn id(self) -> &'static str {
        match self {
            RefusalClass::Format => "format",
            RefusalClass::Sts => "sts",
            RefusalClass::Throttling => "throttling",
            RefusalClass::Other => "other",
        }
    }
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// More bytes than a server takes.
    #[error(
        "the token has {bytes} bytes and a cluster accepts {} at most; a shorter session token helps",
        MAX_TOKEN_BYTES
    )]
    TooLarge {
        /// Bytes of the whole token.
        bytes: usize,
    },
    /// It is no token of this kind.
    #[error("the token does not start with `{}`", TOKEN_PREFIX)]
    Prefix,
    /// What follows is not canonical base64.
    #[error("the token is not unpadded base64url")]
    Base64,
    /// What is encoded is no URL.
    #[error("the token does not hold a valid URL")]
    UrlParse,
    /// A URL of another scheme.
    #[error("the URL in the token is not https")]
    Scheme,
    /// The URL carries a user name, which would become a header of the request.
    #[error("the URL in the token carries a user name")]
    Userinfo,
    /// The URL has a fragment, which no signature covers.
    #[error("the URL in the token has a fragment")]
    Fragment,
    /// The host has too few labels to be one of STS.
    #[error("the host in the token, `{host}`, is not a host of STS")]
    HostMalformed {
        /// The host.
        host: ShownHost,
    },
    /// The global host outside the commercial partition.
    #[error(
        "the token is for the global STS host, which clusters of partition {partition} do not accept"
    )]
    GlobalHost {
        /// The verifier's partition.
        partition: Partition,
    },
    /// A host of STS in another partition.
    #[error(
        "the token is for `{host}`, which belongs to another partition than the cluster's, {partition}"
    )]
    HostPartition {
        /// The host.
        host: ShownHost,
        /// The verifier's partition.
        partition: Partition,
    },
    /// Any other host.
    #[error("the token is for `{host}`, which is not a host of STS in partition {partition}")]
    HostNotAllowed {
        /// The host.
        host: ShownHost,
        /// The verifier's partition.
        partition: Partition,
    },
    /// A path other than `/`.
    #[error("the URL in the token has a path other than `/`")]
    Path,
    /// A query that cannot be read in one way only.
    #[error("the query in the token is malformed")]
    Query,
    /// Two parameters that differ only in case.
    #[error("the query in the token has a parameter twice, in different case")]
    CaseVariantDuplicate,
    /// A parameter that presigned requests of this kind do not have.
    #[error("the query in the token has a parameter that is not allowed")]
    ParameterNotAllowed,
    /// A parameter twice.
    #[error("the query in the token has a parameter twice")]
    MultipleValues,
    /// Another action than GetCallerIdentity.
    #[error("the token is a request for another action than GetCallerIdentity")]
    Action,
    /// The cluster's header is not signed, so the request was not made for a cluster.
    #[error("the token does not sign the header `x-k8s-aws-id`, so it was made for no cluster")]
    SignedHeaders,
    /// Expiry missing, malformed or out of bounds.
    #[error(
        "`X-Amz-Expires` in the token is not a number from 0 to {}",
        TOKEN_LIFETIME.as_secs()
    )]
    Expires,
    /// No date.
    #[error("the token has no `X-Amz-Date`")]
    DateMissing,
    /// A date in another form.
    #[error("`X-Amz-Date` in the token is not of the form YYYYMMDDThhmmssZ")]
    DateFormat,
    /// Older than [`TOKEN_LIFETIME`].
    #[error(
        "the token was made {seconds} seconds ago and lives {}",
        TOKEN_LIFETIME.as_secs(),
        seconds = .age.as_secs()
    )]
    Expired {
        /// Time since it was made.
        age: Duration,
    },
    /// Made in the future.
    #[error("the token was made {seconds} seconds in the future: one of the two clocks is wrong", seconds = .ahead.as_secs())]
    FromTheFuture {
        /// How far ahead.
        ahead: Duration,
    },
    /// STS could not be reached.
    #[error("STS could not be reached")]
    StsTransport,
    /// The answer broke off.
    #[error("the answer of STS could not be read to its end")]
    StsRead,
    /// Another status than 200.
    #[error("STS refused the token with status {status}")]
    StsStatus {
        /// The status.
        status: u16,
    },
    /// STS throttles.
    #[error("STS is throttling (status {status})")]
    StsThrottling {
        /// The status.
        status: u16,
    },
    /// More bytes than any answer of STS has.
    #[error("the answer of STS is longer than {limit} bytes")]
    StsBodyTooLarge {
        /// The limit.
        limit: usize,
    },
    /// The answer is no JSON of the expected shape.
    #[error("the answer of STS is not the JSON expected of GetCallerIdentity")]
    StsJson,
    /// The ARN in the answer names no caller.
    #[error("the answer of STS names no caller")]
    StsArn(#[source] CallerArnError),
    /// The unique id does not fit the kind of principal.
    #[error("the user id in the answer of STS does not fit the kind of caller")]
    StsUserId,
    /// Account and ARN disagree.
    #[error("the account in the answer of STS is not the account in its ARN")]
    StsAccountMismatch,
    /// The ARN is of another partition than the verifier.
    #[error(
        "the caller in the answer of STS is of another partition than the cluster's, {partition}"
    )]
    StsPartitionMismatch {
        /// The verifier's partition.
        partition: Partition,
    },
}

impl Refusal {
    /// The class, which decides the server's status.
    pub fn class(&self) -> RefusalClass {
        match self {
            Refusal::StsThrottling { .. } => RefusalClass::Throttling,
            Refusal::StsTransport
            | Refusal::StsRead
            | Refusal::StsStatus { .. }
            | Refusal::StsBodyTooLarge { .. }
            | Refusal::StsJson
            | Refusal::StsArn(_)
            | Refusal::StsUserId
            | Refusal::StsAccountMismatch
            | Refusal::StsPartitionMismatch { .. } => RefusalClass::Sts,
            _ => RefusalClass::Format,
        }
    }

    /// The stable id, such as `query.date_expired`.
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::TooLarge { .. } => "token.too_large",
            Refusal::Prefix => "token.prefix",
            Refusal::Base64 => "token.base64",
            Refusal::UrlParse => "url.parse",
            Refusal::Scheme => "url.scheme",
            Refusal::Userinfo => "url.userinfo",
            Refusal::Fragment => "url.fragment",
            Refusal::HostMalformed { .. } => "host.malformed",
            Refusal::GlobalHost { .. } => "host.global_unsupported",
            Refusal::HostPartition { .. } => "host.partition_mismatch",
            Refusal::HostNotAllowed { .. } => "host.not_allowed",
            Refusal::Path => "url.path",
            Refusal::Query => "query.malformed",
            Refusal::CaseVariantDuplicate => "query.case_variant_duplicate",
            Refusal::ParameterNotAllowed => "query.not_allowed",
            Refusal::MultipleValues => "query.multiple_values",
            Refusal::Action => "query.action",
            Refusal::SignedHeaders => "query.signed_headers",
            Refusal::Expires => "query.expires",
            Refusal::DateMissing => "query.date_missing",
            Refusal::DateFormat => "query.date_format",
            Refusal::Expired { .. } => "query.date_expired",
            Refusal::FromTheFuture { .. } => "query.date_future",
            Refusal::StsTransport => "sts.transport",
            Refusal::StsRead => "sts.read",
            Refusal::StsStatus { .. } => "sts.status",
            Refusal::StsThrottling { .. } => "sts.throttling",
            Refusal::StsBodyTooLarge { .. } => "sts.body_too_large",
            Refusal::StsJson => "sts.json",
            Refusal::StsArn(_) => "sts.arn",
            Refusal::StsUserId => "sts.user_id",
            Refusal::StsAccountMismatch => "sts.account_mismatch",
            Refusal::StsPartitionMismatch { .. } => "sts.partition_mismatch",
        }
    }
}
