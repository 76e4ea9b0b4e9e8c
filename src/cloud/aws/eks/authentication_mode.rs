//! Authentication modes behind the `AuthenticationModeApi` port. The SDK makes a `clientRequestToken` for each write and keeps it for the attempts of one call.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_eks::types::{
    AuthenticationMode as SdkMode, Update as SdkUpdate, UpdateAccessConfigRequest,
    UpdateStatus as SdkUpdateStatus,
};
use eksauth_provider::ports::authentication_mode::{
    AuthenticationModeApi, ClusterUpdate, ManagedRole, UpdateStatus,
};
use eksauth_provider::ports::eks::AuthenticationMode;
use eksauth_provider::ports::{ApiError, ErrorKind};

use super::Eks;
use crate::aws::call::{Effect, absent, send};

#[async_trait]
impl AuthenticationModeApi for Eks {
    async fn update_authentication_mode(
        &self,
        cluster: &str,
        mode: AuthenticationMode,
    ) -> Result<ClusterUpdate, ApiError> {
        let wanted = UpdateAccessConfigRequest::builder()
            .authentication_mode(SdkMode::from(mode.id()))
            .build();
        let request = self
            .client
            .update_cluster_config()
            .name(cluster)
            .access_config(wanted);
        let call = self.context.begin("eks:UpdateClusterConfig", Effect::Write);
        let answer = send!(call, request)?;
        answer.update.map(flatten).ok_or_else(|| {
            ApiError::new(
                ErrorKind::Service,
                "eks:UpdateClusterConfig",
                "the answer names no update",
            )
        })
    }

    async fn cluster_update(
        &self,
        cluster: &str,
        id: &str,
    ) -> Result<Option<ClusterUpdate>, ApiError> {
        let request = self.client.describe_update().name(cluster).update_id(id);
        let answer = send!(self.read("eks:DescribeUpdate"), request);
        let update = absent(answer)?.and_then(|answer| answer.update);
        Ok(update.map(flatten))
    }

    async fn managed_roles(&self, cluster: &str) -> Result<Vec<ManagedRole>, ApiError> {
        let mut roles = BTreeSet::new();
        for group in self.node_groups(cluster).await? {
            roles.extend(self.role_of_node_group(cluster, &group).await?);
        }
        for profile in self.fargate_profiles(cluster).await? {
            roles.extend(self.role_of_fargate_profile(cluster, &profile).await?);
        }
        Ok(roles.into_iter().collect())
    }
}

impl Eks {
    async fn node_groups(&self, cluster: &str) -> Result<Vec<String>, ApiError> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_nodegroups().cluster_name(cluster);
            let request = request.set_next_token(token);
            let page = send!(self.read("eks:ListNodegroups"), request)?;
            names.extend(page.nodegroups.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    async fn fargate_profiles(&self, cluster: &str) -> Result<Vec<String>, ApiError> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_fargate_profiles().cluster_name(cluster);
            let request = request.set_next_token(token);
            let page = send!(self.read("eks:ListFargateProfiles"), request)?;
            names.extend(page.fargate_profile_names.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    /// `None` where it is gone since it was listed.
    async fn role_of_node_group(
        &self,
        cluster: &str,
        group: &str,
    ) -> Result<Option<ManagedRole>, ApiError> {
        let request = self.client.describe_nodegroup();
        let request = request.cluster_name(cluster).nodegroup_name(group);
        let answer = send!(self.read("eks:DescribeNodegroup"), request);
        let found = absent(answer)?.and_then(|answer| answer.nodegroup);
        Ok(found.and_then(|found| {
            let is_windows = found
                .ami_type
                .is_some_and(|ami| ami.as_str().starts_with("WINDOWS"));
            Some(ManagedRole {
                role_arn: found.node_role?,
                entry_type: if is_windows {
                    "EC2_WINDOWS"
                } else {
                    "EC2_LINUX"
                }
                .to_owned(),
            })
        }))
    }

    /// The same of a Fargate profile.
    async fn role_of_fargate_profile(
        &self,
        cluster: &str,
        profile: &str,
    ) -> Result<Option<ManagedRole>, ApiError> {
        let request = self.client.describe_fargate_profile();
        let request = request.cluster_name(cluster).fargate_profile_name(profile);
        let answer = send!(self.read("eks:DescribeFargateProfile"), request);
        let found = absent(answer)?.and_then(|answer| answer.fargate_profile);
        let role = found.and_then(|found| found.pod_execution_role_arn);
        Ok(role.map(|role_arn| ManagedRole {
            role_arn,
            entry_type: "FARGATE_LINUX".to_owned(),
        }))
    }
}

fn flatten(update: SdkUpdate) -> ClusterUpdate {
    let errors = update.errors.unwrap_or_default().into_iter();
    ClusterUpdate {
        id: update.id.unwrap_or_default(),
        status: match update.status {
            Some(SdkUpdateStatus::Successful) => UpdateStatus::Successful,
            Some(SdkUpdateStatus::Failed | SdkUpdateStatus::Cancelled) => UpdateStatus::Failed,
            _ => UpdateStatus::InProgress,
        },
        errors: errors
            .filter_map(|error| {
                error
                    .error_message
                    .or_else(|| error.error_code.map(|code| code.as_str().to_owned()))
            })
            .collect(),
    }
}
