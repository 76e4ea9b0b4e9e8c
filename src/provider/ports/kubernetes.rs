//! Kubernetes: what is read and written in a cluster.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::access_review::AccessReviewApi;
use super::error::ApiError;
use super::rbac::RbacApi;
use super::rbac_listing::RbacListingApi;
use super::rbac_objects::RbacObjectApi;
use super::service_account::ServiceAccountApi;
use super::workload::WorkloadApi;

/// A ConfigMap as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigMap {
    /// `data`.
    pub data: BTreeMap<String, String>,
    /// Names of the keys under `binaryData`.
    pub binary_keys: Vec<String>,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// `metadata.uid`.
    pub uid: String,
    /// `immutable: true`.
    pub immutable: bool,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// Who wrote last: manager and time of each managedFields entry, oldest first.
    pub managers: Vec<FieldManager>,
}

/// One entry of `metadata.managedFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldManager {
    /// Its name, `kubectl-edit`.
    pub name: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// Seconds since 1970.
    pub time: Option<i64>,
    /// The keys of `data` that it owns.
    pub data_keys: Vec<String>,
}

/// A change of a ConfigMap: only the named keys, and only if the object still has the resourceVersion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigMapPatch {
    /// The resourceVersion that was read.
    pub resource_version: String,
    /// New text by key; `None` removes the key.
    pub data: BTreeMap<String, Option<String>>,
}

/// A ConfigMap to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewConfigMap {
    /// `data`.
    pub data: BTreeMap<String, String>,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
}

/// One cluster's API server, as one identity.
#[async_trait]
pub trait KubeApi:
    RbacApi
    + RbacListingApi
    + RbacObjectApi
    + AccessReviewApi
    + ServiceAccountApi
    + WorkloadApi
    + Send
    + Sync
{
    /// GET; `None` where there is none.
    async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<ConfigMap>, ApiError>;

    /// PATCH (merge) of the changed keys; [`ErrorKind::Conflict`](super::ErrorKind) where the resourceVersion is old.
    async fn patch_config_map(
        &self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
    ) -> Result<ConfigMap, ApiError>;

    /// POST; [`ErrorKind::AlreadyExists`](super::ErrorKind) where someone was faster.
    async fn create_config_map(
        &self,
        namespace: &str,
        name: &str,
        new: &NewConfigMap,
    ) -> Result<ConfigMap, ApiError>;

    /// [`patch_config_map`](Self::patch_config_map) as a dry run of the server: RBAC and admission judge it, nothing is stored.
    async fn dry_run_patch(
        &self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
    ) -> Result<(), ApiError>;

    /// [`create_config_map`](Self::create_config_map) as a dry run of the server.
    async fn dry_run_create(
        &self,
        namespace: &str,
        name: &str,
        new: &NewConfigMap,
    ) -> Result<(), ApiError>;

    /// GET of all with a label, by name.
    async fn list_config_maps(
        &self,
        namespace: &str,
        label_selector: &str,
    ) -> Result<BTreeMap<String, ConfigMap>, ApiError>;

    /// DELETE; gone already is success.
    async fn delete_config_map(&self, namespace: &str, name: &str) -> Result<(), ApiError>;
}
