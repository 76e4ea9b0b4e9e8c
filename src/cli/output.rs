//! How answers are printed: aligned columns on a terminal, JSON and SARIF for programs.

use serde_json::{Value, json};

/// Rows under their headings, each column as wide as its widest cell. Empty for no rows.
pub fn columns<const N: usize>(headings: [&str; N], rows: &[[String; N]], indent: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain(headings.get(column).map(|heading| heading.chars().count()))
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: &[String; N]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}", width = *width))
            .collect();
        format!("{indent}{}", padded.join("  "))
            .trim_end()
            .to_owned()
            + "\n"
    };
    let mut text = line(&headings.map(str::to_owned));
    for row in rows {
        text.push_str(&line(row));
    }
    text
}

/// Rows without headings, each column as wide as its widest cell.
pub fn aligned<const N: usize>(rows: &[[String; N]], indent: &str) -> String {
    let text = columns([""; N], rows, indent);
    // The line of empty headings.
    text.split_once('\n')
        .map(|(_, body)| body.to_owned())
        .unwrap_or_default()
}

/// Results in the envelope of SARIF 2.1.0.
pub fn sarif(results: Vec<Value>) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "terraform-provider-eksauth", "version": env!("CARGO_PKG_VERSION")}},
            "results": results,
        }],
    })
}
