//! A refusal as its reader sees it: what would happen, to whom, why, that nothing was written, and how to acknowledge it.

use eksauth_core::access::lockout::{Assessment, Finding, FindingId};
use eksauth_core::access::report::{Appliers, refusal_table};
use tf_provider::{Diagnostic, Diagnostics};

/// What is said about an assessment: findings that are neither acknowledged nor suppressed.
pub struct Judgement<'a> {
    /// The cluster.
    pub cluster: &'a str,
    /// Who applies, by canonical ARN.
    pub running: &'a [String],
    /// Who runs this step, by canonical ARN; one of `running`, where it is known.
    pub you: Option<&'a str>,
    /// Which resources asked for the change.
    pub resources: &'a [String],
    /// The comparison.
    pub assessment: &'a Assessment,
}

impl Judgement<'_> {
    /// An error that tells all grave findings in one table.
    pub fn refusal(&self, findings: &[&Finding], hints: &[String]) -> Diagnostics {
        let mut text = format!("In cluster `{}`, this change", self.cluster);
        match self.resources {
            [] => {}
            [one] => text.push_str(&format!(" ({one})")),
            many => text.push_str(&format!(" ({} together)", many.join(", "))),
        }
        text.push_str(" would do this:\n\n");
        text.push_str(&refusal_table(
            &self.assessment.comparisons,
            Appliers {
                arns: self.running,
                you: self.you,
            },
        ));
        text.push_str("\nNothing was written.\n");
        for finding in findings {
            text.push_str(&format!(
                "\nWhy: {}.\n{}\n",
                finding.reason,
                what_to_do(finding.id)
            ));
            text.push_str(&format!(
                "If you mean it: EKSAUTH_LOCKOUT_ACK={}\nFinding: {}\n",
                finding.acknowledgement(),
                finding.id
            ));
        }
        for hint in hints {
            text.push_str(&format!("\n{hint}"));
        }
        Diagnostic::error(title(findings), text).into()
    }

    /// Warnings, one a finding; what could not be read stands in the first.
    pub fn warnings(&self, findings: &[&Finding], unread: &[String]) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for (position, finding) in findings.iter().enumerate() {
            let mut text = format!(
                "In cluster `{}`: {}.\n{}\nFinding: {}",
                self.cluster,
                finding.reason,
                what_to_do(finding.id),
                finding.id
            );
            for reason in unread.iter().filter(|_| position == 0) {
                text.push_str(&format!("\nNot judged: {reason}."));
            }
            diagnostics.warning(title(&[finding]), text);
        }
        diagnostics
    }
}

fn title(findings: &[&Finding]) -> &'static str {
    match findings.first().map(|finding| finding.id) {
        Some(FindingId::RunningIdentity) => "This Change Locks You Out",
        Some(FindingId::ProtectedPrincipal) => "A Protected Principal Would Lose Access",
        Some(FindingId::LastAdmin) => "The Last Cluster Admin Would Go",
        Some(FindingId::Nodes) => "Nodes Would Lose Their Access",
        Some(FindingId::Unreadable) => "Access Cannot Be Judged",
        Some(FindingId::ModeIgnoresAwsAuth) => "The Cluster Would Ignore aws-auth",
        Some(FindingId::ProtectedHasNone) => "A Protected Principal Has No Access",
        Some(FindingId::ReducedAccess) | None => "Somebody Would Lose Access",
    }
}

fn what_to_do(id: FindingId) -> &'static str {
    match id {
        FindingId::RunningIdentity => {
            "What to do: keep the entry, or map another role that you can assume and apply that first."
        }
        FindingId::ProtectedPrincipal => {
            "What to do: keep its entry, or take it out of the provider's `protected_principals`."
        }
        FindingId::LastAdmin => {
            "What to do: map another principal to `system:masters` (or a group bound to cluster-admin) and apply that first."
        }
        FindingId::Nodes => {
            "What to do: keep the entry while nodes with this role exist, or give the role an access entry of its type first."
        }
        FindingId::Unreadable => {
            "What to do: give the caller the permission that is named, or set `lockout_guard = \"error\"` to judge only what can be read."
        }
        FindingId::ModeIgnoresAwsAuth => {
            "What to do: make access entries for everyone who needs one before the mode changes."
        }
        FindingId::ProtectedHasNone => {
            "What to do: correct its ARN in the provider's `protected_principals`, or give it an entry."
        }
        FindingId::ReducedAccess => "What to do: nothing, if it is meant.",
    }
}
