//! What a practitioner writes into an entry of aws-auth → the canonical ARN that the server compares callers with.
//!
//! The server compares an entry's text as it stands, so a role's path, a session's name or a wrong kind of ARN makes an entry that never
//! matches, without any error. Here a role loses its path and a session becomes its role; a user keeps its path, because STS reports it.
//! Sources: reference of aws-iam-authenticator v0.7.18 (`pkg/mapper/configmap`), IAM user guide (IAM identifiers, name rules).

use thiserror::Error;

use super::{AccountId, Arn, ArnError};
use crate::principal::case_folding::fold_key;
use crate::principal::partition::Partition;

/// Why no caller can ever match an entry with this ARN.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EntryArnError {
    /// The text is no ARN.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// The ARN has no account.
    #[error("`{arn}` has no account id")]
    NoAccount {
        /// The ARN as given.
        arn: String,
    },
    /// The ARN has a region, which no IAM or STS identity has.
    #[error("`{arn}` names region `{region}`, but ARNs of roles and users have none")]
    Region {
        /// The ARN as given.
        arn: String,
        /// The fourth part.
        region: String,
    },
    /// The ARN is of another kind.
    #[error("`{arn}` is {found}, not {wanted}: {reason}")]
    Kind {
        /// The ARN as given.
        arn: String,
        /// What it is, with its article.
        found: String,
        /// What is wanted, with its article.
        wanted: &'static str,
        /// Why it cannot match, or what to write.
        reason: &'static str,
    },
    /// The name breaks IAM's rules; wildcards end here too, since entries know none.
    #[error(
        "`{name}` in `{arn}` is not a valid name: 1 to {longest} letters, digits and `+=,.@-_`, no wildcard"
    )]
    Name {
        /// The ARN as given.
        arn: String,
        /// The last segment.
        name: String,
        /// The most characters IAM allows.
        longest: usize,
    },
}

/// The canonical ARN of a role as written: `…:role/team/app` and `…:assumed-role/app/session` both become `…:role/app`.
pub fn canonical_role_arn(written: &str) -> Result<String, EntryArnError> {
    let RoleArn {
        partition,
        account,
        name,
        ..
    } = RoleArn::parse(written)?;
    Ok(format!("arn:{partition}:iam::{account}:role/{name}"))
}

/// The canonical ARN of a user as written, path included; the root user and federated users are taken as they are.
pub fn canonical_user_arn(written: &str) -> Result<String, EntryArnError> {
    let arn = Arn::parse(written)?;
    account_of(&arn, written)?;
    let wanted = "a user";
    let kind = |found: &str, reason| kind_error(written, found, wanted, reason);
    let (name, longest) = match (arn.service.as_str(), arn.resource.split_once('/')) {
        ("iam", None) if arn.resource == "root" => return Ok(written.to_owned()),
        ("iam", Some(("user", path_and_name))) => (last_segment(path_and_name), 64),
        ("sts", Some(("federated-user", name))) => (name, 32),
        ("iam", Some(("role", _))) => return Err(kind("a role", "write it among the roles")),
        ("sts", Some(("assumed-role", _))) => {
            return Err(kind(
                "a session of a role",
                "write its role among the roles",
            ));
        }
        (service, resource) => {
            let (found, reason) = never_a_caller(
                service,
                resource.map_or(arn.resource.as_str(), |(kind, _)| kind),
            );
            return Err(kind(&found, reason));
        }
    };
    check_name(written, name, longest)?;
    Ok(written.to_owned())
}

/// True for an ARN that the canonical ARN of some caller equals, without regard to case. Every other one matches nobody, wherever it is written.
pub fn is_canonical(written: &str) -> bool {
    let folded = fold_key(written);
    let is_itself = |canonical: Result<String, EntryArnError>| {
        canonical.is_ok_and(|canonical| fold_key(&canonical) == folded)
    };
    is_itself(canonical_role_arn(&folded)) || is_itself(canonical_user_arn(&folded))
}

/// The name of a role without path, from any form that [`canonical_role_arn`] takes; it is what the IAM API calls `RoleName`.
pub fn iam_role_name(written: &str) -> Result<String, EntryArnError> {
    Ok(RoleArn::parse(written)?.name)
}

/// The path of a role as IAM has it, `/` or `/…/`; `None` for a session's ARN, which never says it.
pub fn iam_role_path(written: &str) -> Result<Option<String>, EntryArnError> {
    Ok(RoleArn::parse(written)?.path)
}

struct RoleArn {
    partition: Partition,
    account: AccountId,
    path: Option<String>,
    name: String,
}

impl RoleArn {
    fn parse(written: &str) -> Result<RoleArn, EntryArnError> {
        let arn = Arn::parse(written)?;
        let account = account_of(&arn, written)?;
        let kind = |found: &str, reason| kind_error(written, found, "a role", reason);
        let (path, name) = match (arn.service.as_str(), arn.resource.split_once('/')) {
            ("iam", Some(("role", rest))) if rest.starts_with("aws-service-role/") => {
                return Err(kind(
                    "a service-linked role",
                    "only its service assumes it, so it never calls a cluster",
                ));
            }
            ("iam", Some(("role", path_and_name))) => {
                let name = last_segment(path_and_name);
                let path = path_and_name.strip_suffix(name).unwrap_or_default();
                (Some(format!("/{path}")), name)
            }
            ("sts", Some(("assumed-role", role_and_session))) => {
                match role_and_session.split_once('/') {
                    Some((role, session)) if !session.is_empty() => (None, last_segment(role)),
                    _ => {
                        return Err(kind(
                            "a session without a name",
                            "it looks like `assumed-role/<role>/<session>`",
                        ));
                    }
                }
            }
            ("iam", Some(("user", _))) => return Err(kind("a user", "write it among the users")),
            (service, resource) => {
                let (found, reason) = never_a_caller(
                    service,
                    resource.map_or(arn.resource.as_str(), |(kind, _)| kind),
                );
                return Err(kind(&found, reason));
            }
        };
        check_name(written, name, 64)?;
        Ok(RoleArn {
            partition: arn.partition,
            account,
            path,
            name: name.to_owned(),
        })
    }
}

fn account_of(arn: &Arn, written: &str) -> Result<AccountId, EntryArnError> {
    if !arn.region.is_empty() {
        return Err(EntryArnError::Region {
            arn: written.to_owned(),
            region: arn.region.clone(),
        });
    }
    arn.account.clone().ok_or_else(|| EntryArnError::NoAccount {
        arn: written.to_owned(),
    })
}

/// What else an ARN of `service` with the resource type `kind` is, and why it never calls a cluster.
fn never_a_caller(service: &str, kind: &str) -> (String, &'static str) {
    let (found, reason) = match (service, kind) {
        ("iam", "instance-profile") => ("an instance profile", "write the role inside it"),
        ("iam", "group") => (
            "a group of users",
            "a caller is never a group; write its users one by one",
        ),
        ("iam", "policy") => ("a policy", "write the role or user it is attached to"),
        ("iam", "oidc-provider" | "saml-provider") => {
            ("an identity provider", "write the role its users assume")
        }
        ("iam", "mfa" | "server-certificate") => (
            "no identity",
            "write the role or user that calls the cluster",
        ),
        ("iam", "root") => (
            "the root of an account",
            "write it among the users, or the account among the accounts",
        ),
        ("iam", "role" | "user") => ("an ARN without a name", "a name follows after the slash"),
        ("sts", "federated-user") => ("a federated user", "write it among the users"),
        ("iam" | "sts", _) => (
            "no identity",
            "write the role or user that calls the cluster",
        ),
        _ => {
            let found = format!("an ARN of the service {service}");
            return (found, "identities belong to iam, or to sts for sessions");
        }
    };
    (found.to_owned(), reason)
}

fn kind_error(
    written: &str,
    found: &str,
    wanted: &'static str,
    reason: &'static str,
) -> EntryArnError {
    EntryArnError::Kind {
        arn: written.to_owned(),
        found: found.to_owned(),
        wanted,
        reason,
    }
}

fn last_segment(path_and_name: &str) -> &str {
    path_and_name.rsplit('/').next().unwrap_or(path_and_name)
}

fn check_name(written: &str, name: &str, longest: usize) -> Result<(), EntryArnError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@-_".contains(&byte);
    if !name.is_empty() && name.len() <= longest && name.bytes().all(is_allowed) {
        return Ok(());
    }
    Err(EntryArnError::Name {
        arn: written.to_owned(),
        name: name.to_owned(),
        longest,
    })
}
