//! The authentication mode of a cluster, and the roles that get access entries of EKS itself when it is raised.

use async_trait::async_trait;
use eksauth_core::access::access_entry::AuthenticationMode;

use super::error::ApiError;

/// How far an update of a cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateStatus {
    /// It goes on.
    InProgress,
    /// It is done.
    Successful,
    /// It failed, or was cancelled.
    Failed,
}

/// An update of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterUpdate {
    /// What EKS calls it.
    pub id: String,
    /// How far it is.
    pub status: UpdateStatus,
    /// Why it failed, in the service's words.
    pub errors: Vec<String>,
}

/// The role of a managed node group or of a Fargate profile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManagedRole {
    /// The role, path included.
    pub role_arn: String,
    /// The type of its access entry: EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX.
    pub entry_type: String,
}

/// Authentication modes of EKS in one region.
#[async_trait]
pub trait AuthenticationModeApi: Send + Sync {
    /// UpdateClusterConfig with the mode and nothing else, under one token for all attempts of the call. A cluster that is being updated is
    /// [`ErrorKind::AlreadyExists`](super::ErrorKind::AlreadyExists), as EKS says ResourceInUse; a step that is none, or the same mode again,
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid).
    async fn update_authentication_mode(
        &self,
        cluster: &str,
        mode: AuthenticationMode,
    ) -> Result<ClusterUpdate, ApiError>;

    /// DescribeUpdate; `None` where there is none of that id.
    async fn cluster_update(
        &self,
        cluster: &str,
        id: &str,
    ) -> Result<Option<ClusterUpdate>, ApiError>;

    /// The roles of managed node groups and Fargate profiles, each once: ListNodegroups, DescribeNodegroup, ListFargateProfiles and
    /// DescribeFargateProfile.
    async fn managed_roles(&self, cluster: &str) -> Result<Vec<ManagedRole>, ApiError>;
}
