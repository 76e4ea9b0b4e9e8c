//! Access entries of EKS as they are made and changed, and the policies associated with them.
//!
//! Every call retries throttling and faults of the service by itself, under one token for each request, so that what was carried out is not done twice.
//! What was written is listed a few seconds later; waiting for that is the caller's.

use async_trait::async_trait;
use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::access_policy::AccessPolicy;

use crate::ports::error::ApiError;
use crate::ports::iam::Tags;

/// An access entry with what is not about access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntryDetails {
    /// What it gives, without the policies.
    pub entry: AccessEntry,
    /// Its ARN, which ends in an id of its own.
    pub arn: String,
    /// Its tags.
    pub tags: Tags,
    /// When it was changed last, in seconds since 1970.
    pub modified_at: Option<i64>,
}

/// An access entry to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAccessEntry {
    /// The principal, path included.
    pub principal_arn: String,
    /// STANDARD, EC2_LINUX, …
    pub kind: String,
    /// The user name; `None`: EKS fills it in.
    pub username: Option<String>,
    /// The groups; `None` for a type that takes none.
    pub groups: Option<Vec<String>>,
    /// Its tags.
    pub tags: Tags,
}

/// What of an access entry of type STANDARD is to be: user name and groups are always sent together, since what EKS does with the one that is not
/// sent is not documented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessEntryNames {
    /// The user name.
    pub username: String,
    /// The groups.
    pub groups: Vec<String>,
}

/// An access policy that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAccessPolicy {
    /// `AmazonEKSViewPolicy`.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// Access entries of EKS in one region.
#[async_trait]
pub trait AccessEntriesApi: Send + Sync {
    /// DescribeAccessEntry.
    async fn access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<Option<AccessEntryDetails>, ApiError>;

    /// CreateAccessEntry.
    async fn create_access_entry(
        &self,
        cluster: &str,
        new: &NewAccessEntry,
    ) -> Result<AccessEntryDetails, ApiError>;

    /// UpdateAccessEntry.
    async fn update_access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
        names: &AccessEntryNames,
    ) -> Result<(), ApiError>;

    /// DeleteAccessEntry, which takes its policies; gone already is success.
    async fn delete_access_entry(&self, cluster: &str, principal_arn: &str)
    -> Result<(), ApiError>;

    /// AssociateAccessPolicy, which puts another scope in place of the one that there is.
    async fn associate_access_policy(
        &self,
        cluster: &str,
        principal_arn: &str,
        policy: &AccessPolicy,
    ) -> Result<(), ApiError>;

    /// DisassociateAccessPolicy; gone already is success.
    async fn disassociate_access_policy(
        &self,
        cluster: &str,
        principal_arn: &str,
        policy_arn: &str,
    ) -> Result<(), ApiError>;

    /// ListAccessPolicies: all that there are in the region.
    async fn access_policies(&self) -> Result<Vec<ListedAccessPolicy>, ApiError>;
}
