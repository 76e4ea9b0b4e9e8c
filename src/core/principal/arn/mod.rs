//! ARNs: reading them, and the two ways an ARN becomes the name that a cluster compares.
//!
//! The server canonicalises the ARN that STS reports ([`canonical_caller_arn`]). A practitioner writes other forms, above all role
//! ARNs with a path, which the server never matches; [`canonical_role_arn`] and [`canonical_user_arn`] turn what was written into what
//! is compared, or say why it can never match. The two are kept apart on purpose.
//! Sources: the IAM user guide (IAM identifiers) and `pkg/arn` of aws-iam-authenticator v0.7.18.

use std::fmt;

use thiserror::Error;

use crate::principal::partition::{Partition, PartitionError};

mod canonical_caller;
mod canonical_entry;
mod pattern;
mod source_arn;

pub use canonical_caller::{
    CallerArn, CallerArnError, PrincipalType, caller_partition, canonical_caller_arn,
};
pub use canonical_entry::{
    EntryArnError, canonical_role_arn, canonical_user_arn, iam_role_name, iam_role_path,
    is_canonical,
};
pub use pattern::arn_matches;
pub use source_arn::{source_account, source_headers, strip_role_path};

/// An ARN whose partition and account are checked; the resource is kept as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arn {
    /// The partition.
    pub partition: Partition,
    /// The service, such as `iam`; never empty.
    pub service: String,
    /// The region, empty for global services such as IAM.
    pub region: String,
    /// The account, absent in ARNs such as those of AWS's own policies or of S3 buckets.
    pub account: Option<AccountId>,
    /// Everything after the fifth colon, such as `role/team/app`; may hold further colons.
    pub resource: String,
}

/// An AWS account id: exactly twelve digits, leading zeros included.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(String);

/// Why a text is no ARN.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ArnError {
    /// The text does not start with `arn:`.
    #[error("`{arn}` is not an ARN: it must start with `arn:`")]
    Prefix {
        /// The text as given.
        arn: String,
    },
    /// There are fewer than six parts.
    #[error(
        "`{arn}` is not an ARN: it has {found} of the six parts `arn:partition:service:region:account:resource`"
    )]
    Sections {
        /// The text as given.
        arn: String,
        /// Number of parts found.
        found: usize,
    },
    /// The partition is none of the eight.
    #[error("the partition of `{arn}` is unknown")]
    Partition {
        /// The text as given.
        arn: String,
        /// The id that is unknown.
        source: PartitionError,
    },
    /// The service is empty or not lower-case letters, digits and hyphens.
    #[error("the service `{service}` of `{arn}` is not a service name")]
    Service {
        /// The text as given.
        arn: String,
        /// The third part.
        service: String,
    },
    /// The resource is empty or has white space or control characters.
    #[error("the resource of `{arn}` is empty or has white space in it")]
    Resource {
        /// The text as given, escaped.
        arn: String,
    },
    /// The account is not twelve digits.
    #[error("account id `{account}` must have 12 digits")]
    Account {
        /// The text as given.
        account: String,
    },
}

impl Arn {
    /// Reads an ARN, checking prefix, partition, service, account and that the resource has no white space.
    pub fn parse(arn: &str) -> Result<Arn, ArnError> {
        let sections = Sections::parse(arn)?;
        let partition =
            Partition::parse(sections.partition).map_err(|source| ArnError::Partition {
                arn: arn.to_owned(),
                source,
            })?;
        let is_service_character =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if sections.service.is_empty() || !sections.service.bytes().all(is_service_character) {
            return Err(ArnError::Service {
                arn: arn.to_owned(),
                service: sections.service.to_owned(),
            });
        }
        if sections.resource.is_empty()
            || sections
                .resource
                .contains(|c: char| c.is_whitespace() || c.is_control())
        {
            return Err(ArnError::Resource {
                arn: arn.escape_debug().to_string(),
            });
        }
        let account = match sections.account {
            "" => None,
            "aws" => None,
            digits => Some(AccountId::parse(digits)?),
        };
        Ok(Arn {
            partition,
            service: sections.service.to_owned(),
            region: sections.region.to_owned(),
            account,
            resource: sections.resource.to_owned(),
        })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.account.as_ref().map_or("", AccountId::as_str);
        write!(
            f,
            "arn:{}:{}:{}:{account}:{}",
            self.partition, self.service, self.region, self.resource
        )
    }
}

impl std::str::FromStr for Arn {
    type Err = ArnError;

    fn from_str(arn: &str) -> Result<Self, Self::Err> {
        Arn::parse(arn)
    }
}

impl AccountId {
    /// Reads an account id. A number that lost its leading zeros is refused: write account ids in quotes.
    pub fn parse(account: &str) -> Result<AccountId, ArnError> {
        if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(AccountId(account.to_owned()));
        }
        Err(ArnError::Account {
            account: account.to_owned(),
        })
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The six parts of an ARN, none of them judged. Every rule of this module starts from here.
struct Sections<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Sections<'a> {
    fn parse(arn: &'a str) -> Result<Sections<'a>, ArnError> {
        if !arn.starts_with("arn:") {
            return Err(ArnError::Prefix {
                arn: arn.to_owned(),
            });
        }
        let mut parts = arn.splitn(6, ':').skip(1);
        match (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) {
            (Some(partition), Some(service), Some(region), Some(account), Some(resource)) => {
                Ok(Sections {
                    partition,
                    service,
                    region,
                    account,
                    resource,
                })
            }
            _ => Err(ArnError::Sections {
                arn: arn.to_owned(),
                found: arn.split(':').count(),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
