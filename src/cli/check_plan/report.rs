//! Who gains, who loses, who changes: the comparison as a table for people, as markdown for a pull request, as JSON or SARIF for programs.

use serde_json::{Value, json};

use eksauth_core::access::lockout::{Assessment, Comparison, Finding, Severity};
use eksauth_core::access::report::{Appliers, cell, changed_rows};

/// One cluster's part of a report.
#[derive(Debug)]
pub struct ClusterReport {
    /// The cluster.
    pub cluster: String,
    /// Who applies the plan, by canonical ARN.
    pub running: Vec<String>,
    /// Principals and findings.
    pub assessment: Assessment,
    /// Changes that could not be counted: address and the value that is unknown.
    pub unknown: Vec<(String, String)>,
    /// What could not be read of the cluster or counted, and why.
    pub unread: Vec<String>,
    /// Whether everything that decides who enters could be read.
    pub is_known: bool,
}

impl ClusterReport {
    /// Findings of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.assessment.of_severity(severity).len()
    }

    fn rows(&self) -> Vec<[String; 4]> {
        let appliers = Appliers {
            arns: &self.running,
            you: None,
        };
        changed_rows(&self.assessment.comparisons, appliers)
    }
}

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

/// `1 error, 0 warnings`.
pub fn summary(reports: &[ClusterReport]) -> String {
    let count = |severity| {
        reports
            .iter()
            .map(|report| report.count(severity))
            .sum::<usize>()
    };
    let plural = |number: usize, word: &str| {
        format!("{number} {word}{}", if number == 1 { "" } else { "s" })
    };
    format!(
        "{}, {}",
        plural(count(Severity::Error), "error"),
        plural(count(Severity::Warning), "warning")
    )
}

/// The report for a terminal.
pub fn table(reports: &[ClusterReport]) -> String {
    let mut text = String::new();
    for report in reports {
        text.push_str(&format!("cluster {}\n", report.cluster));
        let rows = report.rows();
        if rows.is_empty() {
            text.push_str("  nobody gains or loses access\n");
        }
        text.push_str(&crate::output::columns(
            ["who", "before", "after", ""],
            &rows,
            "  ",
        ));
        for finding in &report.assessment.findings {
            text.push_str(&format!(
                "  {}  {}: {}\n",
                finding.severity.word(),
                finding.id,
                finding.reason
            ));
            if finding.severity == Severity::Error {
                text.push_str(&format!(
                    "         to mean it: EKSAUTH_LOCKOUT_ACK={}\n",
                    finding.acknowledgement()
                ));
            }
        }
        for note in notes(report) {
            text.push_str(&format!("  {note}\n"));
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
            text.push_str("Nobody gains or loses access.\n\n");
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
        for finding in &report.assessment.findings {
            text.push_str(&format!(
                "- **{}** `{}`: {}\n",
                finding.severity.word(),
                finding.id,
                finding.reason
            ));
        }
        for note in notes(report) {
            text.push_str(&format!("- {note}\n"));
        }
        text.push('\n');
    }
    text.push_str(&summary(reports));
    text.push('\n');
    text
}

/// The report for programs.
pub fn json(reports: &[ClusterReport]) -> Value {
    let clusters: Vec<Value> = reports
        .iter()
        .map(|report| {
            let principals: Vec<Value> = report
                .assessment
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
                .map(|(address, value)| json!({"address": address, "value": value}))
                .collect();
            json!({
                "cluster": report.cluster,
                "principals": principals,
                "findings": report.assessment.findings.iter().map(finding).collect::<Vec<_>>(),
                "unknown": unknown,
                "unreadable": report.unread,
            })
        })
        .collect();
    json!({"clusters": clusters, "summary": summary(reports)})
}

/// The findings in SARIF 2.1.0.
pub fn sarif(reports: &[ClusterReport]) -> Value {
    let findings = reports
        .iter()
        .flat_map(|report| &report.assessment.findings);
    let results: Vec<Value> = findings
        .map(|finding| {
            json!({
                "ruleId": finding.id.as_str(),
                "level": finding.severity.word(),
                "message": {"text": finding.reason},
                "locations": [{"logicalLocations": [{"fullyQualifiedName": format!("{}/{}", finding.cluster, finding.arn)}]}],
            })
        })
        .collect();
    crate::output::sarif(results)
}

fn finding(finding: &Finding) -> Value {
    json!({
        "id": finding.id.as_str(),
        "severity": finding.severity.word(),
        "arn": finding.arn,
        "reason": finding.reason,
        "acknowledgement": finding.acknowledgement(),
    })
}

fn notes(report: &ClusterReport) -> Vec<String> {
    let unknown = report.unknown.iter().map(|(address, value)| {
        format!("not counted: {address}, because `{value}` is decided during apply")
    });
    unknown
        .chain(
            report
                .unread
                .iter()
                .map(|reason| format!("not judged: {reason}")),
        )
        .collect()
}
