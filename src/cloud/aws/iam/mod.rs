//! IAM: OIDC providers and roles behind the `IamApi` port.
//!
//! What surprises: policy documents come URL-encoded; reads of many roles are gathered (see `role_reader`), so every write to a
//! role is told to the reader first.

mod oidc_provider;
mod policy_text;
mod role;
mod role_policy;
mod role_reader;
mod role_source;

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_iam::types::Tag;
use eksauth_provider::ports::iam::{
    InlinePolicies, NewOidcProvider, NewRole, OidcProvider, Role, RoleDetails, Tags, User,
};
use eksauth_provider::ports::{ApiError, ErrorKind, IamApi};

use self::role_reader::RoleReader;
use self::role_source::SdkRoles;
use super::call::{Call, CallContext, Effect, absent, send};
use super::config::Connection;

/// IAM as the configuration's identity.
pub(crate) struct Iam {
    client: aws_sdk_iam::Client,
    context: CallContext,
    reader: RoleReader<SdkRoles>,
}

impl Iam {
    /// A client that has asked nothing yet.
    pub(crate) fn new(connection: &Connection) -> Self {
        Self::with(connection, None)
    }

    /// The same as a role that the configuration's identity assumes with the STS of a region.
    pub(crate) fn assuming(connection: &Connection, role_arn: &str, region: &str) -> Self {
        Self::with(connection, Some((role_arn, region)))
    }

    fn with(connection: &Connection, assumed: Option<(&str, &str)>) -> Self {
        let client = aws_sdk_iam::Client::from_conf(connection.iam_config(assumed));
        let context = connection.context.clone();
        let source = SdkRoles::new(client.clone(), context.clone());
        let reader = RoleReader::new(source, Arc::clone(&context.clock));
        Self {
            client,
            context,
            reader,
        }
    }

    fn reading(&self, operation: &'static str) -> Call {
        self.context.begin(operation, Effect::Read)
    }

    fn writing(&self, operation: &'static str) -> Call {
        self.context.begin(operation, Effect::Write)
    }
}

#[async_trait]
impl IamApi for Iam {
    async fn oidc_provider(&self, arn: &str) -> Result<Option<OidcProvider>, ApiError> {
        self.read_oidc_provider(arn).await
    }

    async fn create_oidc_provider(&self, new: &NewOidcProvider) -> Result<String, ApiError> {
        self.make_oidc_provider(new).await
    }

    async fn add_client_id(&self, arn: &str, client_id: &str) -> Result<(), ApiError> {
        self.add_oidc_client_id(arn, client_id).await
    }

    async fn remove_client_id(&self, arn: &str, client_id: &str) -> Result<(), ApiError> {
        self.remove_oidc_client_id(arn, client_id).await
    }

    async fn update_thumbprints(&self, arn: &str, thumbprints: &[String]) -> Result<(), ApiError> {
        self.replace_oidc_thumbprints(arn, thumbprints).await
    }

    async fn tag_oidc_provider(&self, arn: &str, tags: &Tags) -> Result<(), ApiError> {
        self.put_oidc_tags(arn, tags).await
    }

    async fn untag_oidc_provider(&self, arn: &str, keys: &[String]) -> Result<(), ApiError> {
        self.remove_oidc_tags(arn, keys).await
    }

    async fn delete_oidc_provider(&self, arn: &str) -> Result<(), ApiError> {
        self.remove_oidc_provider(arn).await
    }

    async fn list_oidc_providers(&self) -> Result<Vec<String>, ApiError> {
        self.all_oidc_providers().await
    }

    async fn role_details(
        &self,
        name: &str,
        inline_policies: InlinePolicies,
    ) -> Result<Option<RoleDetails>, ApiError> {
        self.reader.read(name, inline_policies).await
    }

    async fn role(&self, name: &str) -> Result<Option<Role>, ApiError> {
        self.reader.source().role(name).await
    }

    async fn user(&self, name: &str) -> Result<Option<User>, ApiError> {
        let request = self.client.get_user().user_name(name);
        let found = absent(send!(self.reading("iam:GetUser"), request))?;
        Ok(found.and_then(|found| found.user).map(|user| User {
            arn: user.arn,
            unique_id: user.user_id,
            created_at: user.create_date.secs(),
        }))
    }

    async fn create_role(&self, new: &NewRole) -> Result<Role, ApiError> {
        self.reader.written(&new.name);
        self.make_role(new).await
    }

    async fn update_role(
        &self,
        name: &str,
        description: &str,
        max_session_duration: i32,
    ) -> Result<(), ApiError> {
        self.reader.written(name);
        self.change_role(name, description, max_session_duration)
            .await
    }

    async fn update_assume_role_policy(&self, name: &str, document: &str) -> Result<(), ApiError> {
        self.reader.written(name);
        self.change_trust(name, document).await
    }

    async fn set_permissions_boundary(
        &self,
        name: &str,
        boundary: Option<&str>,
    ) -> Result<(), ApiError> {
        self.reader.written(name);
        self.change_boundary(name, boundary).await
    }

    async fn tag_role(&self, name: &str, tags: &Tags) -> Result<(), ApiError> {
        self.reader.written(name);
        self.put_role_tags(name, tags).await
    }

    async fn untag_role(&self, name: &str, keys: &[String]) -> Result<(), ApiError> {
        self.reader.written(name);
        self.remove_role_tags(name, keys).await
    }

    async fn delete_role(&self, name: &str) -> Result<(), ApiError> {
        self.reader.written(name);
        self.remove_role(name).await
    }

    async fn list_roles(&self, path_prefix: &str) -> Result<Vec<Role>, ApiError> {
        self.reader.source().roles_under(path_prefix).await
    }

    async fn check_managed_policy(&self, arn: &str) -> Result<(), ApiError> {
        self.find_policy(arn).await
    }

    async fn attach_role_policy(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        self.reader.written(role);
        self.attach_policy(role, policy_arn).await
    }

    async fn detach_role_policy(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        self.reader.written(role);
        self.detach_policy(role, policy_arn).await
    }

    async fn put_role_policy(
        &self,
        role: &str,
        name: &str,
        document: &str,
    ) -> Result<(), ApiError> {
        self.reader.written(role);
        self.put_inline_policy(role, name, document).await
    }

    async fn delete_role_policy(&self, role: &str, name: &str) -> Result<(), ApiError> {
        self.reader.written(role);
        self.remove_inline_policy(role, name).await
    }

    async fn instance_profiles_of_role(&self, role: &str) -> Result<Vec<String>, ApiError> {
        self.list_instance_profiles(role).await
    }

    async fn add_role_to_instance_profile(
        &self,
        role: &str,
        instance_profile: &str,
    ) -> Result<(), ApiError> {
        self.reader.written(role);
        self.join_instance_profile(role, instance_profile).await
    }

    async fn remove_role_from_instance_profile(
        &self,
        role: &str,
        instance_profile: &str,
    ) -> Result<(), ApiError> {
        self.reader.written(role);
        self.leave_instance_profile(role, instance_profile).await
    }
}

fn expand_tags(operation: &str, tags: &Tags) -> Result<Vec<Tag>, ApiError> {
    let expand = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter()
        .map(expand)
        .collect::<Result<_, _>>()
        .map_err(|error| ApiError::new(ErrorKind::Invalid, operation, error.to_string()))
}

fn flatten_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .map(|tag| (tag.key, tag.value))
        .collect()
}

/// The marker of the next page, where there is one.
fn next_marker(is_truncated: bool, marker: Option<String>) -> Option<String> {
    marker.filter(|marker| is_truncated && !marker.is_empty())
}

#[cfg(test)]
mod tests;
