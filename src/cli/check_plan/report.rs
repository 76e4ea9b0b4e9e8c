//! Who gains, who loses, who changes: the comparison as a table for people, as markdown for a pull request, as JSON or SARIF for programs.

use serde_json::{Value, json};

use eksauth_core::access::lockout::{Comparison, Finding, Severity};
use eksauth_core::access::report::{Appliers, cell, changed_rows};
use eksauth_core::plural::counted;

use eksauth_provider::config::LOCKOUT_ACK_VARIABLE;

use super::moved::Moved;
use super::plan_file::PlanFile;
use super::planned::{PlannedChanges, UnknownValue};

/// One cluster's part of a report.
#[derive(Debug, Default)]
pub struct ClusterReport {
    /// The cluster.
    pub cluster: String,
    /// Who applies the plan, by canonical ARN.
    pub running: Vec<String>,
    /// Everyone before and after; the gravest first.
    pub comparisons: Vec<Comparison>,
    /// The gravest first.
    pub findings: Vec<ShownFinding>,
    /// Values that are decided during apply.
    pub unknown: Vec<UnknownValue>,
    /// What could not be read of the cluster or counted, and why.
    pub unread: Vec<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// Blocks that keep what would be removed and made again.
    pub moved: Vec<Moved>,
    /// Whether something that decides could not be found out.
    pub is_open: bool,
    /// Whether access is taken away and nothing else is done, as where a whole configuration goes.
    pub is_teardown: bool,
    /// What decides and could not be found out, beside single values.
    pub not_found_out: Vec<String>,
}

/// A finding as it counts for this plan.
#[derive(Debug)]
pub struct ShownFinding {
    /// What was found.
    pub finding: Finding,
    /// How grave it is with what is acknowledged and with the provider's own settings.
    pub severity: Severity,
    /// It was said to be meant.
    pub is_acknowledged: bool,
}

impl ClusterReport {
    /// Findings of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        let of_severity = self
            .findings
            .iter()
            .filter(|shown| shown.severity == severity);
        of_severity.count()
    }

    /// What the plan itself leaves open, or says beside its changes.
    pub fn add_planned(&mut self, plan: &PlanFile, changes: &PlannedChanges) {
        let incomplete = plan.incompleteness();
        self.is_open |= !incomplete.is_empty() || !changes.unplaced.is_empty();
        self.is_open |= changes.unknown.iter().any(|unknown| unknown.decides);
        self.not_found_out.extend(incomplete);
        self.not_found_out.extend(changes.unplaced.iter().map(|address| {
            format!(
                "`{address}`: whether it is of this cluster cannot be told from the plan; name one --cluster, with its --region, or write the region \
                 into the provider block"
            )
        }));
        self.unknown = changes.unknown.clone();
        self.notes = changes.notes.clone();
        if let Some(address) = &changes.destroyed_by {
            self.notes.push(format!(
                "`{address}` destroys or replaces the cluster, and every entry with it"
            ));
            // Nothing of the cluster decides any more.
            self.is_open = !plan.incompleteness().is_empty();
        }
    }

    /// Something that decides could not be found out.
    pub fn leave_open(&mut self, reason: String) {
        self.is_open = true;
        self.not_found_out.push(reason);
    }

    /// No object of the plan is in the cluster, and others are in these.
    pub fn add_misnamed(&mut self, others: &[String]) {
        let others = others.join("`, `");
        let text = format!(
            "whether cluster `{}` is the one that is meant: no object of this plan is in it; there are objects in `{others}`",
            self.cluster
        );
        self.leave_open(text);
    }

    /// The words that acknowledge everything that is refused, ready to paste; empty where nothing is.
    fn acknowledgements(&self) -> Vec<String> {
        let refused = self
            .findings
            .iter()
            .filter(|shown| shown.severity == Severity::Error);
        let words: Vec<String> = refused
            .map(|shown| shown.finding.acknowledgement())
            .collect();
        if words.is_empty() {
            return Vec::new();
        }
        let whole = self.is_teardown.then(|| {
            format!(
                "to acknowledge it where the whole configuration or the cluster goes: {LOCKOUT_ACK_VARIABLE}={}:destroy",
                self.cluster
            )
        });
        let all = if words.len() > 1 { " all of it" } else { "" };
        let exact = format!(
            "to acknowledge{all}: {LOCKOUT_ACK_VARIABLE}={}",
            words.join(",")
        );
        std::iter::once(exact).chain(whole).collect()
    }

    /// What stands in place of the table where nobody is in it.
    fn nobody(&self) -> &'static str {
        let is_all_known = self.unread.is_empty() && self.unknown.is_empty();
        match self.is_open || !self.findings.is_empty() || !is_all_known {
            true => {
                "nobody is known to gain or lose access in the end; what is found, or not found out, stands below"
            }
            false => "nobody gains or loses access",
        }
    }

    /// What could not be read, once each.
    pub fn add_unread(&mut self, reasons: Vec<String>) {
        for reason in reasons {
            if !self.unread.contains(&reason) {
                self.unread.push(reason);
            }
        }
    }

    fn rows(&self) -> Vec<[String; 4]> {
        let appliers = Appliers {
            arns: &self.running,
            ..Appliers::default()
        };
        changed_rows(&self.comparisons, appliers)
    }

    /// What stands below the findings.
    fn remarks(&self) -> Vec<String> {
        let unknown = self.unknown.iter().map(|unknown| {
            let UnknownValue { address, value, .. } = unknown;
            match unknown.decides {
                true => format!(
                    "not found out: {address}, because `{value}` is decided during apply and somebody may lose access by it"
                ),
                false => format!(
                    "not counted: {address}, because `{value}` is decided during apply; it takes nothing from anybody"
                ),
            }
        });
        let open = self
            .not_found_out
            .iter()
            .map(|reason| format!("not found out: {reason}"));
        let unread = self
            .unread
            .iter()
            .map(|reason| format!("not judged: {reason}"));
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        unknown.chain(open).chain(unread).chain(notes).collect()
    }

    fn moved_blocks(&self) -> String {
        self.moved.iter().map(Moved::block).collect()
    }
}

const MOVED: &str =
    "objects are removed at one address and made, the same, at another; these blocks keep them";

/// Everyone before and after, for programs; those who keep what they have are among them.
pub(crate) fn comparisons_json(comparisons: &[Comparison]) -> Vec<Value> {
    let one = |comparison: &Comparison| {
        json!({
            "arn": comparison.principal.arn,
            "before": cell(&comparison.before),
            "after": cell(&comparison.after),
            "change": comparison.change.id(),
        })
    };
    comparisons.iter().map(one).collect()
}

/// `1 error, 0 warnings`, and whether something was not found out.
pub fn summary(reports: &[ClusterReport]) -> String {
    let count = |severity| {
        reports
            .iter()
            .map(|report| report.count(severity))
            .sum::<usize>()
    };
    let open = match reports.iter().any(|report| report.is_open) {
        true => "; not everything could be found out",
        false => "",
    };
    format!(
        "{}, {}{open}",
        counted(count(Severity::Error), "error"),
        counted(count(Severity::Warning), "warning")
    )
}

/// The report for a terminal.
pub fn table(reports: &[ClusterReport]) -> String {
    let mut text = String::new();
    for report in reports {
        text.push_str(&format!("cluster {}\n", report.cluster));
        let rows = report.rows();
        if rows.is_empty() {
            text.push_str(&format!("  {}\n", report.nobody()));
        }
        text.push_str(&crate::output::columns(
            ["who", "before", "after", ""],
            &rows,
            "  ",
        ));
        for shown in &report.findings {
            let ShownFinding { finding, .. } = shown;
            text.push_str(&format!(
                "  {}  {}: {}\n",
                word(shown),
                finding.id,
                finding.reason
            ));
        }
        for acknowledgement in report.acknowledgements() {
            text.push_str(&format!("  {acknowledgement}\n"));
        }
        for remark in report.remarks() {
            text.push_str(&format!("  {remark}\n"));
        }
        if !report.moved.is_empty() {
            text.push_str(&format!("  {MOVED}:\n\n{}\n", report.moved_blocks()));
        }
    }
    text.push_str(&summary(reports));
    text.push('\n');
    text
}

/// The report for a pull request.
pub fn markdown(reports: &[ClusterReport]) -> String {
    let mut text = String::new();
    for report in reports {
        text.push_str(&format!("### Access to cluster `{}`\n\n", report.cluster));
        let rows = report.rows();
        if rows.is_empty() {
            text.push_str(&format!("_{}_\n\n", report.nobody()));
        } else {
            text.push_str("| principal | before | after | |\n|---|---|---|---|\n");
            for [who, before, after, word] in rows {
                let word = if word.starts_with("loses") {
                    format!("**{word}**")
                } else {
                    word
                };
                let cells = [who, before, after].map(|cell| cell.replace('|', "\\|"));
                text.push_str(&format!("| {} | {word} |\n", cells.join(" | ")));
            }
            text.push('\n');
        }
        for shown in &report.findings {
            text.push_str(&format!(
                "- **{}** `{}`: {}\n",
                word(shown),
                shown.finding.id,
                shown.finding.reason
            ));
        }
        for acknowledgement in report.acknowledgements() {
            text.push_str(&format!("- {acknowledgement}\n"));
        }
        for remark in report.remarks() {
            text.push_str(&format!("- {remark}\n"));
        }
        if !report.moved.is_empty() {
            text.push_str(&format!(
                "\n{MOVED}:\n\n```hcl\n{}```\n",
                report.moved_blocks()
            ));
        }
        text.push('\n');
    }
    text.push_str(&summary(reports));
    text.push('\n');
    text
}

/// The report for programs.
pub fn json(reports: &[ClusterReport]) -> Value {
    let clusters: Vec<Value> = reports.iter().map(cluster_json).collect();
    json!({"clusters": clusters, "summary": summary(reports)})
}

fn cluster_json(report: &ClusterReport) -> Value {
    let principals: Vec<Value> = report
        .comparisons
        .iter()
        .map(|comparison| {
            json!({
                "arn": comparison.principal.arn,
                "applies_this_plan": report.running.contains(&comparison.principal.arn),
                "before": cell(&comparison.before),
                "after": cell(&comparison.after),
                "change": comparison.change.id(),
            })
        })
        .collect();
    let unknown: Vec<Value> = report
        .unknown
        .iter()
        .map(|unknown| {
            json!({"address": unknown.address, "value": unknown.value, "decides": unknown.decides})
        })
        .collect();
    let moved: Vec<Value> = report
        .moved
        .iter()
        .map(|moved| json!({"from": moved.from, "to": moved.to}))
        .collect();
    json!({
        "cluster": report.cluster,
        "principals": principals,
        "findings": report.findings.iter().map(finding_json).collect::<Vec<_>>(),
        "unknown": unknown,
        "not_found_out": report.not_found_out,
        "unreadable": report.unread,
        "notes": report.notes,
        "moved": moved,
        "found_out": !report.is_open,
    })
}

/// The findings in SARIF 2.1.0, each in the plan's file, and what could not be found out as one of them.
pub fn sarif(plan: &str, reports: &[ClusterReport]) -> Value {
    let of_findings = reports
        .iter()
        .flat_map(|report| &report.findings)
        .map(|shown| {
            let finding = &shown.finding;
            sarif_result(
                plan,
                finding.id.as_str(),
                shown.severity.word(),
                &finding.reason,
                &format!("{}/{}", finding.cluster, finding.arn),
            )
        });
    let of_open = reports
        .iter()
        .filter(|report| report.is_open)
        .map(|report| {
            let remarks = report.remarks();
            sarif_result(
                plan,
                "check-plan.not-found-out",
                Severity::Warning.word(),
                &remarks.join("; "),
                &report.cluster,
            )
        });
    crate::output::sarif(of_findings.chain(of_open).collect())
}

fn sarif_result(plan: &str, rule: &str, level: &str, text: &str, place: &str) -> Value {
    // A plan is one line of JSON, and a finding follows from all of it.
    let mut location = crate::output::in_file(plan, 1);
    if let (Some(location), Value::Object(logical)) =
        (location.as_object_mut(), crate::output::named(place))
    {
        location.extend(logical);
    }
    json!({
        "ruleId": rule,
        "level": level,
        "message": {"text": text},
        "locations": [location],
    })
}

fn finding_json(shown: &ShownFinding) -> Value {
    let finding = &shown.finding;
    json!({
        "id": finding.id.as_str(),
        "severity": shown.severity.word(),
        "arn": finding.arn,
        "reason": finding.reason,
        "acknowledgement": finding.acknowledgement(),
        "acknowledged": shown.is_acknowledged,
    })
}

fn word(shown: &ShownFinding) -> &'static str {
    match shown.is_acknowledged {
        true => "acknowledged",
        false => shown.severity.word(),
    }
}
