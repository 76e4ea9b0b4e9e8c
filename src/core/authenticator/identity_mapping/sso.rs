//! Entries that name a permission set of IAM Identity Center instead of a role's ARN.
//!
//! The reference keeps them behind a gate that is off by default, loses a partition that is written out (such an entry never matches),
//! and lets `Admin` match `Admin_Ops` too, because the pattern ends in a wildcard. Source: `pkg/config/mapper.go`.

use thiserror::Error;

use crate::aws_auth::Sso;
use crate::principal::arn::AccountId;
use crate::principal::case_folding::to_lower;
use crate::principal::partition::Partition;

/// Why the reference refuses a permission set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SsoError {
    /// The account is not twelve digits.
    #[error("account id `{account_id}` must have 12 digits")]
    Account {
        /// As written.
        account_id: String,
    },
    /// The name has other characters or is too long.
    #[error("permission set `{name}` must have 1 to 32 letters, digits or `_+=,.@-`")]
    Name {
        /// As written.
        name: String,
    },
    /// The partition is none of the eight.
    #[error("partition `{partition}` is unknown")]
    Partition {
        /// As written.
        partition: String,
    },
}

/// Holds a permission set against the reference's rules.
///
/// # Errors
/// The first rule that is broken.
pub fn check_sso(sso: &Sso) -> Result<(), SsoError> {
    if AccountId::parse(&sso.account_id).is_err() {
        return Err(SsoError::Account {
            account_id: sso.account_id.clone(),
        });
    }
    let name = &sso.permission_set_name;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if name.is_empty() || name.len() > 32 || !name.bytes().all(is_allowed) {
        return Err(SsoError::Name { name: name.clone() });
    }
    if !sso.partition.is_empty() && Partition::parse(&sso.partition).is_err() {
        return Err(SsoError::Partition {
            partition: sso.partition.clone(),
        });
    }
    Ok(())
}

/// The pattern that the reference compares the caller's lower-case canonical ARN with.
pub fn sso_pattern(sso: &Sso) -> String {
    let partition = if sso.partition.is_empty() { "aws" } else { "" };
    format!(
        "arn:{partition}:iam::{}:role/awsreservedsso_{}_*",
        to_lower(&sso.account_id),
        to_lower(&sso.permission_set_name)
    )
}
