//! IAM policy documents: read by IAM's grammar, compared by meaning, measured, and judged for a web identity.
//!
//! Duplicate JSON keys make a document invalid: readers that keep the last member lose a condition without a word. Values that may be
//! one text or a list are always held as lists here. Sources: the IAM user guide (grammar of the policy language, condition operators,
//! multi-valued keys, evaluation logic).

use thiserror::Error;

use crate::json::Json;

mod condition;
mod equivalence;
mod evaluation;
mod finding;
mod parsing;
mod wildcard;

pub use equivalence::equivalent;
pub use evaluation::{
    Decision, Evaluation, OidcProvider, WebIdentityRequest, WebIdentityToken, evaluate,
};
pub use finding::{Finding, FindingSeverity, findings};

/// A policy that keeps to the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The version of the language.
    pub version: PolicyVersion,
    /// The document's own id; without meaning for the evaluation.
    pub id: Option<String>,
    /// The statements in the order written.
    pub statements: Vec<Statement>,
}

/// The version of the policy language; without one IAM assumes the older.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyVersion {
    /// `2008-10-17`: `${…}` is plain text.
    V2008,
    /// `2012-10-17`: `${…}` is a policy variable.
    V2012,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its own id.
    pub sid: Option<String>,
    /// Allow or deny.
    pub effect: Effect,
    /// Who, in policies that are attached to a resource or a role's trust.
    pub principal: Option<Element<Principal>>,
    /// What; present in every valid statement.
    pub action: Element<String>,
    /// On what; absent in trust policies.
    pub resource: Option<Element<String>>,
    /// Under which conditions, all of which must hold.
    pub conditions: Vec<Condition>,
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

/// A list of values, or of everything but these values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element<T> {
    /// `Principal`, `Action`, `Resource`.
    Only(Vec<T>),
    /// `NotPrincipal`, `NotAction`, `NotResource`.
    AllBut(Vec<T>),
}

/// One principal, as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// `AWS`, `Federated`, `Service` or `CanonicalUser`; a bare `"*"` counts as `AWS`.
    pub kind: String,
    /// ARN, account id, service name or `*`.
    pub value: String,
}

/// One key of one operator in a condition block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator as written, with set prefix and `IfExists`.
    pub operator: String,
    /// The key as written; keys are compared without regard to case.
    pub key: String,
    /// The values, of which one must match.
    pub values: Vec<String>,
}

/// Why IAM refuses a document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// It is no JSON.
    #[error("the policy is not valid JSON: {reason}")]
    Json {
        /// What the reader says, with line and column.
        reason: String,
    },
    /// A key stands twice in one object.
    #[error(
        "key `{key}` stands twice in {place}; most readers drop the first without a word, and IAM refuses the document"
    )]
    DuplicateKey {
        /// The object.
        place: String,
        /// The key.
        key: String,
    },
    /// Something has the wrong JSON type.
    #[error("{place} must be {wanted}")]
    Type {
        /// The element.
        place: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// A key that the grammar does not know; keys are case-sensitive.
    #[error("`{key}` is not an element of {place}")]
    UnknownElement {
        /// The object.
        place: String,
        /// The key.
        key: String,
    },
    /// The version is none of the two.
    #[error("version `{version}` is neither `2012-10-17` nor `2008-10-17`")]
    Version {
        /// The text as given.
        version: String,
    },
    /// There is no `Statement`.
    #[error("the policy has no `Statement`")]
    MissingStatement,
    /// `Effect` is missing or neither `Allow` nor `Deny`, which are case-sensitive.
    #[error("the effect of {place} must be `Allow` or `Deny`")]
    Effect {
        /// The statement.
        place: String,
    },
    /// Neither `Action` nor `NotAction`.
    #[error("{place} has no `Action`")]
    MissingAction {
        /// The statement.
        place: String,
    },
    /// An element and its negation, such as `Action` and `NotAction`.
    #[error("{place} has both `{element}` and `Not{element}`")]
    Both {
        /// The statement.
        place: String,
        /// The element.
        element: &'static str,
    },
    /// An action without a service.
    #[error(
        "`{action}` in {place} is not an action: it looks like `sts:AssumeRoleWithWebIdentity`"
    )]
    Action {
        /// The statement.
        place: String,
        /// The text as given.
        action: String,
    },
    /// A kind of principal that does not exist.
    #[error("`{kind}` in {place} is not a kind of principal: use `Federated`, `AWS` or `Service`")]
    PrincipalKind {
        /// The statement.
        place: String,
        /// The text as given.
        kind: String,
    },
    /// An operator that does not exist.
    #[error("`{operator}` in {place} is not a condition operator")]
    Operator {
        /// The statement.
        place: String,
        /// The text as given.
        operator: String,
    },
    /// The same statement id twice.
    #[error("statement id `{sid}` stands twice")]
    DuplicateSid {
        /// The id.
        sid: String,
    },
    /// A trust policy without a principal.
    #[error("{place} has no `Principal`, which a trust policy needs")]
    MissingPrincipal {
        /// The statement.
        place: String,
    },
    /// `NotPrincipal` in a trust policy.
    #[error("{place} has `NotPrincipal`, which a trust policy must not have")]
    NotPrincipal {
        /// The statement.
        place: String,
    },
    /// `Resource` in a trust policy, whose resource is always the role itself.
    #[error("{place} has `{element}`, which a trust policy must not have")]
    Resource {
        /// The statement.
        place: String,
        /// `Resource` or `NotResource`.
        element: &'static str,
    },
}

impl PolicyError {
    /// The stable id, such as `policy.effect`.
    pub fn reason(&self) -> &'static str {
        match self {
            PolicyError::Json { .. } => "policy.json",
            PolicyError::DuplicateKey { .. } => "policy.duplicate_key",
            PolicyError::Type { .. } => "policy.type",
            PolicyError::UnknownElement { .. } => "policy.unknown_element",
            PolicyError::Version { .. } => "policy.version",
            PolicyError::MissingStatement => "policy.missing_statement",
            PolicyError::Effect { .. } => "policy.effect",
            PolicyError::MissingAction { .. } => "policy.missing_action",
            PolicyError::Both { .. } => "policy.both",
            PolicyError::Action { .. } => "policy.action",
            PolicyError::PrincipalKind { .. } => "policy.principal_kind",
            PolicyError::Operator { .. } => "policy.operator",
            PolicyError::DuplicateSid { .. } => "policy.duplicate_sid",
            PolicyError::MissingPrincipal { .. } => "policy.missing_principal",
            PolicyError::NotPrincipal { .. } => "policy.not_principal",
            PolicyError::Resource { .. } => "policy.resource",
        }
    }
}

impl PolicyDocument {
    /// Reads any policy document: trust, permissions or resource policy.
    pub fn parse(text: &str) -> Result<PolicyDocument, PolicyError> {
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
        let document = PolicyDocument::parse(text)?;
        for (index, statement) in document.statements.iter().enumerate() {
            parsing::check_trust_statement(statement, &place(index))?;
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

/// How errors name a statement; people count from one.
fn place(index: usize) -> String {
    format!("statement {}", index + 1)
}

#[cfg(test)]
mod tests;
