//! IAM: OIDC providers and roles.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::ApiError;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// An OIDC provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// Its ARN.
    pub arn: String,
    /// Its URL without the scheme, as IAM returns it.
    pub url: String,
    /// Its client ids (audiences).
    pub client_ids: BTreeSet<String>,
    /// Its thumbprints, in order.
    pub thumbprints: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

/// An OIDC provider to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOidcProvider {
    /// `https://…`.
    pub url: String,
    /// Its client ids.
    pub client_ids: BTreeSet<String>,
    /// Empty: IAM finds out.
    pub thumbprints: Vec<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A role as GetRole gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name as it was created.
    pub name: String,
    /// Its ARN, with the path.
    pub arn: String,
    /// `AROA…`.
    pub unique_id: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// The trust policy (decoded JSON text).
    pub assume_role_policy: String,
    /// Empty: none.
    pub description: String,
    /// Seconds.
    pub max_session_duration: i32,
    /// The boundary's ARN.
    pub permissions_boundary: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// Seconds since 1970.
    pub created_at: i64,
}

/// A role to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRole {
    /// Its name.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// The trust policy.
    pub assume_role_policy: String,
    /// Empty: none.
    pub description: String,
    /// Seconds.
    pub max_session_duration: i32,
    /// The boundary's ARN.
    pub permissions_boundary: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A user of IAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its ARN, with the path.
    pub arn: String,
    /// `AIDA…`.
    pub unique_id: String,
    /// Seconds since 1970.
    pub created_at: i64,
}

/// What a role may do and is, read together. `inline_policies` is `None` where it was not asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDetails {
    /// The role.
    pub role: Role,
    /// ARNs of the attached managed policies.
    pub attached_policies: BTreeSet<String>,
    /// Inline policies (decoded JSON text) by name.
    pub inline_policies: Option<BTreeMap<String, String>>,
}

/// IAM of one account. Every call retries throttling and 5xx by itself; waiting for eventual consistency is the caller's.
#[async_trait]
pub trait IamApi: Send + Sync {
    /// GetOpenIDConnectProvider.
    async fn oidc_provider(&self, arn: &str) -> Result<Option<OidcProvider>, ApiError>;
    /// CreateOpenIDConnectProvider → ARN.
    async fn create_oidc_provider(&self, new: &NewOidcProvider) -> Result<String, ApiError>;
    /// AddClientIDToOpenIDConnectProvider.
    async fn add_client_id(&self, arn: &str, client_id: &str) -> Result<(), ApiError>;
    /// RemoveClientIDFromOpenIDConnectProvider.
    async fn remove_client_id(&self, arn: &str, client_id: &str) -> Result<(), ApiError>;
    /// UpdateOpenIDConnectProviderThumbprint.
    async fn update_thumbprints(&self, arn: &str, thumbprints: &[String]) -> Result<(), ApiError>;
    /// TagOpenIDConnectProvider.
    async fn tag_oidc_provider(&self, arn: &str, tags: &Tags) -> Result<(), ApiError>;
    /// UntagOpenIDConnectProvider.
    async fn untag_oidc_provider(&self, arn: &str, keys: &[String]) -> Result<(), ApiError>;
    /// DeleteOpenIDConnectProvider; gone already is success.
    async fn delete_oidc_provider(&self, arn: &str) -> Result<(), ApiError>;
    /// ListOpenIDConnectProviders: ARNs.
    async fn list_oidc_providers(&self) -> Result<Vec<String>, ApiError>;

    /// The role with what is attached, in as few calls as possible; reads of many roles at once are gathered.
    async fn role_details(
        &self,
        name: &str,
        inline_policies: InlinePolicies,
    ) -> Result<Option<RoleDetails>, ApiError>;
    /// GetRole.
    async fn role(&self, name: &str) -> Result<Option<Role>, ApiError>;
    /// CreateRole.
    async fn create_role(&self, new: &NewRole) -> Result<Role, ApiError>;
    /// UpdateRole: description and maximum session duration (seconds).
    async fn update_role(
        &self,
        name: &str,
        description: &str,
        max_session_duration: i32,
    ) -> Result<(), ApiError>;
    /// UpdateAssumeRolePolicy.
    async fn update_assume_role_policy(&self, name: &str, document: &str) -> Result<(), ApiError>;
    /// PutRolePermissionsBoundary, or DeleteRolePermissionsBoundary for `None`.
    async fn set_permissions_boundary(
        &self,
        name: &str,
        boundary: Option<&str>,
    ) -> Result<(), ApiError>;
    /// TagRole.
    async fn tag_role(&self, name: &str, tags: &Tags) -> Result<(), ApiError>;
    /// UntagRole.
    async fn untag_role(&self, name: &str, keys: &[String]) -> Result<(), ApiError>;
    /// DeleteRole; gone already is success.
    async fn delete_role(&self, name: &str) -> Result<(), ApiError>;
    /// ListRoles under a path prefix.
    async fn list_roles(&self, path_prefix: &str) -> Result<Vec<Role>, ApiError>;

    /// GetUser.
    async fn user(&self, name: &str) -> Result<Option<User>, ApiError>;
    /// The same, of which the ARN is all that counts.
    async fn user_arn(&self, name: &str) -> Result<Option<String>, ApiError> {
        Ok(self.user(name).await?.map(|user| user.arn))
    }

    /// GetPolicy: that a managed policy exists; [`ErrorKind::NotFound`](super::ErrorKind::NotFound) where it does not.
    async fn check_managed_policy(&self, arn: &str) -> Result<(), ApiError>;
    /// AttachRolePolicy.
    async fn attach_role_policy(&self, role: &str, policy_arn: &str) -> Result<(), ApiError>;
    /// DetachRolePolicy; not attached is success.
    async fn detach_role_policy(&self, role: &str, policy_arn: &str) -> Result<(), ApiError>;
    /// PutRolePolicy.
    async fn put_role_policy(&self, role: &str, name: &str, document: &str)
    -> Result<(), ApiError>;
    /// DeleteRolePolicy; gone already is success.
    async fn delete_role_policy(&self, role: &str, name: &str) -> Result<(), ApiError>;
    /// ListInstanceProfilesForRole: names.
    async fn instance_profiles_of_role(&self, role: &str) -> Result<Vec<String>, ApiError>;
    /// AddRoleToInstanceProfile; a profile that has a role already is [`ErrorKind::LimitExceeded`](super::ErrorKind::LimitExceeded), whichever
    /// role that is.
    async fn add_role_to_instance_profile(
        &self,
        role: &str,
        instance_profile: &str,
    ) -> Result<(), ApiError>;
    /// RemoveRoleFromInstanceProfile.
    async fn remove_role_from_instance_profile(
        &self,
        role: &str,
        instance_profile: &str,
    ) -> Result<(), ApiError>;
}

/// Whether inline policies are wanted: they cost a call more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InlinePolicies {
    /// Read them.
    Read,
    /// Leave them out.
    Skip,
}
