//! Where a loss of access that is otherwise only told is refused: what was planned as a move may be a loss by the time it is applied, because others changed what
//! lets somebody in meanwhile.

use super::{AccessChange, Assessment, Finding, FindingId, Severity};

/// What a principal loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loses {
    /// Anything that it had.
    Anything,
    /// All access to the cluster.
    Everything,
}

/// Makes errors of those findings that say only that somebody loses so much.
pub fn refuse_losses(assessment: &mut Assessment, loses: Loses) {
    let Assessment {
        comparisons,
        findings,
        ..
    } = assessment;
    let is_refused = |finding: &Finding| {
        let mut of_it = comparisons
            .iter()
            .filter(|one| one.principal.arn == finding.arn);
        loses == Loses::Anything || of_it.any(|one| one.change == AccessChange::Loses)
    };
    for finding in findings {
        if finding.id == FindingId::ReducedAccess && is_refused(finding) {
            finding.severity = Severity::Error;
        }
    }
}
