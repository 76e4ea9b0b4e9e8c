//! What may be done about an error in a line: candidates only, each of which has to prove itself.

use std::collections::BTreeMap;

use super::line::{FIELDS, Line};
use super::outcome::RepairRule;

/// One thing that could be done: new lines (without their ends) by number from 0.
pub(super) struct Candidate {
    pub(super) rule: RepairRule,
    pub(super) lines: Vec<(usize, String)>,
}

/// How far above the line of an error its cause is looked for.
const LINES_ABOVE: usize = 3;
/// How far above an indent is looked for that a line could have.
const NEIGHBOURS: usize = 40;
/// How many lines with something open are tried.
const MOST_OPEN: usize = 4;

/// What could be done about an error in line `at`, from 0.
pub(super) fn candidates(lines: &[&str], at: usize) -> Vec<Candidate> {
    let mut found = Vec::new();
    let near = at.saturating_sub(LINES_ABOVE)..=at;
    for number in near.rev() {
        let Some(line) = lines.get(number).map(|line| Line::parse(line)) else {
            continue;
        };
        found.extend(in_line(&line).into_iter().map(|(rule, text)| Candidate {
            rule,
            lines: vec![(number, text)],
        }));
    }
    for number in [Some(at), at.checked_sub(1)].into_iter().flatten() {
        found.extend(indents(lines, number));
    }
    found.extend(open_ends(lines, at));
    found
}

/// What a line says by itself.
fn in_line(line: &Line<'_>) -> Vec<(RepairRule, String)> {
    if line.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (value, rest) = line.plain_value();
    let is_unquotable = ["{{", "@", "`", "%"]
        .iter()
        .any(|start| value.starts_with(start));
    if is_unquotable {
        found.push((
            RepairRule::QuoteValue,
            line.with_value(&quoted(value), rest),
        ));
    }
    let content = line.content_text();
    if let Some(behind) = content.strip_prefix('-')
        && FIELDS
            .iter()
            .any(|field| has_field(behind, field, &[": ", ":"]))
    {
        found.push((
            RepairRule::SpaceAfterDash,
            line.with_content(&format!("- {behind}")),
        ));
    }
    for field in FIELDS {
        let Some(behind) = content.strip_prefix(field) else {
            continue;
        };
        match behind.strip_prefix(':') {
            Some(value) if !value.is_empty() && !value.starts_with(char::is_whitespace) => {
                let text = line.with_content(&format!("{field}: {value}"));
                found.push((RepairRule::SpaceAfterColon, text));
            }
            None if behind.starts_with(' ') && !behind.trim_start().starts_with(':') => {
                let text = line.with_content(&format!("{field}:{behind}"));
                found.push((RepairRule::ColonAfterField, text));
            }
            None if behind.trim().is_empty() => {
                let text = line.with_content(&format!("{field}:{behind}"));
                found.push((RepairRule::ColonAfterField, text));
            }
            _ => {}
        }
    }
    found
}

fn has_field(text: &str, field: &str, ends: &[&str]) -> bool {
    text.strip_prefix(field)
        .is_some_and(|behind| ends.iter().any(|end| behind.starts_with(end)))
}

/// In double quotes where nothing in it has a meaning there, else in single ones.
fn quoted(value: &str) -> String {
    match value.contains(['"', '\\']) {
        false => format!("\"{value}\""),
        true => format!("'{}'", value.replace('\'', "''")),
    }
}

/// Other indents for a line, alone and with what is indented below it.
fn indents(lines: &[&str], number: usize) -> Vec<Candidate> {
    let Some(line) = lines.get(number).map(|line| Line::parse(line)) else {
        return Vec::new();
    };
    let is_odd = line.has_odd_indent();
    let rule = if is_odd {
        RepairRule::SpacesIndent
    } else {
        RepairRule::Indent
    };
    if line.is_empty() && !is_odd {
        return Vec::new();
    }
    let mut found = Vec::new();
    let run = run_below(lines, number);
    for column in columns(lines, number) {
        if !is_odd && column == line.column() {
            continue;
        }
        found.push(Candidate {
            rule,
            lines: vec![(number, line.indented(column))],
        });
        if run.len() > 1 && !is_odd {
            let shifted = run.iter().filter_map(|below| {
                let line_below = Line::parse(lines.get(*below)?);
                let column = (line_below.column() + column).checked_sub(line.column())?;
                Some((*below, line_below.indented(column)))
            });
            let shifted: Vec<(usize, String)> = shifted.collect();
            if shifted.len() == run.len() {
                found.push(Candidate {
                    rule,
                    lines: shifted,
                });
            }
        }
    }
    found
}

/// The line and those below it that are indented deeper or belong to its item: what moves with it.
fn run_below(lines: &[&str], number: usize) -> Vec<usize> {
    let Some(first) = lines.get(number).map(|line| Line::parse(line)) else {
        return Vec::new();
    };
    let mut run = vec![number];
    for (below, line) in lines.iter().enumerate().skip(number + 1) {
        let line = Line::parse(line);
        if line.is_empty() || line.has_odd_indent() || line.column() <= first.column() {
            break;
        }
        run.push(below);
    }
    run
}

/// Columns at which the line could begin: those of the lines above it, what a field or an item above opens, and the most used ones first.
fn columns(lines: &[&str], number: usize) -> Vec<usize> {
    let own_dash = lines
        .get(number)
        .is_some_and(|line| Line::parse(line).has_dash());
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    let above = lines.iter().take(number).rev().take(NEIGHBOURS);
    let below = lines.iter().skip(number + 1).take(NEIGHBOURS);
    for line in above.chain(below).map(|line| Line::parse(line)) {
        if line.is_empty() || line.has_odd_indent() {
            continue;
        }
        let weight = if line.has_dash() == own_dash { 2 } else { 1 };
        *used.entry(line.column()).or_default() += weight;
        *used.entry(line.content_column()).or_default() += 1;
        if line.text.trim_end().ends_with(':') {
            for deeper in [2, 4] {
                used.entry(line.content_column() + deeper).or_default();
            }
        }
    }
    used.entry(0).or_default();
    let mut columns: Vec<(usize, usize)> = used.into_iter().collect();
    columns.sort_by_key(|(column, uses)| (std::cmp::Reverse(*uses), *column));
    columns.into_iter().map(|(column, _)| column).collect()
}

/// Quotes and brackets that a line opens and does not close: what follows is swallowed, so the error stands below.
fn open_ends(lines: &[&str], at: usize) -> Vec<Candidate> {
    let mut found = Vec::new();
    let above = lines.iter().enumerate().take(at + 1);
    for (number, text) in above {
        let line = Line::parse(text);
        let value = line.text.get(line.value..).unwrap_or_default().trim_end();
        if line.is_empty() || value.contains(" #") {
            continue;
        }
        let closed = match value.chars().next() {
            Some(quote @ ('"' | '\'')) if value.matches(quote).count() == 1 && value.len() > 1 => {
                Some((RepairRule::CloseQuote, format!("{value}{quote}")))
            }
            Some('[') if !value.contains(']') => {
                Some((RepairRule::CloseBracket, format!("{value}]")))
            }
            _ => None,
        };
        if let Some((rule, value)) = closed {
            found.push(Candidate {
                rule,
                lines: vec![(number, line.with_value(&value, ""))],
            });
        }
        if found.len() == MOST_OPEN {
            break;
        }
    }
    found
}
