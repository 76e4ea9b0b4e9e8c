//! An IAM policy to paste.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_provider::permissions::AwsStatement;
use serde::Serialize;

use crate::error::DocgenError;

/// Field order is the order people write.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    action: BTreeSet<&'static str>,
    resource: String,
}

/// The policy: one statement a resource.
///
/// # Errors
/// It cannot be written.
pub(super) fn policy(statements: &[&AwsStatement]) -> Result<String, DocgenError> {
    let mut by_resource: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for statement in statements {
        by_resource
            .entry(statement.resource.arn())
            .or_default()
            .extend(statement.actions);
    }
    let statement = by_resource
        .into_iter()
        .map(|(resource, action)| Statement {
            effect: "Allow",
            action,
            resource,
        })
        .collect();
    serde_json::to_string_pretty(&Policy {
        version: "2012-10-17",
        statement,
    })
    .map_err(DocgenError::Json)
}
