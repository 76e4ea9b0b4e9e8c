//! Roles of managed nodes in memory; every cluster has the same.

use std::sync::PoisonError;

use async_trait::async_trait;

use super::FakeEks;
use crate::ports::ApiError;
use crate::ports::eks::ManagedNodesApi;

/// What the fake has.
#[derive(Default)]
pub(super) struct ManagedRoles {
    node_groups: Vec<String>,
    fargate_profiles: Vec<String>,
}

impl FakeEks {
    /// Adds a managed node group with a role.
    pub fn put_node_group(&self, role_arn: &str) {
        let mut managed = self.managed.lock().unwrap_or_else(PoisonError::into_inner);
        managed.node_groups.push(role_arn.to_owned());
    }

    /// Adds a Fargate profile with a role.
    pub fn put_fargate_profile(&self, role_arn: &str) {
        let mut managed = self.managed.lock().unwrap_or_else(PoisonError::into_inner);
        managed.fargate_profiles.push(role_arn.to_owned());
    }
}

#[async_trait]
impl ManagedNodesApi for FakeEks {
    async fn node_group_roles(&self, cluster: &str) -> Result<Vec<String>, ApiError> {
        self.calls.read("ListNodegroups", cluster)?;
        let managed = self.managed.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(managed.node_groups.clone())
    }

    async fn fargate_profile_roles(&self, cluster: &str) -> Result<Vec<String>, ApiError> {
        self.calls.read("ListFargateProfiles", cluster)?;
        let managed = self.managed.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(managed.fargate_profiles.clone())
    }
}
