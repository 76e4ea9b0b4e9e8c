//! What a principal may do, as far as it matters who can mend aws-auth: write it, or everything.

use crate::access::cluster_access::{Access, Grant};
use crate::access::lockout::{is_cluster_wide_admin, writes_by_policy};
use crate::kubernetes::rbac::MASTERS;

/// Rights; `None` where they are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Whether it may change aws-auth.
    pub may_write_aws_auth: Option<bool>,
    /// Whether it may do everything.
    pub is_cluster_admin: Option<bool>,
}

impl Rights {
    /// Of whoever does not enter.
    pub const NOTHING: Self = Self {
        may_write_aws_auth: Some(false),
        is_cluster_admin: Some(false),
    };

    /// Of an administrator.
    pub const EVERYTHING: Self = Self {
        may_write_aws_auth: Some(true),
        is_cluster_admin: Some(true),
    };

    /// What groups give whatever RBAC says; RBAC may give more.
    pub fn of_groups(groups: &[String]) -> Self {
        match groups.iter().any(|group| group == MASTERS) {
            true => Self::EVERYTHING,
            false => Self::default(),
        }
    }

    /// What an access surely gives, without RBAC, which may give more: of several random outcomes only what all of them give.
    pub fn by_rules(access: &Access) -> Self {
        match access {
            Access::None => Self::NOTHING,
            Access::Unknown(_) => Self::default(),
            Access::Granted(grant) => Self::of_grant(grant),
            Access::Random(grants) => grants
                .iter()
                .map(Self::of_grant)
                .reduce(Self::common)
                .unwrap_or_default(),
        }
    }

    fn of_grant(grant: &Grant) -> Self {
        if is_cluster_wide_admin(grant) {
            return Self::EVERYTHING;
        }
        let by_groups = Self::of_groups(&grant.groups);
        by_groups.or(Self {
            may_write_aws_auth: writes_by_policy(grant).then_some(true),
            is_cluster_admin: None,
        })
    }

    fn common(self, other: Self) -> Self {
        let common = |one: Option<bool>, other: Option<bool>| one.filter(|_| one == other);
        Self {
            may_write_aws_auth: common(self.may_write_aws_auth, other.may_write_aws_auth),
            is_cluster_admin: common(self.is_cluster_admin, other.is_cluster_admin),
        }
    }

    /// What is known of these, else what is known of others.
    pub fn or(self, other: Self) -> Self {
        Self {
            may_write_aws_auth: self.may_write_aws_auth.or(other.may_write_aws_auth),
            is_cluster_admin: self.is_cluster_admin.or(other.is_cluster_admin),
        }
    }
}
