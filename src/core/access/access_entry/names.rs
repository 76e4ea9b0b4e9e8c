//! What EKS takes as a group of an access entry. Its rules on user names are those of
//! [`check_access_entry_username`](crate::aws_auth::username_template::check_access_entry_username).

/// What no group of an access entry begins with.
const RESERVED: &str = "system:";

/// Why EKS refuses a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// It has no letter.
    #[error("a group's name is empty")]
    Empty,
    /// All power, which EKS gives by a policy.
    #[error(
        "group `system:masters` cannot be given by an access entry: associate AmazonEKSClusterAdminPolicy, which gives the same power"
    )]
    Masters,
    /// Another group of Kubernetes itself.
    #[error(
        "group `{group}` starts with `system:`, which EKS refuses in access entries: bind the role that it has to a group of your own, and name that one here"
    )]
    Reserved {
        /// The group.
        group: String,
    },
}

/// The rules of EKS on a group of an entry of type STANDARD; they do not hold for aws-auth. Source: terraform-aws-eks#2915 quotes the refusal.
///
/// # Errors
/// What is wrong, and what gives the same.
pub fn check_group(group: &str) -> Result<(), GroupError> {
    match group {
        _ if group.trim().is_empty() => Err(GroupError::Empty),
        "system:masters" => Err(GroupError::Masters),
        _ if group.starts_with(RESERVED) => Err(GroupError::Reserved {
            group: group.to_owned(),
        }),
        _ => Ok(()),
    }
}
