//! EKS access policies: what an access entry allows beside its groups.
//!
//! Source: EKS user guide, access policy permissions.

mod meaning;
mod reference;
mod scope;

pub use meaning::PolicyAnswer;
pub use reference::{PolicyReferenceError, policy_arn, policy_name};
pub use scope::{AccessScope, ScopeError, check_scoped_namespace};

/// An access policy of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessPolicy {
    /// `arn:…:eks::aws:cluster-access-policy/NAME`.
    pub policy_arn: String,
    /// The namespaces it is limited to; empty: the whole cluster.
    pub namespaces: Vec<String>,
}

impl AccessPolicy {
    /// The policy's name, `AmazonEKSClusterAdminPolicy`.
    pub fn name(&self) -> &str {
        self.policy_arn
            .rsplit('/')
            .next()
            .unwrap_or(&self.policy_arn)
    }
}
