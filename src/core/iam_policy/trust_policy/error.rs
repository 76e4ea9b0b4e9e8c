//! Why no trust policy can be built.

use thiserror::Error;

use crate::iam_policy::policy_document::PolicyError;
use crate::principal::arn::EntryArnError;
use crate::principal::oidc_issuer::IssuerError;

/// Why no trust policy can be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrustPolicyError {
    /// Nothing is trusted at all.
    #[error(
        "the trust policy trusts no one: name service accounts, Pod Identity, node roles or statements"
    )]
    Empty,
    /// A provider's ARN is wrong.
    #[error("the OIDC provider is not usable")]
    Provider(#[from] IssuerError),
    /// A provider without subjects would trust every service account of its cluster.
    #[error(
        "no service account is named for `{provider_arn}`; without one every pod of its cluster could assume the role"
    )]
    NoServiceAccount {
        /// The provider.
        provider_arn: String,
    },
    /// An audience is empty.
    #[error("an audience for `{provider_arn}` is empty")]
    EmptyAudience {
        /// The provider.
        provider_arn: String,
    },
    /// A node role's ARN is wrong.
    #[error("the node role is not usable")]
    NodeRole(#[from] EntryArnError),
    /// A node role given as the ARN of a session.
    #[error(
        "`{arn}` is the session of a role; write the node role's own ARN, `arn:<partition>:iam::<account>:role/<name>`"
    )]
    NodeRoleSession {
        /// The ARN as given.
        arn: String,
    },
    /// The condition of Pod Identity is no object.
    #[error("the condition for Pod Identity must be an object of condition operators")]
    PodIdentityCondition,
    /// A raw statement breaks the grammar.
    #[error("statement {number} is not valid")]
    Statement {
        /// Position among the raw statements, from 1.
        number: usize,
        /// What is wrong.
        source: PolicyError,
    },
}
