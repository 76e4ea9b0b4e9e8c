//! Writes to a role itself: trust, description, duration, boundary, tags, instance profiles.

use aws_sdk_iam::types::Role as SdkRole;
use eksauth_provider::ports::ApiError;
use eksauth_provider::ports::ErrorKind;
use eksauth_provider::ports::iam::{NewRole, Role, Tags};

use super::super::call::{absent, gone, send};
use super::policy_text::decode;
use super::{Iam, expand_tags, flatten_tags, next_marker};

/// What IAM takes where no duration is set, in seconds.
pub(super) const DEFAULT_SESSION_DURATION: i32 = 3600;

impl Iam {
    pub(super) async fn make_role(&self, new: &NewRole) -> Result<Role, ApiError> {
        let operation = "iam:CreateRole";
        let mut request = self
            .client
            .create_role()
            .role_name(&new.name)
            .path(&new.path)
            .assume_role_policy_document(&new.assume_role_policy)
            .max_session_duration(new.max_session_duration)
            .set_permissions_boundary(new.permissions_boundary.clone());
        if !new.description.is_empty() {
            request = request.description(&new.description);
        }
        for tag in expand_tags(operation, &new.tags)? {
            request = request.tags(tag);
        }
        let made = send!(self.writing(operation), request)?;
        let Some(role) = made.role else {
            return Err(ApiError::new(
                ErrorKind::Service,
                operation,
                "the answer holds no role",
            ));
        };
        // CreateRole leaves out some of what it was given; GetRole would say the same a moment later.
        let made = flatten(role);
        Ok(Role {
            assume_role_policy: if made.assume_role_policy.is_empty() {
                new.assume_role_policy.clone()
            } else {
                made.assume_role_policy
            },
            description: new.description.clone(),
            max_session_duration: new.max_session_duration,
            permissions_boundary: new.permissions_boundary.clone(),
            tags: new.tags.clone(),
            ..made
        })
    }

    pub(super) async fn change_role(
        &self,
        name: &str,
        description: &str,
        max_session_duration: i32,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .update_role()
            .role_name(name)
            .description(description)
            .max_session_duration(max_session_duration);
        send!(self.writing("iam:UpdateRole"), request).map(|_| ())
    }

    pub(super) async fn change_trust(&self, name: &str, document: &str) -> Result<(), ApiError> {
        let request = self
            .client
            .update_assume_role_policy()
            .role_name(name)
            .policy_document(document);
        send!(self.writing("iam:UpdateAssumeRolePolicy"), request).map(|_| ())
    }

    pub(super) async fn change_boundary(
        &self,
        name: &str,
        boundary: Option<&str>,
    ) -> Result<(), ApiError> {
        let Some(boundary) = boundary else {
            let request = self
                .client
                .delete_role_permissions_boundary()
                .role_name(name);
            return gone(send!(
                self.writing("iam:DeleteRolePermissionsBoundary"),
                request
            ));
        };
        let request = self
            .client
            .put_role_permissions_boundary()
            .role_name(name)
            .permissions_boundary(boundary);
        send!(self.writing("iam:PutRolePermissionsBoundary"), request).map(|_| ())
    }

    pub(super) async fn put_role_tags(&self, name: &str, tags: &Tags) -> Result<(), ApiError> {
        let operation = "iam:TagRole";
        let request = self
            .client
            .tag_role()
            .role_name(name)
            .set_tags(Some(expand_tags(operation, tags)?));
        send!(self.writing(operation), request).map(|_| ())
    }

    pub(super) async fn remove_role_tags(
        &self,
        name: &str,
        keys: &[String],
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .untag_role()
            .role_name(name)
            .set_tag_keys(Some(keys.to_vec()));
        send!(self.writing("iam:UntagRole"), request).map(|_| ())
    }

    pub(super) async fn remove_role(&self, name: &str) -> Result<(), ApiError> {
        gone(send!(
            self.writing("iam:DeleteRole"),
            self.client.delete_role().role_name(name)
        ))
    }

    pub(super) async fn list_instance_profiles(&self, role: &str) -> Result<Vec<String>, ApiError> {
        let (mut names, mut marker) = (Vec::new(), None);
        loop {
            let request = self
                .client
                .list_instance_profiles_for_role()
                .role_name(role)
                .set_marker(marker);
            let Some(page) = absent(send!(
                self.reading("iam:ListInstanceProfilesForRole"),
                request
            ))?
            else {
                return Ok(names);
            };
            names.extend(
                page.instance_profiles
                    .into_iter()
                    .map(|profile| profile.instance_profile_name),
            );
            marker = next_marker(page.is_truncated, page.marker);
            if marker.is_none() {
                return Ok(names);
            }
        }
    }

    pub(super) async fn join_instance_profile(
        &self,
        role: &str,
        instance_profile: &str,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .add_role_to_instance_profile()
            .role_name(role)
            .instance_profile_name(instance_profile);
        send!(self.writing("iam:AddRoleToInstanceProfile"), request).map(|_| ())
    }

    pub(super) async fn leave_instance_profile(
        &self,
        role: &str,
        instance_profile: &str,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .remove_role_from_instance_profile()
            .role_name(role)
            .instance_profile_name(instance_profile);
        gone(send!(
            self.writing("iam:RemoveRoleFromInstanceProfile"),
            request
        ))
    }
}

/// A role in our words.
pub(super) fn flatten(role: SdkRole) -> Role {
    Role {
        name: role.role_name,
        arn: role.arn,
        unique_id: role.role_id,
        path: role.path,
        assume_role_policy: role
            .assume_role_policy_document
            .as_deref()
            .map(decode)
            .unwrap_or_default(),
        description: role.description.unwrap_or_default(),
        max_session_duration: role
            .max_session_duration
            .unwrap_or(DEFAULT_SESSION_DURATION),
        permissions_boundary: role
            .permissions_boundary
            .and_then(|boundary| boundary.permissions_boundary_arn),
        tags: flatten_tags(role.tags),
        created_at: role.create_date.secs(),
    }
}
