//! What RBAC gives in every world: all power, ways to it, and the right to write aws-auth; by group, by user, by namespace. Worlds differ in who
//! has which name and which groups. What is hidden from whoever acts is so by a group that it lacks.

use crate::{
    bed::{cloud::Cloud, cluster::Cluster, command::succeeded, tools::room},
    failure::Outcome,
};

/// The group that lets whoever acts list RBAC.
pub(super) const READS_RBAC: &str = "gs-reads-rbac";
/// The group that lets it list nodes.
pub(super) const READS_NODES: &str = "gs-reads-nodes";

/// Ways to all power.
pub(super) const ADMIN_GROUPS: [&str; 3] = ["system:masters", "gs-admins", "gs-everything"];
/// Ways to write aws-auth and no more.
pub(super) const EDITOR_GROUPS: [&str; 2] = ["gs-editors", "gs-map-editors"];
/// Groups with which one is no administrator and may become one, and groups without any such power.
pub(super) const OTHER_GROUPS: [&str; 5] = [
    "gs-binders",
    "gs-escalators",
    "gs-impersonators",
    "gs-elsewhere",
    "gs-viewers",
];
/// User names, some of which RBAC names.
pub(super) const USERNAMES: [&str; 6] = [
    "gs-admin",
    "gs-editor",
    "gs:{{SessionName}}",
    "gs-of-{{AccountID}}",
    "gs-somebody",
    "gs-somebody-else",
];

/// Makes it.
pub(super) fn make(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome {
    kubectl(cloud, prod, &["apply"])
}

/// Takes it away again.
pub(super) fn remove(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome {
    kubectl(
        cloud,
        prod,
        &["delete", "--ignore-not-found", "--wait=false"],
    )
}

fn kubectl(cloud: &Cloud, prod: &Cluster<'_>, arguments: &[&str]) -> Outcome {
    let mut command = cloud.plain(&cloud.tools().kubectl);
    command
        .arg("--kubeconfig")
        .arg(prod.kubeconfig())
        .args(arguments)
        .arg("-f")
        .arg(room().join("cases/guard_soundness/rbac.yaml"));
    succeeded(&mut command).map(|_| ())
}
