//! What the guard says, in words that are true before a write and after it: what a change does, to whom, why, what to do, and how to acknowledge it.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::lockout::{AccessChange, Assessment, Finding, FindingId, Severity};
use eksauth_core::access::report::{Appliers, refusal_table};
use eksauth_core::principal::case_folding::fold_key;
use tf_provider::{Diagnostic, Diagnostics};

use crate::aws_auth::REFUSED_FOR_ACCESS;
use crate::config::{Acknowledgements, LOCKOUT_ACK_VARIABLE};

/// The title of a change that leaves somebody access of another kind.
const OTHER_ACCESS: &str = "Somebody Has Other Access";

/// The title of what passes because it was acknowledged.
const ACKNOWLEDGED: &str = "Acknowledged Loss Of Access";

/// What is said about an assessment: findings that are neither acknowledged nor suppressed.
pub struct Judgement<'a> {
    /// The cluster.
    pub cluster: &'a str,
    /// Who applies, by canonical ARN.
    pub running: &'a [String],
    /// Who runs this step, by canonical ARN; one of `running`, where it is known.
    pub you: Option<&'a str>,
    /// How that one enters where no entry lets it in and the API server does.
    pub enters_by: Option<&'a str>,
    /// Which resources asked for the change.
    pub resources: &'a [String],
    /// The comparison.
    pub assessment: &'a Assessment,
    /// What lets people in: in mode API aws-auth does not.
    pub mode: AuthenticationMode,
    /// Whether it is a change of roles and bindings, among others.
    pub is_of_rbac: bool,
    /// Whether the change takes away and does nothing else, as where a whole configuration goes.
    pub is_teardown: bool,
    /// What was acknowledged.
    pub acknowledgements: &'a Acknowledgements,
}

/// What is to be done about a loss that is refused.
const KEEP_ACCESS: &str = "What to do: let it in by an access entry that gives as much, and apply that first; or take it out of aws-auth by a change of its own, if it is to lose its access.";

/// True for the guard's refusal of a change that was not made.
pub(crate) fn is_refusal(reasons: &Diagnostics) -> bool {
    reasons
        .iter()
        .any(|reason| reason.detail.contains(REFUSED_FOR_ACCESS))
}

impl Judgement<'_> {
    /// An error that tells all grave findings in one table.
    pub fn refusal(&self, findings: &[&Finding], hints: &[String]) -> Diagnostics {
        let text = format!(
            "In cluster `{}`, this change{} {REFUSED_FOR_ACCESS}:\n\n{}\nNothing of this change was written; other changes of this apply may have been.\n",
            self.cluster,
            self.who_asked(),
            self.table()
        );
        self.grave(text, findings, hints)
    }

    /// The same of a change that was made: with what others changed at the same time it does what it did not by itself.
    pub fn found_after(&self, findings: &[&Finding], hints: &[String]) -> Diagnostics {
        let text = format!(
            "In cluster `{}`, this change{} was judged once more after it, by what there is now. With what others changed at the same time it does this to access:\n\n{}",
            self.cluster,
            self.who_asked(),
            self.table()
        );
        self.grave(text, findings, hints)
    }

    /// What several changes of one plan do together, and none of them alone.
    pub fn found_together(
        &self,
        findings: &[&Finding],
        unread: &[String],
        refuses: bool,
    ) -> Diagnostic {
        let resources: Vec<String> = self
            .resources
            .iter()
            .map(|resource| format!("  - {resource}\n"))
            .collect();
        let mut text = format!(
            "In cluster `{}`, these changes do together what none of them does alone:\n\n{}\n{}",
            self.cluster,
            resources.concat(),
            self.table()
        );
        for finding in findings {
            text.push_str(&format!("\nWhy: {}\n", self.explained(finding)));
        }
        if refuses {
            text.push_str(
                "\nUnless another change of the same apply makes up for it, apply makes some of these changes and refuses the one that does it.\n",
            );
            text.push_str(&self.acknowledgement(findings));
        }
        for reason in unread {
            text.push_str(&format!("\nNot judged: {reason}."));
        }
        let title = findings.first().map_or("", |finding| title(finding.id));
        Diagnostic::warning(title, text)
    }

    fn grave(&self, mut text: String, findings: &[&Finding], hints: &[String]) -> Diagnostics {
        for finding in findings {
            text.push_str(&format!("\nWhy: {}\n", self.explained(finding)));
        }
        text.push_str(&self.acknowledgement(findings));
        for hint in hints {
            text.push_str(&format!("\n{hint}"));
        }
        let title = findings.first().map_or("", |finding| title(finding.id));
        Diagnostic::error(title, text).into()
    }

    /// One warning for everybody: with the principal in its title where it is one, because Terraform folds warnings with one title, and with the table
    /// of all where they are several.
    pub fn warnings(&self, findings: &[&Finding], unread: &[String]) -> Diagnostics {
        self.warning(findings, unread, "")
    }

    /// The same of a planned change that apply refuses if nothing else makes up for it.
    pub fn warnings_of_refusal(&self, findings: &[&Finding], unread: &[String]) -> Diagnostics {
        let is_any_grave = findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        let outlook = if is_any_grave {
            "\n\nUnless another change of the same apply makes up for it, apply refuses this change and writes nothing of it; other changes of the apply may be made."
        } else {
            ""
        };
        self.warning(findings, unread, outlook)
    }

    /// What a change does that was acknowledged, and what follows: at a write how to go back.
    pub fn acknowledged(&self, findings: &[&Finding], what_follows: &str) -> Diagnostic {
        let mut text = format!(
            "In cluster `{}`, this change{} does what {LOCKOUT_ACK_VARIABLE} acknowledges:\n\n{}",
            self.cluster,
            self.who_asked(),
            self.table()
        );
        for finding in findings {
            text.push_str(&format!("\n{}.\nFinding: {}\n", finding.reason, finding.id));
        }
        text.push_str(&format!("\n{what_follows}"));
        let mut arns = findings.iter().map(|finding| finding.arn.as_str());
        let first = arns.next().unwrap_or_default();
        let is_one = arns.all(|arn| fold_key(arn) == fold_key(first));
        let title = match (is_one, first) {
            (true, arn) if !arn.is_empty() => format!("{}: {arn}", ACKNOWLEDGED),
            _ => ACKNOWLEDGED.to_owned(),
        };
        Diagnostic::warning(title, text)
    }

    fn warning(&self, findings: &[&Finding], unread: &[String], outlook: &str) -> Diagnostics {
        let Some(gravest) = findings.first() else {
            return Diagnostics::new();
        };
        let principals: BTreeSet<&str> = findings
            .iter()
            .map(|finding| finding.arn.as_str())
            .filter(|arn| !arn.is_empty())
            .collect();
        // Spellings that differ by case are one principal, as in the table.
        let count = principals
            .iter()
            .map(|arn| fold_key(arn))
            .collect::<BTreeSet<String>>()
            .len();
        let is_one = count <= 1;
        let has_graver = findings.iter().any(|finding| {
            !matches!(
                finding.id,
                FindingId::ReducedAccess | FindingId::ProtectedHasNone
            )
        });
        let mut text = format!("In cluster `{}`", self.cluster);
        let mut told = BTreeSet::new();
        let mut explained_one = findings
            .iter()
            .filter(|finding| is_one || finding.id != FindingId::ReducedAccess)
            .filter(|finding| told.insert((finding.id, fold_key(&finding.reason))))
            .map(|finding| match finding.id {
                FindingId::ReducedAccess if has_graver => {
                    format!("{}.\nFinding: {}", finding.reason, finding.id)
                }
                _ => self.explained(finding),
            })
            .collect::<Vec<String>>()
            .join("\n\n");
        if is_one {
            text.push_str(": ");
        } else {
            text.push_str(&format!(
                ", this change{} does this:\n\n{}",
                self.who_asked(),
                self.table()
            ));
            if findings
                .iter()
                .any(|finding| finding.id == FindingId::ReducedAccess)
            {
                text.push_str(&notes_on_reduced(findings));
                // Beside a graver finding its advice is the only one.
                if !has_graver {
                    text.push_str(&format!("\n{}", self.what_to_do(FindingId::ReducedAccess)));
                }
                text.push_str(&format!("\nFinding: {}\n", FindingId::ReducedAccess));
            }
            if !explained_one.is_empty() {
                explained_one.insert(0, '\n');
            }
        }
        text.push_str(&explained_one);
        text.push_str(outlook);
        if !outlook.is_empty() {
            text.push_str(&self.acknowledgement(findings));
        }
        for reason in unread {
            text.push_str(&format!("\nNot judged: {reason}."));
        }
        let keep_some = principals.iter().any(|arn| !self.loses_everything(arn));
        let title = match (gravest.id, gravest.arn.as_str()) {
            (FindingId::ReducedAccess, _) if !is_one && keep_some => {
                format!("{count} Principals Lose Or Change Access")
            }
            (FindingId::ReducedAccess, _) if !is_one => format!("{count} Principals Lose Access"),
            (FindingId::ReducedAccess, arn) if keep_some => {
                format!("{}: {arn}", OTHER_ACCESS)
            }
            (id, "") => title(id).to_owned(),
            (id, arn) => format!("{}: {arn}", title(id)),
        };
        Diagnostic::warning(title, text).into()
    }

    fn explained(&self, finding: &Finding) -> String {
        match (finding.id, finding.severity) {
            (FindingId::ReducedAccess, Severity::Error) => explained(finding, KEEP_ACCESS),
            (id, _) => explained(finding, self.what_to_do(id)),
        }
    }

    /// Whether the mode ignores aws-auth from now on.
    pub(super) fn is_of_mode(&self) -> bool {
        let mut findings = self.assessment.findings.iter();
        findings.any(|finding| finding.id == FindingId::ModeIgnoresAwsAuth)
    }

    fn what_to_do(&self, id: FindingId) -> &'static str {
        if self.is_of_mode() {
            return what_to_do_before_a_step(id);
        }
        let is_by_entries_alone = !self.mode.reads_config_map();
        match (self.is_of_rbac, id) {
            (true, FindingId::RunningIdentity) => {
                "What to do: keep the binding and what it gives, or give another role that you can assume the same and apply that first."
            }
            (true, FindingId::ProtectedPrincipal) => {
                "What to do: keep the binding and what it gives, or take the principal out of the provider's `protected_principals`."
            }
            (true, FindingId::LastAdmin) if is_by_entries_alone => {
                "What to do: bind another group that an access entry gives to cluster-admin, or make an access entry with AmazonEKSClusterAdminPolicy for somebody who exists, and apply that first."
            }
            (true, FindingId::LastAdmin) => {
                "What to do: map another principal to `system:masters`, or bind another group to cluster-admin, and apply that first."
            }
            (false, id) if is_by_entries_alone => what_to_do_with_entries(id),
            (_, id) => what_to_do(id),
        }
    }

    /// Whether nothing lets a principal in any more, and not merely something else.
    fn loses_everything(&self, arn: &str) -> bool {
        let mut comparisons = self.assessment.comparisons.iter();
        comparisons.any(|comparison| {
            comparison.principal.arn == arn && comparison.change == AccessChange::Loses
        })
    }

    fn table(&self) -> String {
        let appliers = Appliers {
            arns: self.running,
            you: self.you,
            enters_by: self.enters_by,
        };
        refusal_table(&self.assessment.comparisons, appliers)
    }

    fn who_asked(&self) -> String {
        match self.resources {
            [] => String::new(),
            [one] => format!(" ({one})"),
            many => format!(" ({} together)", many.join(", ")),
        }
    }

    /// All that is refused at once: one word of several would lead to the next refusal. What is about nobody in particular cannot be acknowledged.
    fn acknowledgement(&self, findings: &[&Finding]) -> String {
        let grave: Vec<&&Finding> = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .collect();
        let names_nobody = |finding: &&&Finding| finding.arn.is_empty();
        if grave.is_empty() || !self.is_of_mode() && grave.iter().any(names_nobody) {
            return String::new();
        }
        let words: Vec<String> = grave
            .iter()
            .map(|finding| finding.acknowledgement())
            .collect();
        let all = if words.len() > 1 { " all of it" } else { " it" };
        let mut text = format!(
            "\nIf you mean{all}: EKSAUTH_LOCKOUT_ACK={}\n",
            words.join(",")
        );
        if self.is_teardown {
            text.push_str(&format!(
                "If the whole configuration or the cluster goes: EKSAUTH_LOCKOUT_ACK={}:destroy\n",
                self.cluster
            ));
        }
        text.push_str(&self.unmatched());
        text
    }

    /// What was set and acknowledges nothing here, mostly by a slip.
    fn unmatched(&self) -> String {
        let teardown = self.is_teardown.then_some(self.cluster);
        let words = self
            .acknowledgements
            .beside(&self.assessment.findings, teardown);
        let has_form = |word: &&&str| Acknowledgements::has_form(word);
        let shown: Vec<String> = words
            .iter()
            .filter(has_form)
            .map(|word| format!("`{word}`"))
            .collect();
        let what = match (words.len(), shown.len()) {
            (0, _) => return String::new(),
            (_, 0) => "is set to something that has not the form `CLUSTER:FINDING:ARN`".to_owned(),
            (_, 1) => format!("is set, and this does not match: {}", shown.concat()),
            _ => format!("is set, and these do not match: {}", shown.join(", ")),
        };
        format!("{LOCKOUT_ACK_VARIABLE} {what}.\n")
    }
}

/// What the table of those who lose does not show.
fn notes_on_reduced(findings: &[&Finding]) -> String {
    let reduced = findings
        .iter()
        .filter(|finding| finding.id == FindingId::ReducedAccess);
    let notes: BTreeSet<&String> = reduced.flat_map(|finding| &finding.notes).collect();
    notes
        .iter()
        .map(|note| format!("\nNote: {note}.\n"))
        .collect()
}

/// A protected principal that nothing lets in: said of each, whatever changes.
pub fn protected_without_access(finding: &Finding) -> Diagnostic {
    let text = format!(
        "In cluster `{}`: {}",
        finding.cluster,
        explained(finding, what_to_do(finding.id))
    );
    Diagnostic::warning(format!("{}: {}", title(finding.id), finding.arn), text)
}

/// Why, what to do, and which finding it is.
fn explained(finding: &Finding, to_do: &str) -> String {
    format!("{}.\n{to_do}\nFinding: {}", finding.reason, finding.id)
}

fn title(id: FindingId) -> &'static str {
    match id {
        FindingId::RunningIdentity => "This Change Locks You Out",
        FindingId::ProtectedPrincipal => "A Protected Principal Loses Access",
        FindingId::LastAdmin => "The Last Cluster Admin Goes",
        FindingId::Nodes => "Nodes Lose Their Access",
        FindingId::Unreadable => "Access Cannot Be Judged",
        FindingId::ModeIgnoresAwsAuth => "The Cluster Ignores aws-auth From Now On",
        FindingId::ProtectedHasNone => "A Protected Principal Has No Access",
        FindingId::ReducedAccess => "Somebody Loses Access",
    }
}

/// The same where the mode takes away what only aws-auth gives.
fn what_to_do_before_a_step(id: FindingId) -> &'static str {
    match id {
        FindingId::RunningIdentity | FindingId::ProtectedPrincipal => {
            "What to do: make an access entry for it, with the policies or groups that it needs, and apply that first."
        }
        FindingId::LastAdmin => {
            "What to do: make an access entry with AmazonEKSClusterAdminPolicy for somebody who exists, and apply that first."
        }
        FindingId::Nodes => {
            "What to do: make an access entry of the nodes' type for the role, and apply that first."
        }
        FindingId::Unreadable => {
            "What to do: give the caller the permission that is named. A mode that cannot go back is not set on a guess."
        }
        FindingId::ReducedAccess => {
            "What to do: make an access entry for whoever needs one, and apply that first; nothing, if it is meant."
        }
        id => what_to_do(id),
    }
}

/// The same where access entries alone let people in.
fn what_to_do_with_entries(id: FindingId) -> &'static str {
    match id {
        FindingId::RunningIdentity => {
            "What to do: keep the access entry with its policies and groups, or make one for another role that you can assume and apply that first."
        }
        FindingId::ProtectedPrincipal => {
            "What to do: keep its access entry with its policies and groups, or take it out of the provider's `protected_principals`."
        }
        FindingId::LastAdmin => {
            "What to do: make an access entry with AmazonEKSClusterAdminPolicy for somebody who exists, and apply that first."
        }
        FindingId::Nodes => "What to do: keep the access entry while nodes with this role exist.",
        id => what_to_do(id),
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

/// What else is to be done where an entry is made whose policies another resource may associate: it comes too late.
pub fn advise_policies_of_its_own(told: &Diagnostics) -> Diagnostics {
    let mut advised = Diagnostics::new();
    for diagnostic in told.iter() {
        let mut diagnostic = diagnostic.clone();
        diagnostic.detail.push_str(
            "\nAn access entry takes the place of what aws-auth gives. Give it its policies in its own `policies`: what another resource associates comes after the entry, and does not count here.",
        );
        advised.push(diagnostic);
    }
    advised
}

/// Roles and bindings that could not be read, so that nobody knows what a change of them takes from whom.
pub fn rbac_not_judged(cluster: &str, unread: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "Change Of Bindings Not Judged",
        format!(
            "Whether this change of roles and bindings in cluster `{cluster}` locks somebody out was not judged: {}. Grant that to whoever runs Terraform, or make sure \
             that another administrator is left.",
            unread.join("; ")
        ),
    )
}

/// What a write of aws-auth counts on could be read before it and not after it.
pub fn not_judged_again(cluster: &str, unread: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "Change Of aws-auth Not Judged Again",
        format!(
            "aws-auth of cluster `{cluster}` was changed. Whether somebody else took away at the same time what this change counts on was not judged: {}. \
             Make sure that an administrator is left.",
            unread.join("; ")
        ),
    )
}

/// The same of an access entry.
pub fn entry_not_judged_again(cluster: &str, unread: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "Change Of Access Entry Not Judged Again",
        format!(
            "An access entry of cluster `{cluster}` was changed. Whether somebody else took away at the same time what this change counts on was not judged: {}. \
             Make sure that an administrator is left.",
            unread.join("; ")
        ),
    )
}

/// A change that was judged before it and of which nobody can say what it does with what others changed at the same time.
pub fn rbac_not_judged_again(cluster: &str, unread: &[String]) -> Diagnostic {
    Diagnostic::warning(
        "Change Of Bindings Not Judged Again",
        format!(
            "This change of roles and bindings in cluster `{cluster}` was judged before it. Whether it locks somebody out with what others changed at the same time was not: \
             {}. The change itself may have taken that right. Make sure that an administrator is left.",
            unread.join("; ")
        ),
    )
}

/// The same where the provider block has the guard refuse what it cannot judge.
pub fn refused_unread(told: Diagnostic) -> Diagnostic {
    let text = format!(
        "{} With `lockout_guard = \"strict\"` it is refused.",
        told.detail
    );
    Diagnostic::error(told.summary, text)
}

/// The binding by which whoever acts may remove the rest could not go, and without its entry nobody could remove it.
pub fn own_entry_stays(cluster: &str, binding: &str) -> Diagnostic {
    Diagnostic::error(
        "The Caller's Own Entry Stays",
        format!(
            "In cluster `{cluster}`, {binding} gives whoever applies the right to remove the rest and is still there, so the entry by which it comes in stays as well. \
             See the error of {binding}, and apply again."
        ),
    )
}
