//! What is found of a plan as a whole and of moments of its apply.

use eksauth_core::access::lockout::{Finding, FindingId};

/// What is found of a plan.
pub(super) struct Said<'s> {
    /// Of all of it.
    pub(super) whole: &'s [Finding],
    /// Of moments on the way.
    pub(super) moments: Vec<Moment>,
}

/// What is found of a moment of an apply.
pub(super) struct Moment {
    pub(super) findings: Vec<Finding>,
    /// Which moment it is.
    pub(super) note: String,
}

impl Said<'_> {
    /// Everything; what is true of a moment only is said to be.
    pub(super) fn all(self) -> Vec<Finding> {
        let is_of_moment_alone = |finding: &Finding| {
            let is_same = |other: &Finding| other.id == finding.id && other.arn == finding.arn;
            finding.id != FindingId::ReducedAccess && !self.whole.iter().any(is_same)
        };
        let mut all = self.whole.to_vec();
        for moment in self.moments {
            for mut finding in moment.findings {
                if is_of_moment_alone(&finding) {
                    finding.reason.push_str(&moment.note);
                    all.push(finding);
                }
            }
        }
        all
    }
}

/// Between the removal of objects and their being made again.
pub(super) fn note_on_remade(addresses: &[&str]) -> String {
    format!(
        "; this is so between the removal of `{}` and its being made again, which may not be possible then",
        addresses.join("`, `")
    )
}

/// Between the making of access entries and the association of policies by other resources.
pub(super) fn note_on_policies(addresses: &[&str]) -> String {
    format!(
        "; this is so once `{}` is made and before another resource associates its policies, so apply refuses it: give them in the `policies` of the entry itself",
        addresses.join("`, `")
    )
}
