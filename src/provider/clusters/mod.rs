//! Clusters by name: which one is meant, whether it is there, and waiting until it can be used.

mod clusters;
mod found;
mod not_found;
mod remembered;
mod visibility;
mod wait;

pub use clusters::{ClusterRef, Clusters};
pub use found::FoundCluster;
pub use remembered::Remembered;
pub use visibility::Visibility;

#[cfg(test)]
mod tests;
