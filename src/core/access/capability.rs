//! EKS capabilities (Argo CD, ACK, kro): EKS runs them outside of the cluster as an IAM role of the practitioner's, which trusts `capabilities.eks.amazonaws.com`,
//! and makes that role's access entry with the policies of the capability.
//!
//! Source: EKS user guide, "EKS Capabilities", "Amazon EKS capability IAM role" and "Security considerations for EKS Capabilities".

use std::collections::BTreeSet;

use crate::access::access_policy::AccessPolicy;

/// Who assumes the role.
pub const SERVICE: &str = "capabilities.eks.amazonaws.com";

/// What EKS can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// AWS Controllers for Kubernetes.
    Ack,
    /// Argo CD.
    ArgoCd,
    /// Kube Resource Orchestrator.
    Kro,
}

impl Capability {
    /// As practitioners call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ack => "ACK",
            Self::ArgoCd => "Argo CD",
            Self::Kro => "kro",
        }
    }

    /// The capability that gets a policy from EKS; `None` for policies that anybody associates.
    pub fn of_policy(name: &str) -> Option<Self> {
        match name {
            "AmazonEKSACKPolicy" => Some(Self::Ack),
            "AmazonEKSArgoCDClusterPolicy" | "AmazonEKSArgoCDPolicy" => Some(Self::ArgoCd),
            "AmazonEKSKROPolicy" => Some(Self::Kro),
            _ => None,
        }
    }

    /// The capabilities that come in by an entry with these policies.
    pub fn of_policies(policies: &[AccessPolicy]) -> BTreeSet<Self> {
        let names = policies.iter().map(AccessPolicy::name);
        names.filter_map(Self::of_policy).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_known_by_the_policies_that_eks_gives_it() {
        let policy = |name: &str| AccessPolicy {
            policy_arn: format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
            namespaces: Vec::new(),
        };
        let shared = [
            "AmazonEKSKROPolicy",
            "AmazonEKSArgoCDPolicy",
            "AmazonEKSArgoCDClusterPolicy",
        ];
        let shared = Capability::of_policies(&shared.map(policy));
        let names: Vec<&str> = shared.into_iter().map(Capability::name).collect();
        assert_eq!(names, ["Argo CD", "kro"]);
        let people = ["AmazonEKSClusterAdminPolicy", "AmazonEKSAutoNodePolicy"];
        assert!(Capability::of_policies(&people.map(policy)).is_empty());
    }
}
