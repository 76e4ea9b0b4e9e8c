//! IAM policy documents: read by IAM's grammar, compared by meaning, measured, and judged for a web identity.
//!
//! Duplicate JSON keys make a document invalid: readers that keep the last member lose a condition without a word. Values that may be
//! one text or a list are always held as lists here. Sources: the IAM user guide (grammar of the policy language, condition operators,
//! multi-valued keys, evaluation logic).

use crate::json::Json;

mod absent_key;
mod assume_role;
mod breadth;
mod condition;
mod document;
mod equivalence;
mod error;
mod evaluation;
mod finding;
mod parsing;
mod pod_identity;
mod target_role;
mod web_identity;
mod wildcard;

pub use breadth::{Breadth, breadth};
pub use document::{
    Condition, Effect, Element, PolicyDocument, PolicyVersion, Principal, Statement,
};
pub use equivalence::{equivalent, grants_the_same, normal_form};
pub use error::PolicyError;
pub use evaluation::evaluate;
pub use finding::{Finding, FindingSeverity, findings, findings_for_token};
pub use pod_identity::{PodIdentityRequest, evaluate_pod_identity};
pub use target_role::{TargetRoleRequest, evaluate_target_role};
pub use web_identity::{Decision, Evaluation, OidcProvider, WebIdentityRequest, WebIdentityToken};

impl PolicyDocument {
    /// Reads any policy document: trust, permissions or resource policy.
    pub fn parse(text: &str) -> Result<PolicyDocument, PolicyError> {
        let document = PolicyDocument::parse_with_any_action(text)?;
        parsing::check_actions(&document)?;
        Ok(document)
    }

    fn parse_with_any_action(text: &str) -> Result<PolicyDocument, PolicyError> {
        let json = Json::parse(text).map_err(|error| PolicyError::Json {
            reason: error.to_string(),
        })?;
        if let Some((path, key)) = json.duplicate_key() {
            let place = if path.is_empty() {
                "the policy".to_owned()
            } else {
                format!("`{path}`")
            };
            return Err(PolicyError::DuplicateKey { place, key });
        }
        parsing::document(&json)
    }

    /// Reads a trust policy: every statement names its principals, and none names a resource.
    pub fn parse_trust(text: &str) -> Result<PolicyDocument, PolicyError> {
        let document = PolicyDocument::parse_trust_with_any_action(text)?;
        parsing::check_actions(&document)?;
        Ok(document)
    }

    /// As [`PolicyDocument::parse_trust`], but any text may stand as an action, so that what else there is can be judged.
    fn parse_trust_with_any_action(text: &str) -> Result<PolicyDocument, PolicyError> {
        let document = PolicyDocument::parse_with_any_action(text)?;
        for (index, statement) in document.statements.iter().enumerate() {
            parsing::check_trust_statement(statement, &error::place(index))?;
        }
        Ok(document)
    }

    /// True if IAM would make the same decisions by both documents and shows the same ids.
    pub fn is_equivalent_to(&self, other: &PolicyDocument) -> bool {
        equivalence::canonical(self) == equivalence::canonical(other)
    }
}

/// Checks one raw statement of a trust policy, given as JSON text.
pub(crate) fn check_statement(text: &str) -> Result<(), PolicyError> {
    PolicyDocument::parse_trust(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#
    ))
    .map(drop)
}

/// Characters of a policy as IAM counts them against its quota: all but white space.
pub fn size(text: &str) -> usize {
    text.chars()
        .filter(|character| !character.is_whitespace())
        .count()
}

#[cfg(test)]
mod tests;
