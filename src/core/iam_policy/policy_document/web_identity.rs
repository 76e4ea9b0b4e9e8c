//! A web identity that asks for a role, and the answer.

use std::collections::BTreeMap;

use super::document::Condition;
use super::error::PolicyError;

/// An IAM OIDC provider as registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// Its ARN.
    pub arn: String,
    /// Its URL; with or without `https://`, which IAM drops.
    pub url: String,
    /// The audiences it accepts.
    pub client_ids: Vec<String>,
}

/// The claims of a token that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebIdentityToken {
    /// The `iss` claim.
    pub issuer: String,
    /// The `sub` claim.
    pub subject: Option<String>,
    /// The `aud` claim; a text counts as a list of one.
    pub audiences: Vec<String>,
    /// The `amr` claim, which tokens of service accounts never have.
    pub authentication_methods: Option<Vec<String>>,
    /// Whether the token asks for session tags (`https://aws.amazon.com/tags`).
    pub has_session_tags: bool,
}

/// A request to assume a role with a web identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentityRequest {
    /// ARN of the role.
    pub role_arn: String,
    /// The OIDC providers that are registered, whatever their account.
    pub providers: Vec<OidcProvider>,
    /// The action, `sts:AssumeRoleWithWebIdentity`.
    pub action: String,
    /// The token.
    pub token: WebIdentityToken,
    /// Further condition keys of the request that are known, such as `aws:RequestedRegion`.
    pub context: BTreeMap<String, Vec<String>>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The role would be assumed.
    Allow,
    /// It would be refused.
    Deny,
    /// IAM refuses the document, or it must not be evaluated.
    Invalid,
    /// What is known does not decide.
    Indeterminate,
}

/// The answer and what decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The answer.
    pub decision: Decision,
    /// A stable id, such as `condition:StringEquals:sub` or `provider.not_found`.
    pub reason: String,
    /// The statement that decided, from 0.
    pub statement_index: Option<usize>,
    /// The condition that decided, where one did.
    pub condition: Option<Condition>,
    /// The providers that the policy names instead, where it does not name the one of the token's issuer.
    pub named_providers: Vec<String>,
    /// What is wrong with the document, where it is invalid.
    pub error: Option<PolicyError>,
}

impl Decision {
    /// The stable id, such as `allow`.
    pub fn id(self) -> &'static str {
        match self {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
            Decision::Invalid => "invalid",
            Decision::Indeterminate => "indeterminate",
        }
    }
}
