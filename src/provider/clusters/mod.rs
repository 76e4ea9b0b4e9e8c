//! Clusters by name: which one is meant, whether it is there, and waiting until it can be used.

mod clusters;
mod found;
mod not_found;
mod permissions;
mod remembered;
mod visibility;
mod wait;

pub use clusters::{ClusterRef, Clusters};
pub use found::FoundCluster;
pub(crate) use not_found::nearest;
pub(crate) use permissions::{DESCRIBE_CLUSTER, DESCRIBE_NAMED_CLUSTER, LIST_CLUSTERS};
pub use remembered::Remembered;
pub use visibility::Visibility;

#[cfg(test)]
mod tests;
