//! Who somebody is in AWS: ARNs, partitions, OIDC issuers, permission sets.

pub mod access_key_id;
pub mod arn;
pub mod caller;
pub mod case_folding;
pub mod oidc_issuer;
pub mod partition;
pub mod permission_set;
