//! What becomes of a change on its way into the cluster, where it is not the entries' doing.

use eksauth_core::access::findings::MappingFinding;
use eksauth_core::aws_auth::Section;
use tf_provider::{Diagnostic, Diagnostics};

use super::guard::REFUSED_FOR_ACCESS;
use super::undo::UndoOutcome;
use crate::aws_auth::diagnostics::ClusterName;
use crate::ports::ApiError;

/// A section that was shown says something else by now.
pub(crate) fn section_changed(cluster: &ClusterName, section: &str) -> Diagnostic {
    Diagnostic::error(
        "Section Changed Meanwhile",
        format!(
            "Someone changed {section} in aws-auth of cluster `{}` after its new text was shown. Nothing of it was written. Run again to see it \
             as it is now.",
            cluster.name
        ),
    )
}

/// The operation was cancelled before anything of it was sent.
pub(crate) fn cancelled_before(cluster: &ClusterName) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The change of aws-auth of cluster `{}` was cancelled before it was written. Nothing of it was changed.",
            cluster.name
        ),
    )
}

/// The operation was cancelled while nobody knew whether its write was carried out.
pub(crate) fn cancelled_unsure(cluster: &ClusterName) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The change of aws-auth of cluster `{}` was sent, its answer was lost, and the operation was cancelled before it could be read \
             back. Apply again: what was written is then recognised.",
            cluster.name
        ),
    )
}

/// The caller's own entry is left alone, because others failed before it.
pub(crate) fn callers_entry_kept(cluster: &ClusterName) -> Diagnostic {
    Diagnostic::error(
        "The Caller's Own Entry Was Not Changed",
        format!(
            "This change would take or alter the access of the identity that is applying, and other changes of aws-auth of cluster `{}` failed \
             before it. It was not made, so that you can apply again.",
            cluster.name
        ),
    )
}

/// The caller's own entry goes with the last of the others.
pub(crate) fn own_entry_goes_last(cluster: &ClusterName, arn: &str, to_come: usize) -> Diagnostic {
    Diagnostic::warning(
        "The Caller's Own Entry Goes Last",
        format!(
            "`EKSAUTH_LOCKOUT_ACK={0}:destroy`: Terraform asked for the removal of `{arn}`, by which the identity that applies enters cluster `{0}`, \
             before it asked for others that it removes ({to_come} to come). The entry stays in aws-auth until the last of those, and goes in the same \
             write. If this run ends with an error before that, the entry is still in aws-auth and in no state: it lets you in for the next run.",
            cluster.name
        ),
    )
}

/// With what others changed at the same time, a write does what the guard refuses.
pub(crate) fn judged_after(
    cluster: &ClusterName,
    reasons: &Diagnostics,
    outcome: &UndoOutcome,
) -> Diagnostic {
    let became = match outcome {
        UndoOutcome::Undone { .. } => {
            "aws-auth was put back as it was; what others wrote in it meanwhile stays.".to_owned()
        }
        UndoOutcome::Failed(error) => format!(
            "aws-auth of cluster `{}` could not be put back: {error}. Whoever still has access has to restore it.",
            cluster.name
        ),
    };
    let reasons: Vec<String> = reasons
        .iter()
        .map(|reason| format!("{}: {}", reason.summary, reason.detail))
        .collect();
    Diagnostic::error(
        "Change Of aws-auth Taken Back",
        format!("{}\n\n{became}", reasons.join("\n\n")),
    )
}

/// Nobody answers a change.
pub(crate) fn unanswered(cluster: &ClusterName) -> Diagnostic {
    Diagnostic::error(
        "Change Not Answered",
        format!(
            "The change of aws-auth of cluster `{}` ended without an answer. This is a bug in the provider; please report it. Apply again: what \
             was written is then recognised.",
            cluster.name
        ),
    )
}

/// Someone else was faster each time.
pub(crate) fn too_many_conflicts(cluster: &ClusterName, attempts: u32) -> Diagnostic {
    Diagnostic::error(
        "Too Many Conflicts",
        format!(
            "In each of {attempts} attempts someone else changed aws-auth of cluster `{}` after the provider had read it and before it wrote. Nothing of this \
             change was written. Find out who writes so often (`kubectl get configmap aws-auth -n kube-system --show-managed-fields -o yaml`) \
             and apply again.",
            cluster.name
        ),
    )
}

/// The server stored something else than it was sent.
pub(crate) fn stored_differently(cluster: &ClusterName, what: &str) -> Diagnostic {
    Diagnostic::error(
        "API Server Stored Something Else",
        format!(
            "The API server of cluster `{}` took the change of aws-auth and stored something else: {what}. An admission webhook of the \
             cluster may have changed it (`kubectl get mutatingwebhookconfigurations`).",
            cluster.name
        ),
    )
}

/// The API server cannot try a change.
pub(crate) fn no_dry_run(cluster: &ClusterName, error: &ApiError) -> Diagnostic {
    Diagnostic::warning(
        "Dry Run Not Possible",
        format!(
            "`dry_run = true`: this change of aws-auth of cluster `{}` could not be tried, because an admission webhook takes no dry runs. \
             Apply may succeed or not.\n\n{}",
            cluster.name,
            error.detail()
        ),
    )
}

/// Mode API ignores aws-auth.
pub(crate) fn ignored(cluster: &str) -> Diagnostic {
    Diagnostic::warning(
        "aws-auth Is Ignored",
        format!(
            "Cluster `{cluster}` has authentication mode API: it looks at access entries only, and nothing in aws-auth gives access."
        ),
    )
}

/// The refusal of a write for one who is in it beside the first, who says the reasons.
pub(super) fn refused_together(reasons: &Diagnostics, label: &str, first: &str) -> Diagnostics {
    let mut told = Diagnostics::new();
    if let Some(reason) = reasons.iter().next() {
        let refused = match reason.detail.contains(REFUSED_FOR_ACCESS) {
            true => REFUSED_FOR_ACCESS,
            false => "is refused",
        };
        told.push(Diagnostic::error(
            reason.summary.clone(),
            format!("{label} {refused} together with {first}, whose error says why. Nothing of either was written."),
        ));
    }
    told
}

/// A text that is put back has entries that say what they should not.
pub(crate) fn new_text_has_findings(cluster: &ClusterName, lines: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "New Text Has Findings",
        format!(
            "In aws-auth of cluster `{}` the new text brings these findings, which were not there before:\n\n{}",
            cluster.name,
            lines.concat()
        ),
    )
}

/// A finding with its place.
pub(crate) fn finding_line(finding: &MappingFinding) -> String {
    let text = format!("{} ({})", finding.text, finding.id);
    place_and_text(finding.section, finding.line, &text)
}

/// A text about a line of a section.
pub(crate) fn place_and_text(section: Section, line: usize, text: &str) -> String {
    format!("  {section}, line {line}: {text}\n")
}

/// A plan refuses nothing that apply may still see otherwise: what the guard says is a warning there.
pub(crate) fn only_remarked(remark: Diagnostic) -> Diagnostic {
    Diagnostic::warning(remark.summary, remark.detail)
}
