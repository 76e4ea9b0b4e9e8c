//! The backend that reads IAMIdentityMapping objects.
//!
//! Source: `pkg/mapper/crd`.

use super::canonical::lenient_canonical_arn;
use super::lookup::{Candidate, CandidateKind, Found};
use crate::principal::case_folding::to_lower;

/// An IAMIdentityMapping object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomResource {
    /// `spec.arn`.
    pub arn: String,
    /// The user name template.
    pub username: String,
    /// The group templates.
    pub groups: Vec<String>,
}

/// Objects are indexed by their canonical ARN in lower case; which of several the index gives first is not defined.
pub(super) fn find_object<'a>(objects: &'a [CustomResource], lower_arn: &str) -> Found<'a> {
    let candidates: Vec<Candidate<'a>> = objects
        .iter()
        .enumerate()
        .filter(|(_, object)| {
            lenient_canonical_arn(&to_lower(&object.arn))
                .is_some_and(|canonical| canonical == lower_arn)
        })
        .map(|(index, object)| Candidate {
            kind: CandidateKind::Role,
            index,
            username: &object.username,
            groups: &object.groups,
        })
        .collect();
    if candidates.is_empty() {
        Found::None
    } else {
        Found::Candidates(candidates)
    }
}
