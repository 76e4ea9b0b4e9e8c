//! EKS: clusters and what they say of their own access.

use std::collections::BTreeMap;

use async_trait::async_trait;
pub use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
pub use eksauth_core::access::access_policy::AccessPolicy;

use super::authentication_mode::AuthenticationModeApi;
use super::error::ApiError;
use super::iam::Tags;

mod access_entries;
mod pod_identity;

pub use access_entries::{
    AccessEntriesApi, AccessEntryDetails, AccessEntryNames, ListedAccessPolicy, NewAccessEntry,
};
pub use pod_identity::{
    AssociationChange, ListedAssociation, NewAssociation, PodIdentityApi, PodIdentityAssociation,
    ValueChange,
};

/// A cluster's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterStatus {
    /// Being made.
    Creating,
    /// Usable.
    Active,
    /// Being deleted.
    Deleting,
    /// Creation or update failed.
    Failed,
    /// Being updated; usable.
    Updating,
    /// Waiting for capacity or something newer.
    Other(String),
}

impl ClusterStatus {
    /// EKS's own word for it, `CREATING`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Deleting => "DELETING",
            Self::Failed => "FAILED",
            Self::Updating => "UPDATING",
            Self::Other(text) => text,
        }
    }
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its ARN; account and region are read from it.
    pub arn: String,
    /// Its state.
    pub status: ClusterStatus,
    /// `https://…` of the API server, once it exists.
    pub endpoint: Option<String>,
    /// PEM of the API server's CA (decoded), once it exists.
    pub certificate_authority: Option<String>,
    /// The OIDC issuer URL, once it exists.
    pub issuer: Option<String>,
    /// The mode; `None` where the service does not say (CONFIG_MAP era).
    pub authentication_mode: Option<AuthenticationMode>,
    /// Kubernetes version, `1.34`.
    pub version: Option<String>,
    /// Seconds since 1970.
    pub created_at: Option<i64>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// The first access entries of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstAccessEntries {
    /// Principal ARNs.
    pub principals: Vec<String>,
    /// Whether there are no others.
    pub are_all: bool,
}

/// EKS in one region.
#[async_trait]
pub trait EksApi: AccessEntriesApi + AuthenticationModeApi + PodIdentityApi {
    /// DescribeCluster; `None` where there is none of that name.
    async fn describe_cluster(&self, name: &str) -> Result<Option<Cluster>, ApiError>;

    /// ListClusters: names, to suggest the nearest.
    async fn list_clusters(&self) -> Result<Vec<String>, ApiError>;

    /// ListAccessEntries: principal ARNs.
    async fn list_access_entries(&self, cluster: &str) -> Result<Vec<String>, ApiError>;

    /// ListAccessEntries, whole pages until there are `enough`; where a policy is named, of those that it is associated with, in whatever scope.
    async fn first_access_entries(
        &self,
        cluster: &str,
        policy_arn: Option<&str>,
        enough: usize,
    ) -> Result<FirstAccessEntries, ApiError>;

    /// DescribeAccessEntry, which tells no policies: those of the answer are empty.
    async fn describe_access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<Option<AccessEntry>, ApiError>;

    /// ListAssociatedAccessPolicies.
    async fn list_associated_policies(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<Vec<AccessPolicy>, ApiError>;

    /// TagResource: of an access entry, of an association.
    async fn tag_resource(&self, arn: &str, tags: &Tags) -> Result<(), ApiError>;

    /// UntagResource; success for what is gone already.
    async fn untag_resource(&self, arn: &str, keys: &[String]) -> Result<(), ApiError>;
}
