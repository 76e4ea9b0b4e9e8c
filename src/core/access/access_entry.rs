//! EKS access entries: what EKS itself keeps about who may enter, beside aws-auth.
//!
//! An entry is bound to the principal's unique id, so a role that was made again under the same ARN no longer has it; the entry shows that by
//! its age alone. Its ARN may have a path, which the caller's canonical ARN never has. Source: EKS user guide, access entries.

mod entry_type;
mod names;
mod principal;
#[cfg(test)]
mod tests;

pub use entry_type::{EntryType, PoliciesAllowed};
pub use names::{GroupError, check_group};
pub use principal::{EntryPrincipal, EntryPrincipalError, MisplacedPrincipal};

use crate::access::access_policy::AccessPolicy;
use crate::principal::arn::{canonical_role_arn, canonical_user_arn};

/// How a cluster decides who may enter. Only the way down the list is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthenticationMode {
    /// aws-auth alone.
    ConfigMap,
    /// Access entries, then aws-auth.
    ApiAndConfigMap,
    /// Access entries alone.
    Api,
}

impl AuthenticationMode {
    /// The service's word.
    pub fn id(self) -> &'static str {
        match self {
            Self::ConfigMap => "CONFIG_MAP",
            Self::ApiAndConfigMap => "API_AND_CONFIG_MAP",
            Self::Api => "API",
        }
    }

    /// The mode of a word of the service; `None` for one that is not known here.
    pub fn parse(id: &str) -> Option<Self> {
        [Self::ConfigMap, Self::ApiAndConfigMap, Self::Api]
            .into_iter()
            .find(|mode| mode.id() == id)
    }

    /// Whether aws-auth counts.
    pub fn reads_config_map(self) -> bool {
        self != Self::Api
    }

    /// Whether access entries count.
    pub fn reads_access_entries(self) -> bool {
        self != Self::ConfigMap
    }
}

/// An access entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntry {
    /// The principal, path included.
    pub principal_arn: String,
    /// STANDARD, EC2_LINUX, FARGATE_LINUX, …
    pub kind: String,
    /// The user name template.
    pub username: String,
    /// The groups.
    pub groups: Vec<String>,
    /// The associated policies, as far as they were asked for: EKS describes an entry without them.
    pub policies: Vec<AccessPolicy>,
    /// When it was made, in seconds since 1970, where that is known: it counts for the principal that had the ARN then.
    pub created_at: Option<i64>,
}

/// The user name and groups that EKS gives an entry for which nobody named any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The user name template.
    pub username: String,
    /// The groups.
    pub groups: Vec<String>,
}

impl Defaults {
    /// What EKS fills in for a type and principal. Source: EKS user guide, "Create access entries"; for nodes the groups that the entry has
    /// afterwards.
    pub fn for_type(kind: &str, principal_arn: &str) -> Self {
        let (username, groups): (&str, &[&str]) = match kind {
            "STANDARD" => {
                return Self {
                    username: standard_username(principal_arn),
                    groups: Vec::new(),
                };
            }
            "EC2_LINUX" => ("system:node:{{EC2PrivateDNSName}}", &["system:nodes"]),
            "EC2_WINDOWS" => (
                "system:node:{{EC2PrivateDNSName}}",
                &["eks:kube-proxy-windows", "system:nodes"],
            ),
            "FARGATE_LINUX" => (
                "system:node:{{SessionName}}",
                &[
                    "system:bootstrappers",
                    "system:node-proxier",
                    "system:nodes",
                ],
            ),
            _ => ("system:node:{{SessionName}}", &["system:nodes"]),
        };
        Self {
            username: username.to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        }
    }
}

/// A role's sessions, without the role's path; a user's own ARN.
fn standard_username(principal_arn: &str) -> String {
    let role = canonical_role_arn(principal_arn).unwrap_or_default();
    let mut parts = role.splitn(6, ':');
    let mut part = |position| parts.nth(position).unwrap_or_default();
    let (partition, account, resource) = (part(1), part(2), part(0));
    match resource.strip_prefix("role/") {
        Some(name) => {
            format!("arn:{partition}:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}")
        }
        None => principal_arn.to_owned(),
    }
}

impl AccessEntry {
    /// The principal's ARN as the caller's canonical ARN would spell it.
    pub fn canonical_arn(&self) -> String {
        canonical_role_arn(&self.principal_arn)
            .or_else(|_| canonical_user_arn(&self.principal_arn))
            .unwrap_or_else(|_| self.principal_arn.clone())
    }

    /// Whether it admits machines, not people: every type but STANDARD.
    pub fn is_for_nodes(&self) -> bool {
        self.kind != "STANDARD"
    }
}
