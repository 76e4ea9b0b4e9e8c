//! The roles of managed node groups and Fargate profiles: names by a list, the role of each by a call.

use async_trait::async_trait;
use eksauth_provider::ports::ApiError;
use eksauth_provider::ports::eks::ManagedNodesApi;

use super::super::call::{absent, send};
use super::Eks;

#[async_trait]
impl ManagedNodesApi for Eks {
    async fn node_group_roles(&self, cluster: &str) -> Result<Vec<String>, ApiError> {
        let (mut roles, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_nodegroups().cluster_name(cluster);
            let page = send!(
                self.read("eks:ListNodegroups"),
                request.set_next_token(token)
            )?;
            for name in page.nodegroups.unwrap_or_default() {
                let request = self.client.describe_nodegroup().cluster_name(cluster);
                let answer = send!(
                    self.read("eks:DescribeNodegroup"),
                    request.nodegroup_name(name)
                );
                // One that was deleted meanwhile has no role any more.
                let group = absent(answer)?.and_then(|answer| answer.nodegroup);
                roles.extend(group.and_then(|group| group.node_role));
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(roles);
            }
        }
    }

    async fn fargate_profile_roles(&self, cluster: &str) -> Result<Vec<String>, ApiError> {
        let (mut roles, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_fargate_profiles().cluster_name(cluster);
            let page = send!(
                self.read("eks:ListFargateProfiles"),
                request.set_next_token(token)
            )?;
            for name in page.fargate_profile_names.unwrap_or_default() {
                let request = self.client.describe_fargate_profile().cluster_name(cluster);
                let answer = send!(
                    self.read("eks:DescribeFargateProfile"),
                    request.fargate_profile_name(name)
                );
                let profile = absent(answer)?.and_then(|answer| answer.fargate_profile);
                roles.extend(profile.and_then(|profile| profile.pod_execution_role_arn));
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(roles);
            }
        }
    }
}
