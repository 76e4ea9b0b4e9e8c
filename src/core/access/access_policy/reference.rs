//! Access policies by name: a short name stands for the ARN in the cluster's partition. Source: EKS API, ListAccessPolicies.

use crate::principal::arn::Arn;
use crate::principal::partition::Partition;

const RESOURCE: &str = "cluster-access-policy/";

/// Why a text names no access policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyReferenceError {
    /// Neither a name nor an ARN.
    #[error(
        "`{given}` is neither the name of an access policy, such as `AmazonEKSViewPolicy`, nor its ARN, such as `arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy`"
    )]
    Malformed {
        /// As written.
        given: String,
    },
    /// A policy of IAM.
    #[error(
        "`{given}` is a policy of IAM, which says what a principal may do in AWS; an access policy of EKS says what it may do in the cluster, such as `AmazonEKSViewPolicy`"
    )]
    OfIam {
        /// As written.
        given: String,
    },
    /// A role of Kubernetes.
    #[error(
        "`{given}` is a role of Kubernetes, not an access policy: `{policy}` comes nearest, or bind the role to a group of `kubernetes_groups`"
    )]
    OfKubernetes {
        /// As written.
        given: String,
        /// The policy.
        policy: &'static str,
    },
    /// Another partition than the cluster's.
    #[error(
        "`{given}` is in partition {partition}, and the cluster is in {of_cluster}: write `{name}` alone, which is right in each"
    )]
    AnotherPartition {
        /// As written.
        given: String,
        /// Its partition.
        partition: Partition,
        /// The cluster's.
        of_cluster: Partition,
        /// The policy's name.
        name: String,
    },
}

/// The name of a policy as somebody wrote it, by name or ARN.
///
/// # Errors
/// What it is instead.
pub fn policy_name(given: &str) -> Result<&str, PolicyReferenceError> {
    let malformed = || PolicyReferenceError::Malformed {
        given: given.to_owned(),
    };
    if !given.starts_with("arn:") {
        return match like_role(given) {
            Some(policy) => Err(PolicyReferenceError::OfKubernetes {
                given: given.to_owned(),
                policy,
            }),
            None if is_name(given) => Ok(given),
            None => Err(malformed()),
        };
    }
    let arn = Arn::parse(given).map_err(|_| malformed())?;
    if arn.service == "iam" {
        return Err(PolicyReferenceError::OfIam {
            given: given.to_owned(),
        });
    }
    let (_, name) = given
        .split_once(&format!(":eks::aws:{RESOURCE}"))
        .ok_or_else(malformed)?;
    match is_name(name) {
        true => Ok(name),
        false => Err(malformed()),
    }
}

/// The ARN of a policy in a partition.
///
/// # Errors
/// As [`policy_name`], or an ARN of another partition.
pub fn policy_arn(given: &str, partition: Partition) -> Result<String, PolicyReferenceError> {
    let name = policy_name(given)?;
    if let Ok(arn) = Arn::parse(given)
        && arn.partition != partition
    {
        return Err(PolicyReferenceError::AnotherPartition {
            given: given.to_owned(),
            partition: arn.partition,
            of_cluster: partition,
            name: name.to_owned(),
        });
    }
    Ok(format!("arn:{partition}:eks::aws:{RESOURCE}{name}"))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The policy that is most like a role of Kubernetes.
fn like_role(name: &str) -> Option<&'static str> {
    Some(match name {
        "cluster-admin" | "system:masters" => "AmazonEKSClusterAdminPolicy",
        "admin" => "AmazonEKSAdminPolicy",
        "edit" => "AmazonEKSEditPolicy",
        "view" => "AmazonEKSViewPolicy",
        _ => return None,
    })
}
