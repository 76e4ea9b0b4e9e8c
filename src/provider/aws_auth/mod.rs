//! aws-auth as the resources see it: one reader and writer per cluster and configuration.
//!
//! Reads of one run share one GET. Changes are gathered for a moment and written together, each judged on the document as it is then; see
//! docs/decisions/0005.

pub(crate) mod diagnostics;
mod digest;
mod document;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod placement;
pub mod recovery;
pub(crate) mod rules;
pub(crate) mod write;

#[cfg(test)]
mod tests;

use crate::permissions::{KubernetesRule, Need, Step};

pub use diagnostics::ClusterName;
pub(crate) use digest::{digest, digest_of};
pub(crate) use document::key;
pub use document::{Document, Mapping, NAME, NAMESPACE, Unwritable};
pub use write::caller_entry::CallerEntry;
pub use write::guard::{Guard, Intention, Proposal};
pub(crate) use write::preview::PlanScope;
pub use write::queue::Writer;
pub use write::request::{
    ChangeOutcome, ChangeRequest, OnConflict, Ownership, Removal, SectionReplacement, Upsert,
};
pub use write::writers::Writers;

/// What reading aws-auth takes.
pub(crate) const READ: KubernetesRule = KubernetesRule {
    verbs: &["get"],
    api_group: "",
    resource: "configmaps",
    names: &[NAME],
    namespace: Some(NAMESPACE),
    need: Need::Required { step: Step::Plan },
};

/// What changing it takes.
pub(crate) const CHANGE: KubernetesRule = KubernetesRule {
    verbs: &["patch"],
    need: Need::Required { step: Step::Apply },
    ..READ
};

/// What making it takes. RBAC cannot name what is created.
pub(crate) const MAKE: KubernetesRule = KubernetesRule {
    verbs: &["create"],
    names: &[],
    need: Need::RequiredFor {
        step: Step::Apply,
        what: "a cluster that has no aws-auth yet",
    },
    ..READ
};
