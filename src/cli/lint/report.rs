//! Findings as a table for people, as JSON for programs, as SARIF for code scanning.

use eksauth_core::access::severity::Severity;
use serde_json::{Value, json};

use super::file::LintedFiles;
use super::finding::Found;
use crate::output;

pub(super) fn table(found: &[Found]) -> String {
    let row = |found: &Found| {
        let line = match found.file_line {
            Some(line) => format!(" (line {line})"),
            None => String::new(),
        };
        [
            format!("{}{line}", found.place()),
            found.severity.word().to_owned(),
            found.id.to_owned(),
            found.text.clone(),
        ]
    };
    let rows: Vec<[String; 4]> = found.iter().map(row).collect();
    let errors = found
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .count();
    let plural = |number: usize, word: &str| {
        format!("{number} {word}{}", if number == 1 { "" } else { "s" })
    };
    format!(
        "{}{} ({})\n",
        output::aligned(&rows, ""),
        plural(found.len(), "finding"),
        plural(errors, "error")
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
