//! Statements that are too many for one managed policy are spread over several documents.
//!
//! IAM counts 6,144 characters without white space. A statement that is too large by itself is divided by its resources: two statements
//! that allow the same actions under the same conditions on two halves of the resources allow what the whole one did.

use super::error::AddonPolicyError;
use super::statement::document;
use crate::iam_policy::policy_document::{Element, Statement, size};

/// What a managed policy may hold, in characters without white space. Source: IAM's quotas.
pub const MANAGED_POLICY_SIZE: usize = 6_144;
/// What the inline policies of one role may hold together. Source: IAM's quotas.
pub const INLINE_POLICIES_SIZE: usize = 10_240;
/// How many managed policies one role can have at most, after the quota was raised. Source: IAM's quotas.
const MANAGED_POLICIES: usize = 20;

/// The documents, each small enough for a managed policy; no statement, no document.
pub(super) fn documents(statements: Vec<Statement>) -> Result<Vec<String>, AddonPolicyError> {
    let mut documents: Vec<String> = Vec::new();
    let mut open: Vec<Statement> = Vec::new();
    for statement in small_statements(statements)? {
        open.push(statement);
        if size(&document(&open)) <= MANAGED_POLICY_SIZE {
            continue;
        }
        let last = open.split_off(open.len().saturating_sub(1));
        documents.push(document(&open));
        open = last;
    }
    if !open.is_empty() {
        documents.push(document(&open));
    }
    if documents.len() > MANAGED_POLICIES {
        return Err(AddonPolicyError::TooLarge {
            documents: documents.len(),
        });
    }
    Ok(documents)
}

/// Statements of which each fits into a document of its own.
fn small_statements(statements: Vec<Statement>) -> Result<Vec<Statement>, AddonPolicyError> {
    let mut small = Vec::new();
    for statement in statements {
        let parts = divided(statement)?;
        let is_divided = parts.len() > 1;
        for (index, mut part) in parts.into_iter().enumerate() {
            if let (true, Some(sid)) = (is_divided, &part.sid) {
                part.sid = Some(format!("{sid}{}", index + 1));
            }
            small.push(part);
        }
    }
    Ok(small)
}

/// The statement in as many parts as it takes.
fn divided(statement: Statement) -> Result<Vec<Statement>, AddonPolicyError> {
    // The number that a part gets behind its id takes at most this much.
    const ROOM_FOR_NUMBER: usize = 4;
    if size(&document(std::slice::from_ref(&statement))) + ROOM_FOR_NUMBER <= MANAGED_POLICY_SIZE {
        return Ok(vec![statement]);
    }
    let Some(Element::Only(resources)) = &statement.resource else {
        return Err(AddonPolicyError::TooLarge { documents: 1 });
    };
    let (first, second) = resources.split_at(resources.len() / 2);
    if first.is_empty() {
        return Err(AddonPolicyError::TooLarge { documents: 1 });
    }
    let part = |resources: &[String]| Statement {
        resource: Some(Element::Only(resources.to_vec())),
        ..statement.clone()
    };
    let mut parts = divided(part(first))?;
    parts.extend(divided(part(second))?);
    Ok(parts)
}
