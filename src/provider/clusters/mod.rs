//! Clusters by name: which one is meant, whether it is there, and waiting until it can be used.

mod clusters;
mod found;
mod not_found;
mod remembered;
mod visibility;
mod wait;

pub use clusters::{ClusterRef, Clusters};
pub(crate) use clusters::{DESCRIBE_CLUSTER, DESCRIBE_NAMED_CLUSTER};
pub use found::FoundCluster;
pub(crate) use not_found::{LIST_CLUSTERS, nearest};
pub use remembered::Remembered;
pub use visibility::Visibility;

#[cfg(test)]
mod tests;
