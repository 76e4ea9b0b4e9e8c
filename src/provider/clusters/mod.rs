//! Clusters by name: which one is meant, whether it is there, waiting until it can be used, and which one an object is in.

mod absence;
mod connection;
mod diagnostics;
mod found_cluster;
mod identity;
mod lookup;
mod mode_wait;
mod not_found;
mod permissions;
pub(crate) mod placement;
pub(crate) mod planned_place;
mod reference;
mod remembered;
mod visibility;
mod wait;

pub use connection::ConnectionRequest;
pub use found_cluster::FoundCluster;
pub(crate) use identity::ClusterIdentity;
pub use lookup::Clusters;
pub(crate) use permissions::{DESCRIBE_CLUSTER, DESCRIBE_NAMED_CLUSTER, LIST_CLUSTERS};
pub use reference::ClusterRef;
pub use remembered::Remembered;
pub use visibility::Visibility;

#[cfg(test)]
mod tests;
