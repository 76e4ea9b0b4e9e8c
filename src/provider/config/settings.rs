//! The provider block beside its AWS part: what resources ask for while they work.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tf_provider::Attr;

use crate::attributes::tags::TagRules;
use crate::config::Acknowledgements;
use crate::ports::sts::CallerIdentity;
use crate::ports::{ApiError, ClusterAccess, ErrorKind, Surface};

/// How a change that takes access away is treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockoutGuard {
    /// Refused.
    #[default]
    Error,
    /// Shown.
    Warn,
    /// Not judged.
    Off,
    /// Refused, and what could not be read counts against the change.
    Strict,
}

/// What a plan does where it cannot reach or may not read an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnreadable {
    /// It fails.
    #[default]
    Error,
    /// It keeps the state and says so.
    KeepState,
}

/// Where aws-auth is kept before a write that takes something away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recovery {
    /// As a ConfigMap in kube-system.
    #[default]
    ConfigMap,
    /// As a file in a folder.
    File,
    /// Nowhere.
    Off,
}

/// The operation in the error of an account that may not be worked in.
const ACCOUNT_CHECK: &str = "provider configuration";

/// The settings of one provider configuration. Empty lists mean no rule.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The provider's region as configured; unset leaves it to the environment and the profile.
    pub region: Attr<String>,
    /// The cluster of resources that name none.
    pub cluster_name: Attr<String>,
    /// How to reach clusters whose name alone is not enough, by name.
    pub clusters: Attr<BTreeMap<String, Attr<ClusterAccess>>>,
    /// `default_tags` and `ignore_tags`.
    pub tags: TagRules,
    /// The role that the block assumes last; unset or unknown: the credentials act themselves.
    pub assumed_role_arn: Option<String>,
    /// Accounts that may be worked in.
    pub allowed_account_ids: BTreeSet<String>,
    /// Accounts that must not be worked in.
    pub forbidden_account_ids: BTreeSet<String>,
    /// How a change that takes access away is treated.
    pub lockout_guard: LockoutGuard,
    /// Principals that must keep their access.
    pub protected_principals: Vec<String>,
    /// Who runs apply, where plan runs as someone else.
    pub apply_principal_arns: Vec<String>,
    /// What a plan does where it cannot read.
    pub on_unreadable: OnUnreadable,
    /// Lock-out findings that are meant, from the environment.
    pub acknowledgements: Acknowledgements,
    /// Findings that are not shown.
    pub suppress_findings: BTreeSet<String>,
    /// Where aws-auth is kept before a write that takes something away.
    pub recovery: Recovery,
    /// The folder for copies in files; unset is one below `.terraform`.
    pub recovery_folder: Option<PathBuf>,
    /// Whether a write proves afterwards that whoever acts still has its access.
    pub confirm_access: bool,
    /// Whether a planned write is sent to the API server as a dry run.
    pub dry_run: bool,
    /// Where texts are read.
    pub surface: Surface,
}

impl Settings {
    /// True if only some accounts may be worked in.
    pub fn limits_accounts(&self) -> bool {
        !self.allowed_account_ids.is_empty() || !self.forbidden_account_ids.is_empty()
    }

    /// Compares a caller's account with the lists.
    ///
    /// # Errors
    /// An account that is forbidden or not among the allowed ones.
    pub fn admit(&self, identity: &CallerIdentity) -> Result<(), ApiError> {
        let refused = |reason: &str| {
            let message = format!(
                "the credentials of `{}` belong to account `{}`, which is {reason}",
                identity.arn, identity.account
            );
            Err(ApiError::new(
                ErrorKind::AccountNotAllowed,
                ACCOUNT_CHECK,
                message,
            ))
        };
        if self.forbidden_account_ids.contains(&identity.account) {
            return refused("among `forbidden_account_ids`");
        }
        if !self.allowed_account_ids.is_empty()
            && !self.allowed_account_ids.contains(&identity.account)
        {
            return refused("not among `allowed_account_ids`");
        }
        Ok(())
    }
}
