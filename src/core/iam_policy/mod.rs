//! IAM policies: any document, and the trust policy of a role for service accounts.

pub mod policy_document;
pub mod trust_policy;
