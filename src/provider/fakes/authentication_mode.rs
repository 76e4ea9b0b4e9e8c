//! Authentication modes of EKS in memory: one way, one step at a time, and an update that is done after as many looks as a test says.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::eks::FakeEks;
use super::refusal;
use crate::ports::authentication_mode::{
    AuthenticationModeApi, ClusterUpdate, ManagedRole, UpdateStatus,
};
use crate::ports::eks::{AuthenticationMode, ClusterStatus};
use crate::ports::{ApiError, ErrorKind};

/// The updates of the clusters.
#[derive(Default)]
pub struct FakeUpdates {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    made: Vec<Update>,
    looks: u32,
    fails: bool,
    managed: Vec<ManagedRole>,
}

struct Update {
    cluster: String,
    wanted: AuthenticationMode,
    status: UpdateStatus,
    looks_left: u32,
}

impl FakeUpdates {
    /// An update is done only when it was looked at so often.
    pub fn take_looks(&self, looks: u32) {
        self.inner().looks = looks;
    }

    /// Updates fail.
    pub fn fail(&self) {
        self.inner().fails = true;
    }

    /// Adds a role of managed nodes.
    pub fn manage(&self, role_arn: &str, entry_type: &str) {
        self.inner().managed.push(ManagedRole {
            role_arn: role_arn.to_owned(),
            entry_type: entry_type.to_owned(),
        });
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl AuthenticationModeApi for FakeEks {
    async fn update_authentication_mode(
        &self,
        cluster: &str,
        mode: AuthenticationMode,
    ) -> Result<ClusterUpdate, ApiError> {
        self.calls.read("UpdateClusterConfig", cluster)?;
        let found = self.clusters().get(cluster).cloned().unwrap_or_default();
        let Some(found) = found.first() else {
            return Err(error(
                ErrorKind::NotFound,
                "ResourceNotFoundException",
                "No cluster found",
            ));
        };
        if found.status == ClusterStatus::Updating {
            return Err(error(
                ErrorKind::AlreadyExists,
                "ResourceInUseException",
                "the cluster currently has update u in progress",
            ));
        }
        let now = found
            .authentication_mode
            .unwrap_or(AuthenticationMode::ConfigMap);
        let is_step = matches!(
            (now, mode),
            (
                AuthenticationMode::ConfigMap,
                AuthenticationMode::ApiAndConfigMap
            ) | (AuthenticationMode::ApiAndConfigMap, AuthenticationMode::Api)
        );
        if !is_step {
            let text = format!(
                "Unsupported authentication mode update from {} to {}",
                now.id(),
                mode.id()
            );
            return Err(error(ErrorKind::Invalid, "InvalidRequestException", &text));
        }
        self.set_status(cluster, ClusterStatus::Updating);
        let mut inner = self.updates.inner();
        let update = Update {
            cluster: cluster.to_owned(),
            wanted: mode,
            status: UpdateStatus::InProgress,
            looks_left: inner.looks,
        };
        inner.made.push(update);
        Ok(ClusterUpdate {
            id: format!("u-{}", inner.made.len()),
            status: UpdateStatus::InProgress,
            errors: Vec::new(),
        })
    }

    async fn cluster_update(
        &self,
        cluster: &str,
        id: &str,
    ) -> Result<Option<ClusterUpdate>, ApiError> {
        self.calls.read("DescribeUpdate", cluster)?;
        let mut inner = self.updates.inner();
        let fails = inner.fails;
        let place = id
            .strip_prefix("u-")
            .and_then(|number| number.parse::<usize>().ok())
            .and_then(|number| number.checked_sub(1));
        let Some(update) = place.and_then(|place| inner.made.get_mut(place)) else {
            return Ok(None);
        };
        if update.status == UpdateStatus::InProgress && update.looks_left == 0 {
            update.status = match fails {
                true => UpdateStatus::Failed,
                false => UpdateStatus::Successful,
            };
            self.set_status(&update.cluster, ClusterStatus::Active);
            if !fails {
                self.set_mode(&update.cluster, update.wanted);
            }
        }
        update.looks_left = update.looks_left.saturating_sub(1);
        Ok(Some(ClusterUpdate {
            id: id.to_owned(),
            status: update.status,
            errors: match update.status {
                UpdateStatus::Failed => vec!["an internal error".to_owned()],
                _ => Vec::new(),
            },
        }))
    }

    async fn managed_roles(&self, cluster: &str) -> Result<Vec<ManagedRole>, ApiError> {
        for operation in [
            "ListNodegroups",
            "DescribeNodegroup",
            "ListFargateProfiles",
            "DescribeFargateProfile",
        ] {
            self.calls.read(operation, cluster)?;
        }
        Ok(self.updates.inner().managed.clone())
    }
}

impl FakeEks {
    /// Sets the mode of a cluster, as somebody else may.
    pub fn set_mode(&self, cluster: &str, mode: AuthenticationMode) {
        if let Some(looks) = self.clusters().get_mut(cluster) {
            for look in looks {
                look.authentication_mode = Some(mode);
            }
        }
    }

    /// Sets the status of a cluster.
    pub fn set_status(&self, cluster: &str, status: ClusterStatus) {
        if let Some(looks) = self.clusters().get_mut(cluster) {
            for look in looks {
                look.status = status.clone();
            }
        }
    }

    /// The mode of a cluster now.
    pub fn mode(&self, cluster: &str) -> Option<AuthenticationMode> {
        self.clusters().get(cluster)?.first()?.authentication_mode
    }
}

fn error(kind: ErrorKind, code: &str, text: &str) -> ApiError {
    refusal(kind, "eks:UpdateClusterConfig", code, text)
}
