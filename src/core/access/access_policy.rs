//! EKS access policies: what an access entry allows beside its groups.
//!
//! Source: EKS user guide, access policy permissions.

mod meaning;

pub use meaning::PolicyAnswer;

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
