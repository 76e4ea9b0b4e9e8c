//! The entries by which nodes come, as EKS and its guides write them, and the type of access entry that is the same. Sources: EKS user guide, "Create access
//! entries", "Self-managed nodes", "Hybrid nodes: prepare cluster access"; what EKS writes into aws-auth for Fargate and Windows.

use std::collections::BTreeSet;

use super::OldEntry;
use crate::access::access_entry::EntryType;

/// Groups that an access entry of nodes lacks without a loss: bootstrap tokens are not used, and everybody who enters is in the other.
const SPARE: [&str; 2] = ["system:bootstrappers", "system:authenticated"];

/// What an entry is to nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeShape {
    /// That of nodes of a type.
    Exactly(EntryType),
    /// That of nodes with something else.
    Mixed,
    /// None of nodes.
    None,
}

pub(super) fn node_shape(old: &OldEntry) -> NodeShape {
    let groups: BTreeSet<&str> = old
        .groups
        .iter()
        .map(String::as_str)
        .filter(|group| !SPARE.contains(group) && !group.is_empty())
        .collect();
    let are = |wanted: &[&str]| groups == wanted.iter().copied().collect();
    let entry_type = match old.username.as_str() {
        "system:node:{{EC2PrivateDNSName}}" if are(&["system:nodes"]) => Some(EntryType::Ec2Linux),
        "system:node:{{EC2PrivateDNSName}}" if are(&["system:nodes", "eks:kube-proxy-windows"]) => {
            Some(EntryType::Ec2Windows)
        }
        "system:node:{{SessionName}}" if are(&["system:nodes", "system:node-proxier"]) => {
            Some(EntryType::FargateLinux)
        }
        "system:node:{{SessionName}}" if are(&["system:nodes"]) => Some(EntryType::HybridLinux),
        _ => None,
    };
    match entry_type {
        Some(entry_type) => NodeShape::Exactly(entry_type),
        None if groups.contains("system:nodes") || old.username.starts_with("system:node:") => {
            NodeShape::Mixed
        }
        None => NodeShape::None,
    }
}
