//! aws-auth as the resources see it: one reader and writer per cluster and configuration.
//!
//! Reads of one run share one GET. Changes are gathered for a moment and written together, each judged on the document as it is then; see
//! docs/decisions/0005.

mod batch;
#[cfg(test)]
pub(crate) mod bed;
mod digest;
mod document;
pub(crate) mod entry;
mod foresee;
mod guard;
mod judge;
mod last_write;
mod own;
mod pending;
pub(crate) mod place;
pub mod recovery;
mod rehearse;
pub(crate) mod retext;
pub(crate) mod rules;
pub(crate) mod texts;
mod wish;
mod write;
mod writer;
mod writers;

#[cfg(test)]
mod tests;

/// The API actions that all resources of aws-auth call.
pub const PERMISSIONS: &[&str] = &[
    "eks:DescribeCluster",
    "eks:ListClusters",
    "sts:GetCallerIdentity",
];

pub(crate) use digest::{digest, digest_of};
pub(crate) use document::key;
pub use document::{Document, Mapping, NAME, NAMESPACE, Unwritable};
pub(crate) use foresee::Company;
pub use guard::{Guard, Intention, Proposal};
pub use own::Own;
pub use texts::ClusterName;
pub use wish::{Granted, OnConflict, Put, Reach, Removal, Retext, Wish};
pub use writer::Writer;
pub use writers::Writers;
