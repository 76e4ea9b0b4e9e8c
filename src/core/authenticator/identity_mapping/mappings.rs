//! Mappings as a configuration gives them, before any check, and why a server does not start with them.

use thiserror::Error;

use super::sso::SsoError;
use crate::aws_auth::Sso;

/// One mapping before any check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawMapping {
    /// `rolearn` or `userarn`; empty for a permission set.
    pub arn: String,
    /// The user name template.
    pub username: String,
    /// The group templates.
    pub groups: Vec<String>,
    /// A permission set instead of an ARN.
    pub sso: Option<Sso>,
}

/// Mappings before any check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mappings {
    /// Of roles.
    pub roles: Vec<RawMapping>,
    /// Of users.
    pub users: Vec<RawMapping>,
    /// Accounts all of whose principals may enter.
    pub accounts: Vec<String>,
}

/// Why a server does not start with its mappings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A mapping has neither an ARN nor a permission set.
    #[error("mapping {index} names neither an ARN nor a permission set")]
    NoSubject {
        /// Its position.
        index: usize,
    },
    /// A mapping has both.
    #[error("mapping {index} names an ARN and a permission set")]
    TwoSubjects {
        /// Its position.
        index: usize,
    },
    /// A permission set is not valid.
    #[error("mapping {index} names a permission set that is not valid")]
    Sso {
        /// Its position.
        index: usize,
        /// Why.
        source: SsoError,
    },
    /// An ARN is not one of a principal.
    #[error("`{arn}` is no ARN of a principal")]
    Arn {
        /// The ARN as written.
        arn: String,
    },
    /// A backend mode does not exist.
    #[error("`{mode}` is no backend mode")]
    Mode {
        /// The mode as written.
        mode: String,
    },
    /// A backend mode is listed twice.
    #[error("backend mode `{mode}` is listed twice")]
    DuplicateMode {
        /// The mode as written.
        mode: String,
    },
    /// There is no backend mode.
    #[error("at least one backend mode is needed")]
    NoMode,
}
