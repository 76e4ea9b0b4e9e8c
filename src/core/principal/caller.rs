//! Who asks to enter a cluster, as STS reports it or as a simulation supposes it.

use serde::{Deserialize, Serialize};

use super::access_key_id::AccessKeyId;

/// A caller as mappings see it. Made from a verified identity, or by hand for a simulation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The ARN as STS reports it.
    pub arn: String,
    /// What entries are compared with: a session without its name, as its role.
    pub canonical_arn: String,
    /// The account as STS reports it.
    pub account_id: String,
    /// The unique id without the session name, `AROA…` or `AIDA…`.
    pub user_id: String,
    /// The session name, empty for users. The caller may choose it.
    pub session_name: String,
    /// The access key id; only the signature check protects it.
    pub access_key_id: AccessKeyId,
}
