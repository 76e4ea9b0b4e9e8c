//! What lets principals into a cluster: mode, aws-auth and access entries, read together and turned into what the rules judge.
//!
//! Permissions: those on access entries (API modes only) and on aws-auth in [`permissions`](super::permissions). What may not be read is named with
//! the permission and never guessed.

use std::collections::BTreeMap;
use std::sync::Arc;

use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::aws_auth::{self, read};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::clusters::FoundCluster;
use crate::ports::{ApiError, EksApi};

/// Calls under way at once while access entries are read.
pub(crate) const PARALLEL_CALLS: usize = 8;

/// Access entries that are read one by one at most; a quota of EKS allows 3,000, which would be 6,000 calls.
const MOST_ENTRIES: usize = 500;

/// The mode as the rules know it; a cluster from before there were modes says none.
pub fn authentication_mode(cluster: &FoundCluster) -> AuthenticationMode {
    let mode = cluster.cluster.authentication_mode;
    mode.unwrap_or(AuthenticationMode::ConfigMap)
}

/// Mode, access entries, and aws-auth as it is now.
pub async fn cluster_access(cluster: &FoundCluster) -> ClusterView {
    let aws_auth = match read_aws_auth(cluster).await {
        Ok(data) => Knowledge::Known(read(&data)),
        Err(error) => Knowledge::Unreadable(unreadable(aws_auth::NAME, &error)),
    };
    ClusterView {
        mode: authentication_mode(cluster),
        aws_auth,
        access_entries: access_entries(cluster).await,
    }
}

/// The access entries with their policies; none in a mode that does not look at them.
pub async fn access_entries(cluster: &FoundCluster) -> Knowledge<Vec<AccessEntry>> {
    let mode = authentication_mode(cluster);
    list_access_entries(cluster.eks(), mode, &cluster.reference.name).await
}

/// The access entries of a cluster in a mode.
pub(crate) async fn list_access_entries(
    api: Arc<dyn EksApi>,
    mode: AuthenticationMode,
    cluster: &str,
) -> Knowledge<Vec<AccessEntry>> {
    if !mode.reads_access_entries() {
        return Knowledge::Known(Vec::new());
    }
    match read_access_entries(api, cluster).await {
        Ok(Some(entries)) => Knowledge::Known(entries),
        Ok(None) => Knowledge::Unreadable(format!(
            "the access entries: there are more than {MOST_ENTRIES}, too many to read one by one"
        )),
        Err(error) => Knowledge::Unreadable(unreadable("the access entries", &error)),
    }
}

pub(crate) async fn read_aws_auth(
    cluster: &FoundCluster,
) -> Result<BTreeMap<String, String>, ApiError> {
    let api = cluster.kubernetes()?;
    let config_map = api.config_map(aws_auth::NAMESPACE, aws_auth::NAME).await?;
    Ok(config_map.map(|found| found.data).unwrap_or_default())
}

async fn read_access_entries(
    api: Arc<dyn EksApi>,
    cluster: &str,
) -> Result<Option<Vec<AccessEntry>>, ApiError> {
    let principals = api.list_access_entries(cluster).await?;
    if principals.len() > MOST_ENTRIES {
        return Ok(None);
    }
    let entries: Vec<Option<AccessEntry>> = stream::iter(principals)
        .map(|principal| read_access_entry(api.clone(), cluster, principal))
        .buffered(PARALLEL_CALLS)
        .try_collect()
        .await?;
    Ok(Some(entries.into_iter().flatten().collect()))
}

/// `None` where it was deleted since it was listed.
pub(crate) async fn read_access_entry(
    api: Arc<dyn EksApi>,
    cluster: &str,
    principal: String,
) -> Result<Option<AccessEntry>, ApiError> {
    let Some(found) = api.describe_access_entry(cluster, &principal).await? else {
        return Ok(None);
    };
    let policies = api.list_associated_policies(cluster, &principal).await?;
    Ok(Some(AccessEntry { policies, ..found }))
}

pub(crate) fn unreadable(what: &str, error: &ApiError) -> String {
    match &error.missing_permission {
        Some(permission) => format!("{what} could not be read: `{permission}` is missing"),
        None => format!("{what} could not be read: {error}"),
    }
}
