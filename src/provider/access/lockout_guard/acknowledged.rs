//! What was acknowledged: it passes, and plan and write say so.

use eksauth_core::access::lockout::{Assessment, Finding, Severity};
use tf_provider::Diagnostics;

use super::ClusterGuard;
use super::diagnostics::Judgement;
use super::way_back::ChangeOf;
use crate::config::LockoutGuard;

impl ClusterGuard {
    /// Whether a finding is meant, by itself or with all else of the cluster.
    pub(super) fn is_meant(&self, finding: &Finding, is_teardown: bool) -> bool {
        let meant = &self.settings().acknowledgements;
        meant.cover(finding) || is_teardown && meant.cover_teardown(&finding.cluster)
    }

    /// The grave findings that were acknowledged.
    pub(super) fn meant<'a>(
        &self,
        assessment: &'a Assessment,
        is_teardown: bool,
    ) -> Vec<&'a Finding> {
        let grave = assessment.of_severity(Severity::Error).into_iter();
        grave
            .filter(|finding| self.is_meant(finding, is_teardown))
            .collect()
    }

    /// One warning of a plan about every grave finding that was acknowledged.
    pub(super) fn acknowledged_plan(
        &self,
        judgement: &Judgement<'_>,
        meant: &[&Finding],
    ) -> Diagnostics {
        let outlook = match self.settings().lockout_guard {
            LockoutGuard::Warn => "Apply makes it, with `lockout_guard = \"warn\"` in any case.",
            _ => "Apply makes it; the apply needs the same acknowledgement.",
        };
        acknowledged(judgement, meant, outlook)
    }

    /// The same of a write, with the way back.
    pub(super) fn acknowledged_write(
        &self,
        judgement: &Judgement<'_>,
        meant: &[&Finding],
        of: ChangeOf<'_>,
    ) -> Diagnostics {
        acknowledged(judgement, meant, &self.way_back(of))
    }
}

fn acknowledged(judgement: &Judgement<'_>, meant: &[&Finding], what_follows: &str) -> Diagnostics {
    match meant.is_empty() {
        true => Diagnostics::new(),
        false => judgement.acknowledged(meant, what_follows).into(),
    }
}
