//! What a grant allows, as far as the guard must know: may its holder still mend aws-auth, is it a cluster-admin.

use std::collections::BTreeSet;

use crate::access::cluster_access::{Access, Grant};
use crate::aws_auth;

/// How much a principal may do, in rising order; `Unknown` stands aside and compares lowest on purpose: nothing is concluded from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// RBAC could not be read, so it cannot be said.
    Unknown,
    /// It does not enter.
    Nothing,
    /// It enters, and may not write aws-auth.
    Enters,
    /// It may get and update `kube-system/aws-auth`.
    WritesAwsAuth,
    /// It may do everything.
    ClusterAdmin,
}

/// What groups and users may do, read from bindings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rbac {
    /// Groups and users bound to everything, beside `system:masters`.
    pub admins: BTreeSet<String>,
    /// Groups and users that may get and update aws-auth.
    pub aws_auth_writers: BTreeSet<String>,
    /// Whether the bindings could be read. If not, a group other than `system:masters` is unknown.
    pub is_readable: bool,
}

impl Rbac {
    /// The power of an access; of several random ones the least.
    pub fn power(&self, access: &Access) -> Power {
        match access {
            Access::None => Power::Nothing,
            Access::Unknown(_) => Power::Unknown,
            Access::Granted(grant) => self.grant_power(grant),
            Access::Random(grants) => grants
                .iter()
                .map(|grant| self.grant_power(grant))
                .min()
                .unwrap_or(Power::Nothing),
        }
    }

    fn grant_power(&self, grant: &Grant) -> Power {
        let holds = |names: &BTreeSet<String>| {
            names.contains(&grant.username)
                || grant.groups.iter().any(|group| names.contains(group))
        };
        let policy = |name: &str| {
            grant
                .policies
                .iter()
                .any(|policy| policy.name() == name && policy.namespaces.is_empty())
        };
        let beside_aws_auth = |name: &str| {
            grant.policies.iter().any(|policy| {
                policy.name() == name
                    && (policy.namespaces.is_empty()
                        || policy
                            .namespaces
                            .iter()
                            .any(|namespace| namespace == aws_auth::NAMESPACE))
            })
        };
        let is_master = grant.groups.iter().any(|group| group == "system:masters");
        if is_master || policy("AmazonEKSClusterAdminPolicy") || holds(&self.admins) {
            return Power::ClusterAdmin;
        }
        if holds(&self.aws_auth_writers)
            || [
                "AmazonEKSClusterAdminPolicy",
                "AmazonEKSAdminPolicy",
                "AmazonEKSEditPolicy",
            ]
            .iter()
            .any(|name| beside_aws_auth(name))
        {
            return Power::WritesAwsAuth;
        }
        if self.is_readable {
            Power::Enters
        } else {
            Power::Unknown
        }
    }
}
