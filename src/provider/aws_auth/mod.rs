//! aws-auth as the resources see it: one reader and writer per cluster and configuration.
//!
//! Reads of one run share one GET. Changes are gathered for a moment and written together, each judged on the document as it is then; see
//! docs/decisions/0005.

pub(crate) mod diagnostics;
pub(crate) mod digest;
mod document;
pub(crate) mod entry_claim;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod permissions;
pub mod recovery;
pub mod rules;
pub(crate) mod write;

#[cfg(test)]
mod tests;

pub use diagnostics::{ClusterName, meaning};
pub(crate) use digest::{digest, digest_of};
pub(crate) use document::key;
pub use document::{Document, Mapping, Unwritable};
pub use write::by_hand::PlannedChange;
pub use write::change_error::ChangeError;
pub use write::confirmation::{AccessConfirmation, AccessWatch, Observation, UndoneWrite};
pub use write::explainer::RefusalExplainer;
pub(crate) use write::guard::REFUSED_FOR_ACCESS;
pub use write::guard::{Guard, GuardAndExplainer, Intention, PlanScope, Planned, Proposal};
pub use write::request::{
    ChangeOutcome, ChangeRequest, Doubt, OnConflict, Ownership, Removal, SectionReplacement, Upsert,
};
pub use write::section_replacement::with_section_texts;
pub use write::undo::UndoOutcome;
pub(crate) use write::writable_cluster::{ReadOutcome, WritableCluster};
pub use write::writer::{ExclusiveConflict, Writer};
pub use write::writers::Writers;
