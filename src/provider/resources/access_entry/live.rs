//! An access entry as EKS has it, with its policies where they count.

use eksauth_core::access::access_entry::AccessEntry;

use crate::clusters::FoundCluster;
use crate::ports::ApiError;
use crate::ports::eks::AccessEntryDetails;
use crate::ports::eks::AccessPolicy;

/// An entry that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::resources) struct LiveEntry {
    pub(in crate::resources) details: AccessEntryDetails,
    /// Empty where they were not asked for.
    pub(in crate::resources) policies: Vec<AccessPolicy>,
}

impl LiveEntry {
    /// As the lock-out guard sees it.
    pub(in crate::resources) fn whole(&self) -> AccessEntry {
        AccessEntry {
            policies: self.policies.clone(),
            ..self.details.entry.clone()
        }
    }
}

/// The entry of a principal. A cluster whose mode has no access entries has none.
pub(in crate::resources) async fn find(
    cluster: &FoundCluster,
    principal_arn: &str,
    with_policies: bool,
) -> Result<Option<LiveEntry>, ApiError> {
    let mode = crate::access::cluster_access::authentication_mode(cluster);
    if !mode.reads_access_entries() {
        return Ok(None);
    }
    let (eks, name) = (cluster.eks(), &cluster.reference.name);
    let Some(details) = eks.access_entry(name, principal_arn).await? else {
        return Ok(None);
    };
    let policies = match with_policies {
        true => eks.list_associated_policies(name, principal_arn).await?,
        false => Vec::new(),
    };
    Ok(Some(LiveEntry { details, policies }))
}
