//! Clusters by name: which one is meant, whether it is there, and waiting until it can be used.

pub mod attributes;
mod clusters;
mod found;
mod missing;
mod remembered;
mod sight;
mod wait;

pub use clusters::{ClusterRef, Clusters};
pub use found::FoundCluster;
pub(crate) use missing::nearest;
pub use remembered::Remembered;
pub use sight::Sight;

#[cfg(test)]
mod tests;
