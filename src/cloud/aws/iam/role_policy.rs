//! Policies of a role: managed ones attached and detached, inline ones written and deleted.

use eksauth_provider::ports::ApiError;

use super::super::call::{gone, send};
use super::Iam;

impl Iam {
    pub(super) async fn find_policy(&self, arn: &str) -> Result<(), ApiError> {
        let request = self.client.get_policy().policy_arn(arn);
        send!(self.reading("iam:GetPolicy"), request).map(|_| ())
    }

    pub(super) async fn attach_policy(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        let request = self
            .client
            .attach_role_policy()
            .role_name(role)
            .policy_arn(policy_arn);
        send!(self.writing("iam:AttachRolePolicy"), request).map(|_| ())
    }

    pub(super) async fn detach_policy(&self, role: &str, policy_arn: &str) -> Result<(), ApiError> {
        let request = self
            .client
            .detach_role_policy()
            .role_name(role)
            .policy_arn(policy_arn);
        gone(send!(self.writing("iam:DetachRolePolicy"), request))
    }

    pub(super) async fn put_inline_policy(
        &self,
        role: &str,
        name: &str,
        document: &str,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .put_role_policy()
            .role_name(role)
            .policy_name(name)
            .policy_document(document);
        send!(self.writing("iam:PutRolePolicy"), request).map(|_| ())
    }

    pub(super) async fn remove_inline_policy(
        &self,
        role: &str,
        name: &str,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .delete_role_policy()
            .role_name(role)
            .policy_name(name);
        gone(send!(self.writing("iam:DeleteRolePolicy"), request))
    }
}
