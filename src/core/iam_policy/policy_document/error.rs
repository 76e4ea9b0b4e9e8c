//! Why IAM refuses a policy document.

use thiserror::Error;

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

/// How errors name a statement; people count from one.
pub(super) fn place(index: usize) -> String {
    format!("statement {}", index + 1)
}
