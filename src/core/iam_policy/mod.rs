//! IAM policies: any document, the trust policy of a role for service accounts, and the least policies of well-known add-ons.

pub mod addon_policy;
pub mod policy_document;
pub mod trust_policy;
