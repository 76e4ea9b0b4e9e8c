//! The catalogue: every add-on once, in files by what it is for.
//!
//! How to add one: an [`Addon`] in the file of its kind, its line in [`ADDONS`], a case in `testdata/addon_policy`. How to change a policy: a
//! new [`AddonVersion`] behind those that are there; those stay as they are.

use super::addon::{Addon, AddonInput, AddonParts, AddonVersion, Need, TakenArgument};
use super::argument::AddonArgument;
use super::statement::{Allow, allow};

mod appmesh;
mod autoscaling;
mod buckets;
mod dns;
mod ebs;
mod karpenter;
mod load_balancing;
mod monitoring;
mod networking;
mod secrets;
mod storage;
mod vpc_lattice;

/// All add-ons, by name.
pub(super) static ADDONS: &[Addon] = &[
    monitoring::AMAZON_CLOUDWATCH_OBSERVABILITY,
    monitoring::AMAZON_MANAGED_PROMETHEUS,
    appmesh::APPMESH_CONTROLLER,
    appmesh::APPMESH_ENVOY,
    storage::AWS_EBS_CSI_DRIVER,
    storage::AWS_EFS_CSI_DRIVER,
    storage::AWS_FSX_CSI_DRIVER,
    storage::AWS_FSX_OPENZFS_CSI_DRIVER,
    vpc_lattice::AWS_GATEWAY_API_CONTROLLER,
    load_balancing::AWS_LOAD_BALANCER_CONTROLLER,
    load_balancing::AWS_LOAD_BALANCER_CONTROLLER_TARGET_GROUP_BINDING,
    buckets::AWS_MOUNTPOINT_S3_CSI_DRIVER,
    autoscaling::AWS_NODE_TERMINATION_HANDLER,
    secrets::AWS_PRIVATECA_ISSUER,
    dns::CERT_MANAGER,
    autoscaling::CLUSTER_AUTOSCALER,
    dns::EXTERNAL_DNS,
    secrets::EXTERNAL_SECRETS,
    karpenter::KARPENTER,
    monitoring::PGANALYZE,
    buckets::VELERO,
    networking::VPC_CNI,
];

/// The first version of every policy.
const V2026_11: &str = "2026-11";

const fn takes(argument: AddonArgument, need: Need) -> TakenArgument {
    TakenArgument { argument, need }
}

/// Parts that are statements only.
fn statements(statements: Vec<Allow>) -> AddonParts {
    AddonParts {
        statements: statements.into_iter().map(Allow::done).collect(),
        ..AddonParts::default()
    }
}
