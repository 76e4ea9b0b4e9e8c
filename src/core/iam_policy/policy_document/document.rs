//! A policy document and its parts, as they are held.

use serde::Serialize;

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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
