//! The smallest edit that makes a section parse again: whole lines are changed, none is added or taken away, and every other line stays byte
//! for byte.
//!
//! It never guesses. A rule fires at the place of the error only; the repaired text must be a list of entries, each entry that a changed line
//! belongs to must look like one, and where several smallest edits are possible all of them must mean the same.

mod line;
mod meaning;
mod outcome;
mod rules;
mod search;

pub use self::outcome::{Irreparable, IrreparableReason, LineEdit, Repair, RepairRule};
use self::search::search;
use super::{Section, read::read_section};

/// Repairs a section's text; `None` where it parses to a list (or to nothing) already.
///
/// # Errors
/// There is no edit that is safe.
pub fn repair(section: Section, text: &str) -> Result<Option<Repair>, Irreparable> {
    let (_, problems) = read_section(section, text);
    let Some(problem) = meaning::empties(&problems) else {
        return Ok(None);
    };
    let irreparable = |reason| Irreparable {
        section,
        line: problem.line,
        column: problem.column,
        problem: problem.text.clone(),
        text: line::nth(text, problem.line).to_owned(),
        reason,
    };
    let lines = search(section, text).map_err(irreparable)?;
    let repaired: String = lines.iter().map(|line| line.text.as_str()).collect();
    let edits = text.split_inclusive('\n').zip(&lines).enumerate();
    let edits = edits
        .filter(|(_, (before, after))| before != &after.text)
        .map(|(number, (before, after))| LineEdit {
            line: number + 1,
            before: line::without_end(before).to_owned(),
            after: line::without_end(&after.text).to_owned(),
            rule: after.rule.unwrap_or(RepairRule::Indent),
        });
    Ok(Some(Repair {
        section,
        edits: edits.collect(),
        text: repaired,
    }))
}
