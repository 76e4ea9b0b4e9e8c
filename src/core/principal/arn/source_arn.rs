//! Small rules of the server on ARNs it is configured with.
//!
//! [`strip_role_path`] serves only the strict mode of the DynamicFile backend; the ConfigMap backend never strips anything.
//! Source: `pkg/arn/arn.go:84-108` and `pkg/ec2provider` of aws-iam-authenticator v0.7.18.

use std::collections::BTreeMap;

use super::{ArnError, Sections};
use crate::principal::partition::Partition;

/// Drops the path of a role's ARN, keeping the last segment; every other ARN stays as it is.
pub fn strip_role_path(arn: &str) -> Result<String, ArnError> {
    let sections = Sections::parse(arn)?;
    let partition = Partition::parse(sections.partition).map_err(|source| ArnError::Partition {
        arn: arn.to_owned(),
        source,
    })?;
    let path = sections
        .resource
        .strip_prefix("role/")
        .and_then(|rest| rest.rsplit_once('/'));
    Ok(match path {
        Some((_path, name)) => format!("arn:{partition}:iam::{}:role/{name}", sections.account),
        None => arn.to_owned(),
    })
}

/// The account in the ARN that a managed server acts for, unvalidated.
pub fn source_account(arn: &str) -> Result<String, ArnError> {
    Sections::parse(arn).map(|sections| sections.account.to_owned())
}

/// The headers a managed server adds when it assumes the role for DescribeInstances; none without a source ARN.
pub fn source_headers(arn: &str) -> Result<BTreeMap<&'static str, String>, ArnError> {
    if arn.is_empty() {
        return Ok(BTreeMap::new());
    }
    Ok(BTreeMap::from([
        ("x-amz-source-account", source_account(arn)?),
        ("x-amz-source-arn", arn.to_owned()),
    ]))
}
