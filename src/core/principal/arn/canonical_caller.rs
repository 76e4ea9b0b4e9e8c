//! The server's own rule: from the ARN that STS reports to the canonical ARN that mappings are compared with.
//!
//! A session loses its name and becomes its role; everything else stays as it is. STS never reports a role's path in a session's ARN,
//! which is why an entry with a path can never match. Where the reference lets shapes pass that STS cannot report (a bare `user`, an
//! account that is not twelve digits, a region in an ARN of IAM, white space), this rule refuses them. Source: `pkg/arn/arn.go:38-80` of aws-iam-authenticator v0.7.18.

use thiserror::Error;

use super::{AccountId, Arn, ArnError, Sections};
use crate::principal::partition::Partition;

/// What kind of principal calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalType {
    /// `iam … user/…`.
    User,
    /// `iam … role/…`; STS reports it only for callers that never assumed the role.
    Role,
    /// `iam … root`, the account itself.
    Root,
    /// `sts … assumed-role/…`.
    AssumedRole,
    /// `sts … federated-user/…`.
    FederatedUser,
}

/// A caller's ARN in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerArn {
    /// The kind of principal.
    pub principal_type: PrincipalType,
    /// The canonical ARN in its original case; comparison ignores case.
    pub arn: String,
    /// The account in the ARN, twelve digits.
    pub account: String,
    /// The partition in the ARN.
    pub partition: Partition,
}

/// Why an ARN names no caller. Texts carry no ARN, because it comes from outside and may be anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CallerArnError {
    /// It does not start with `arn:`.
    #[error("the caller's ARN does not start with `arn:`")]
    Prefix,
    /// It has fewer than six parts.
    #[error("the caller's ARN has fewer than six parts")]
    Sections,
    /// Its partition is unknown.
    #[error("the partition of the caller's ARN is unknown")]
    Partition,
    /// Its service is neither IAM nor STS.
    #[error("the caller's ARN belongs to neither iam nor sts")]
    Service,
    /// Its account is not twelve digits.
    #[error("the account in the caller's ARN is not 12 digits")]
    Account,
    /// It is one of IAM with a region, and those have none.
    #[error("the caller's ARN has a region, and ARNs of iam have none")]
    Region,
    /// Its resource is no principal.
    #[error("the resource in the caller's ARN is no user, role, session, federated user or root")]
    Resource,
}

impl PrincipalType {
    /// The stable id, such as `assumed_role`.
    pub fn id(self) -> &'static str {
        match self {
            PrincipalType::User => "user",
            PrincipalType::Role => "role",
            PrincipalType::Root => "root",
            PrincipalType::AssumedRole => "assumed_role",
            PrincipalType::FederatedUser => "federated_user",
        }
    }
}

impl CallerArnError {
    /// The stable id, such as `arn.partition`.
    pub fn reason(self) -> &'static str {
        match self {
            CallerArnError::Prefix => "arn.prefix",
            CallerArnError::Sections => "arn.sections",
            CallerArnError::Partition => "arn.partition",
            CallerArnError::Service => "arn.service",
            CallerArnError::Account => "arn.account",
            CallerArnError::Region => "arn.region",
            CallerArnError::Resource => "arn.resource",
        }
    }
}

impl From<ArnError> for CallerArnError {
    fn from(error: ArnError) -> Self {
        match error {
            ArnError::Prefix { .. } => CallerArnError::Prefix,
            ArnError::Sections { .. } => CallerArnError::Sections,
            ArnError::Partition { .. } => CallerArnError::Partition,
            ArnError::Service { .. } => CallerArnError::Service,
            ArnError::Resource { .. } => CallerArnError::Resource,
            ArnError::Account { .. } => CallerArnError::Account,
        }
    }
}

/// Canonicalises the ARN of a caller as the server does: sessions become their role, users, roles, federated users and root stay.
pub fn canonical_caller_arn(arn: &str) -> Result<CallerArn, CallerArnError> {
    let sections = Sections::parse(arn)?;
    let partition = Partition::parse(sections.partition).map_err(|_| CallerArnError::Partition)?;
    if !matches!(sections.service, "iam" | "sts") {
        return Err(CallerArnError::Service);
    }
    if sections
        .resource
        .contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return Err(CallerArnError::Resource);
    }
    let (principal_type, canonical) = match (sections.service, sections.resource.split_once('/')) {
        ("iam", None) if sections.resource == "root" => (PrincipalType::Root, arn.to_owned()),
        ("iam", Some(("user", path_and_name))) => (PrincipalType::User, named(arn, path_and_name)?),
        ("iam", Some(("role", path_and_name))) => (PrincipalType::Role, named(arn, path_and_name)?),
        ("sts", Some(("federated-user", name))) => {
            (PrincipalType::FederatedUser, named(arn, name)?)
        }
        ("sts", Some(("assumed-role", role_and_session))) => {
            let (role, _session) = role_and_session
                .rsplit_once('/')
                .ok_or(CallerArnError::Resource)?;
            let canonical = format!("arn:{partition}:iam::{}:role/{role}", sections.account);
            (PrincipalType::AssumedRole, named(&canonical, role)?)
        }
        _ => return Err(CallerArnError::Resource),
    };
    AccountId::parse(sections.account)?;
    if sections.service == "iam" && !sections.region.is_empty() {
        return Err(CallerArnError::Region);
    }
    Ok(CallerArn {
        principal_type,
        arn: canonical,
        account: sections.account.to_owned(),
        partition,
    })
}

/// The partition of a caller, by the ARN that STS reports of it; `aws` where the ARN names none that is known.
pub fn caller_partition(arn: &str) -> Partition {
    Arn::parse(arn).map_or(Partition::Aws, |arn| arn.partition)
}

/// The ARN itself, if the last segment of `path_and_name` is not empty.
fn named(arn: &str, path_and_name: &str) -> Result<String, CallerArnError> {
    let name = path_and_name.rsplit('/').next().unwrap_or_default();
    if name.is_empty() {
        Err(CallerArnError::Resource)
    } else {
        Ok(arn.to_owned())
    }
}
