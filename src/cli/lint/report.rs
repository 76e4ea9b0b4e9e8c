//! Findings as a table for people, as JSON for programs, as SARIF for code scanning.

use eksauth_core::access::severity::Severity;
use eksauth_core::plural::counted;
use serde_json::{Value, json};

use super::file::LintedFiles;
use super::finding::{Found, joined};
use crate::output;

/// A line that says how grave, what and where, and the text below it.
pub(super) fn table(found: &[Found]) -> String {
    let one = |found: &Found| {
        let line = match (&found.file, found.file_line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.clone(),
            (None, _) => String::new(),
        };
        let places = [line, found.place()];
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let place = joined(&places, ", ");
        let text = output::folded("  ", &found.text);
        format!("{}  {}  {place}\n{text}", found.severity.word(), found.id)
    };
    let errors = found
        .iter()
        .filter(|found| found.severity == Severity::Error);
    let text: String = found.iter().map(one).collect();
    format!(
        "{text}{} ({})\n",
        counted(found.len(), "finding"),
        counted(errors.count(), "error")
    )
}

/// `line` counts in the section, `file_line` in the file.
pub(super) fn json(linted: &LintedFiles) -> Value {
    let one = |found: &Found| {
        json!({
            "id": found.id,
            "severity": found.severity.word(),
            "place": found.place(),
            "line": found.line,
            "file": found.file,
            "file_line": found.file_line,
            "text": found.text,
        })
    };
    json!({
        "findings": linted.found.iter().map(one).collect::<Vec<_>>(),
        "not_judged": linted.passed_over,
    })
}

pub(super) fn sarif(found: &[Found]) -> Value {
    let one = |found: &Found| {
        let place = found.place();
        let location = match &found.file {
            Some(file) => output::in_file(file, found.file_line.unwrap_or(1)),
            None => output::named(&place),
        };
        json!({
            "ruleId": found.id,
            "level": found.severity.word(),
            "message": {"text": format!("{place}: {}", found.text)},
            "locations": [location],
        })
    };
    output::sarif(found.iter().map(one).collect())
}
