//! What mapped groups and bindings say of each other in a cluster: read once, told once.
//!
//! Permissions: those on access entries and on aws-auth, and `list` on RBAC objects. What may not be read is a finding that names it.

use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::findings::{GroupFinding, group_findings};
use eksauth_core::aws_auth::Reading;
use eksauth_core::kubernetes::rbac::ClusterRbac;

use crate::access::cluster_access::{
    access_entries, authentication_mode, cluster_access, unreadable,
};
use crate::access::cluster_rbac::read_rbac;
use crate::clusters::FoundCluster;

/// The findings of a cluster as it is now.
pub async fn cluster_group_findings(cluster: &FoundCluster) -> Vec<GroupFinding> {
    let view = cluster_access(cluster).await;
    in_view(cluster, &view).await
}

/// The same with aws-auth at hand.
pub(crate) async fn document_group_findings(
    cluster: &FoundCluster,
    reading: &Reading,
) -> Vec<GroupFinding> {
    let view = ClusterView {
        mode: authentication_mode(cluster),
        aws_auth: Knowledge::Known(reading.clone()),
        access_entries: access_entries(cluster).await,
    };
    in_view(cluster, &view).await
}

async fn in_view(cluster: &FoundCluster, view: &ClusterView) -> Vec<GroupFinding> {
    group_findings(view, &cluster_rbac(cluster).await)
}

/// The roles and bindings of a cluster. Four calls, at once.
pub(crate) async fn cluster_rbac(cluster: &FoundCluster) -> ClusterRbac {
    match cluster.kubernetes() {
        Ok(kube) => read_rbac(kube.as_ref(), "").await,
        Err(error) => ClusterRbac::unreadable(&unreadable("roles and bindings", &error)),
    }
}
