//! EKS in memory: clusters by region and name.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::access_entries::{EntryFacts, Lag};
use super::authentication_mode::FakeUpdates;
use super::calls::Calls;
use crate::ports::eks::{
    AccessEntriesApi, AccessEntry, AccessPolicy, AuthenticationMode, Cluster, ClusterStatus,
    EksApi, FirstAccessEntries,
};
use crate::ports::iam::Tags;
use crate::ports::{ApiError, ErrorKind};

mod pod_identity;

use pod_identity::Associations;

/// Entries of one answer at most, as EKS does it.
const PAGE: usize = 100;

/// EKS of one region.
#[derive(Default)]
pub struct FakeEks {
    /// What was asked, and what goes wrong.
    pub calls: Calls,
    clusters: Mutex<BTreeMap<String, Vec<Cluster>>>,
    access_entries: Mutex<Vec<AccessEntry>>,
    policies: Mutex<Vec<(String, AccessPolicy)>>,
    associations: Mutex<Associations>,
    pub(super) facts: Mutex<BTreeMap<String, EntryFacts>>,
    pub(super) made: AtomicU32,
    /// Updates of clusters.
    pub updates: FakeUpdates,
    pub(super) beside: Mutex<Option<Beside>>,
    pub(super) lag: Mutex<Lag>,
}

/// What another process does.
pub(super) type Beside = Box<dyn FnOnce(&FakeEks) + Send>;

impl FakeEks {
    /// Adds or replaces a cluster.
    pub fn put(&self, cluster: Cluster) {
        self.clusters().insert(cluster.name.clone(), vec![cluster]);
    }

    /// What the next looks at a cluster show, one after another; the last one stays.
    pub fn put_sequence(&self, name: &str, looks: Vec<Cluster>) {
        self.clusters().insert(name.to_owned(), looks);
    }

    /// Takes a cluster away.
    pub fn remove(&self, name: &str) {
        self.clusters().remove(name);
    }

    pub(super) fn clusters(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Cluster>>> {
        self.clusters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeEks {
    /// The tags of an access entry or an association.
    fn change_tags(&self, arn: &str, change: impl FnOnce(&mut Tags)) {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        match facts.values_mut().find(|one| one.arn == arn) {
            Some(found) => change(&mut found.tags),
            None => self.associations().tag(arn, change),
        }
    }
}

/// An active cluster in account 111122223333, eu-central-1. `id` tells clusters of one name apart: it ends the issuer.
pub fn active_cluster(name: &str, id: &str) -> Cluster {
    Cluster {
        name: name.to_owned(),
        arn: format!("arn:aws:eks:eu-central-1:111122223333:cluster/{name}"),
        status: ClusterStatus::Active,
        endpoint: Some(format!("https://{id}.gr7.eu-central-1.eks.amazonaws.com")),
        certificate_authority: Some("-----BEGIN CERTIFICATE-----".to_owned()),
        issuer: Some(format!(
            "https://oidc.eks.eu-central-1.amazonaws.com/id/{id}"
        )),
        authentication_mode: Some(AuthenticationMode::ConfigMap),
        version: Some("1.34".to_owned()),
        created_at: Some(1_735_600_000),
        tags: BTreeMap::new(),
    }
}

impl FakeEks {
    /// Adds an access entry; every cluster with a mode that has them shows it.
    pub fn admit(&self, entry: AccessEntry) {
        self.entries_now().push(entry);
    }

    pub(super) fn entries_now(&self) -> MutexGuard<'_, Vec<AccessEntry>> {
        self.access_entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Associates a policy with the entry of a principal.
    pub fn associate(&self, principal_arn: &str, policy: AccessPolicy) {
        self.policies().push((principal_arn.to_owned(), policy));
    }

    pub(super) fn policies(&self) -> MutexGuard<'_, Vec<(String, AccessPolicy)>> {
        self.policies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn entries(
        &self,
        cluster: &str,
        operation: &str,
    ) -> Result<Vec<AccessEntry>, ApiError> {
        let mode = self
            .clusters()
            .get(cluster)
            .and_then(|looks| looks.first()?.authentication_mode);
        match mode {
            Some(AuthenticationMode::Api | AuthenticationMode::ApiAndConfigMap) => Ok(self
                .access_entries
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()),
            Some(AuthenticationMode::ConfigMap) | None => Err(config_map_only(operation)),
        }
    }
}

/// The same cluster while it is being created: no endpoint and no issuer yet.
pub fn creating_cluster(name: &str) -> Cluster {
    Cluster {
        status: ClusterStatus::Creating,
        endpoint: None,
        certificate_authority: None,
        issuer: None,
        ..active_cluster(name, "")
    }
}

#[async_trait]
impl EksApi for FakeEks {
    async fn describe_cluster(&self, name: &str) -> Result<Option<Cluster>, ApiError> {
        self.calls.read("DescribeCluster", name)?;
        let mut clusters = self.clusters();
        let Some(looks) = clusters.get_mut(name) else {
            return Ok(None);
        };
        if looks.len() > 1 {
            return Ok(Some(looks.remove(0)));
        }
        Ok(looks.first().cloned())
    }

    async fn list_clusters(&self) -> Result<Vec<String>, ApiError> {
        self.calls.read("ListClusters", "")?;
        Ok(self.clusters().keys().cloned().collect())
    }

    async fn list_access_entries(&self, cluster: &str) -> Result<Vec<String>, ApiError> {
        let all = self.first_access_entries(cluster, None, usize::MAX).await?;
        Ok(all.principals)
    }

    async fn first_access_entries(
        &self,
        cluster: &str,
        policy_arn: Option<&str>,
        enough: usize,
    ) -> Result<FirstAccessEntries, ApiError> {
        let policies = self.policies().clone();
        let has_policy = |entry: &AccessEntry| {
            policy_arn.is_none_or(|wanted| {
                policies
                    .iter()
                    .any(|(arn, policy)| *arn == entry.principal_arn && policy.policy_arn == wanted)
            })
        };
        let mut first = FirstAccessEntries::default();
        loop {
            self.calls.read("ListAccessEntries", cluster)?;
            let entries = self.entries(cluster, "eks:ListAccessEntries")?;
            let mut rest = entries
                .into_iter()
                .filter(has_policy)
                .map(|entry| entry.principal_arn)
                .skip(first.principals.len())
                .peekable();
            first.principals.extend(rest.by_ref().take(PAGE));
            first.are_all = rest.peek().is_none();
            if first.are_all || first.principals.len() >= enough {
                return Ok(first);
            }
        }
    }

    async fn describe_access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<Option<AccessEntry>, ApiError> {
        let found = self.access_entry(cluster, principal_arn).await?;
        Ok(found.map(|found| found.entry))
    }

    async fn list_associated_policies(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<Vec<AccessPolicy>, ApiError> {
        self.calls.read("ListAssociatedAccessPolicies", cluster)?;
        self.entries(cluster, "eks:ListAssociatedAccessPolicies")?;
        let policies = self.shown().policies.into_iter();
        let of_principal = policies.filter(|(arn, _)| arn == principal_arn);
        Ok(of_principal.map(|(_, policy)| policy).collect())
    }

    async fn tag_resource(&self, arn: &str, tags: &Tags) -> Result<(), ApiError> {
        self.lag_behind();
        self.wrote("TagResource", "", || {
            self.change_tags(arn, |all| all.extend(tags.clone()));
        })
    }

    async fn untag_resource(&self, arn: &str, keys: &[String]) -> Result<(), ApiError> {
        self.lag_behind();
        self.wrote("UntagResource", "", || {
            self.change_tags(arn, |all| all.retain(|key, _| !keys.contains(key)));
        })
    }
}

/// A cluster of the time before access entries.
fn config_map_only(operation: &str) -> ApiError {
    super::refusal(
        ErrorKind::Invalid,
        operation,
        "InvalidRequestException",
        "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
    )
}
