//! Whom an access entry may name: an IAM role or user by its ARN, path included. Source: EKS user guide, "Create access entries".

use super::EntryType;
use crate::principal::arn::{
    AccountId, Arn, ArnError, EntryArnError, canonical_role_arn, canonical_user_arn, iam_role_name,
};
use crate::principal::partition::Partition;
use crate::principal::permission_set::{PermissionSetRole, ROLE_PATH};

/// The principal of an access entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPrincipal {
    /// Its ARN as written.
    pub arn: String,
    /// Its partition.
    pub partition: Partition,
    /// Its account.
    pub account: AccountId,
    /// Whether it is a role; else it is a user.
    pub is_role: bool,
    /// Its name without the path: what IAM calls `RoleName` or `UserName`.
    pub name: String,
}

/// Why EKS takes no access entry for what is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryPrincipalError {
    /// No ARN.
    #[error(
        "{source}. An access entry names a role or user of IAM, such as `arn:aws:iam::111122223333:role/platform`"
    )]
    NoArn {
        /// What is wrong.
        source: ArnError,
    },
    /// A session of a role.
    #[error(
        "`{arn}` is a session of a role, and an access entry is for the role itself: write `{role}`, with the role's path if it has one (`aws iam get-role --role-name {name}`)"
    )]
    Session {
        /// As written.
        arn: String,
        /// The role without a path.
        role: String,
        /// Its name.
        name: String,
    },
    /// A service-linked role.
    #[error(
        "`{arn}` is a service-linked role: EKS takes no access entry for one, and gives its own services access by itself"
    )]
    ServiceLinked {
        /// As written.
        arn: String,
    },
    /// The role of a permission set without its path.
    #[error(
        "`{arn}` lacks the path of the role: the roles of permission sets are at `{}`, with the region of IAM Identity Center after it where that is not us-east-1 (`aws iam get-role --role-name {name}` tells the whole ARN)",
        ROLE_PATH
    )]
    PermissionSetWithoutPath {
        /// As written.
        arn: String,
        /// The role's name.
        name: String,
    },
    /// Something else of AWS.
    #[error("`{arn}` is {found}, and an access entry names a role or user of IAM: {instead}")]
    Other {
        /// As written.
        arn: String,
        /// What it is.
        found: &'static str,
        /// What to write.
        instead: &'static str,
    },
    /// A role or user with something wrong in its ARN.
    #[error(transparent)]
    Malformed(#[from] EntryArnError),
}

/// Why a principal is none for an entry of a type in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MisplacedPrincipal {
    /// Nodes have roles.
    #[error(
        "`{arn}` is a user, and an entry of type {entry_type} is for the role of nodes: write the role's ARN, or leave `type` out for people and programs"
    )]
    UserForNodes {
        /// As written.
        arn: String,
        /// The type.
        entry_type: &'static str,
    },
    /// Nodes are in the cluster's account.
    #[error(
        "`{arn}` is in account {account}, and the role of an entry of type {entry_type} has to be in the cluster's account {of_cluster}: only entries of type STANDARD may be for another account"
    )]
    NodesOfAnotherAccount {
        /// As written.
        arn: String,
        /// Its account.
        account: String,
        /// The cluster's account.
        of_cluster: String,
        /// The type.
        entry_type: &'static str,
    },
    /// Another partition.
    #[error(
        "`{arn}` is in partition {partition}, and the cluster is in {of_cluster}: nobody from one can call into the other"
    )]
    AnotherPartition {
        /// As written.
        arn: String,
        /// Its partition.
        partition: Partition,
        /// The cluster's partition.
        of_cluster: Partition,
    },
}

impl EntryPrincipal {
    /// Reads the ARN of a principal.
    ///
    /// # Errors
    /// It names nobody of whom EKS takes an entry, with what to write instead.
    pub fn parse(written: &str) -> Result<Self, EntryPrincipalError> {
        let arn = Arn::parse(written).map_err(|source| EntryPrincipalError::NoArn { source })?;
        let (kind, rest) = arn
            .resource
            .split_once('/')
            .unwrap_or((arn.resource.as_str(), ""));
        let is_role = match (arn.service.as_str(), kind) {
            ("iam", "role") if rest.starts_with("aws-service-role/") => {
                return Err(EntryPrincipalError::ServiceLinked {
                    arn: written.to_owned(),
                });
            }
            ("iam", "role") => true,
            ("iam", "user") => false,
            ("sts", "assumed-role") => return Err(of_session(written)),
            (service, kind) => return Err(of_another_kind(written, service, kind)),
        };
        match is_role {
            true => canonical_role_arn(written)?,
            false => canonical_user_arn(written)?,
        };
        let name = rest.rsplit('/').next().unwrap_or_default().to_owned();
        if is_role && rest == name && PermissionSetRole::parse(&name).is_some() {
            return Err(EntryPrincipalError::PermissionSetWithoutPath {
                arn: written.to_owned(),
                name,
            });
        }
        let Some(account) = arn.account else {
            return Err(EntryArnError::NoAccount {
                arn: written.to_owned(),
            }
            .into());
        };
        Ok(Self {
            arn: written.to_owned(),
            partition: arn.partition,
            account,
            is_role,
            name,
        })
    }

    /// Whether an entry of a type may be for it in a cluster.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn check_place(
        &self,
        entry_type: EntryType,
        account: &str,
        partition: Partition,
    ) -> Result<(), MisplacedPrincipal> {
        if self.partition != partition {
            return Err(MisplacedPrincipal::AnotherPartition {
                arn: self.arn.clone(),
                partition: self.partition,
                of_cluster: partition,
            });
        }
        self.check_kind(entry_type)?;
        if entry_type != EntryType::Standard && self.account.as_str() != account {
            return Err(MisplacedPrincipal::NodesOfAnotherAccount {
                arn: self.arn.clone(),
                account: self.account.to_string(),
                of_cluster: account.to_owned(),
                entry_type: entry_type.id(),
            });
        }
        Ok(())
    }

    /// The same as far as no cluster is needed to say it.
    ///
    /// # Errors
    /// A user for an entry of nodes.
    pub fn check_kind(&self, entry_type: EntryType) -> Result<(), MisplacedPrincipal> {
        match entry_type == EntryType::Standard || self.is_role {
            true => Ok(()),
            false => Err(MisplacedPrincipal::UserForNodes {
                arn: self.arn.clone(),
                entry_type: entry_type.id(),
            }),
        }
    }
}

fn of_session(written: &str) -> EntryPrincipalError {
    match (canonical_role_arn(written), iam_role_name(written)) {
        (Ok(role), Ok(name)) => EntryPrincipalError::Session {
            arn: written.to_owned(),
            role,
            name,
        },
        (Err(error), _) | (_, Err(error)) => error.into(),
    }
}

fn of_another_kind(written: &str, service: &str, kind: &str) -> EntryPrincipalError {
    let (found, instead) = match (service, kind) {
        ("iam", "root") => (
            "the root user of an account",
            "make a role for whoever needs access, and write its ARN",
        ),
        ("iam", "group") => (
            "a group of IAM users",
            "groups never call a cluster; write a role that its members may assume, or each user",
        ),
        ("iam", "instance-profile") => (
            "an instance profile",
            "write the role that is in it (`aws iam get-instance-profile`)",
        ),
        ("iam", "policy") => ("a policy", "write the role or user that it is attached to"),
        ("iam", "oidc-provider" | "saml-provider") => (
            "an identity provider",
            "write the role that its users assume",
        ),
        ("sts", "federated-user") => (
            "a federated user",
            "write the role or user whose credentials it got",
        ),
        ("eks", _) => ("a resource of EKS", "write the ARN of the role or user"),
        _ => ("neither a role nor a user", "write the ARN of one"),
    };
    EntryPrincipalError::Other {
        arn: written.to_owned(),
        found,
        instead,
    }
}
