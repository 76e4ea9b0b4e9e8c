//! The smallest edit that makes a section parse again: whole lines are changed, none is added or taken away, and every other line stays byte
//! for byte.
//!
//! It never guesses. A rule fires at the place of the error only; the repaired text must be a list of entries, each entry that a changed line
//! belongs to must look like one, and where several smallest edits are possible all of them must mean the same.

mod line;
mod rules;
mod search;
mod sound;

use std::fmt;

use self::search::search;
use super::{Section, read::read_section};

/// A section's repaired text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The section.
    pub section: Section,
    /// The whole text.
    pub text: String,
    /// What was changed, in the text's order.
    pub edits: Vec<LineEdit>,
}

/// One line that a repair changes. Line ends are not part of it and never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineEdit {
    /// From 1, within the section's text.
    pub line: usize,
    /// As it was.
    pub before: String,
    /// As it becomes.
    pub after: String,
    /// What was done.
    pub rule: RepairRule,
}

/// What can be done to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RepairRule {
    /// Tabs and no-break spaces in the indent become spaces.
    SpacesIndent,
    /// The line, and what is indented below it, gets the indent of its neighbours.
    Indent,
    /// A value that begins with a character that can begin none is put in quotes.
    QuoteValue,
    /// A quote that is opened and not closed on its line is closed.
    CloseQuote,
    /// A bracket that is opened and not closed on its line is closed.
    CloseBracket,
    /// A dash gets the space behind it.
    SpaceAfterDash,
    /// A field's colon gets the space behind it.
    SpaceAfterColon,
    /// A field gets its colon.
    ColonAfterField,
}

impl fmt::Display for RepairRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SpacesIndent => "spaces in place of tabs in the indent",
            Self::Indent => "the indent of its neighbours",
            Self::QuoteValue => "quotes around the value",
            Self::CloseQuote => "the closing quote",
            Self::CloseBracket => "the closing bracket",
            Self::SpaceAfterDash => "a space behind the dash",
            Self::SpaceAfterColon => "a space behind the colon",
            Self::ColonAfterField => "a colon behind the field's name",
        })
    }
}

/// Why there is no repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Irreparable {
    /// The section.
    pub section: Section,
    /// The line of the error, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: String,
    /// The line's text.
    pub text: String,
    /// Why nothing was done about it.
    pub reason: WhyNot,
}

/// Why nothing was done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// No rule makes a list of entries of it.
    NoRule,
    /// Several edits of the same size would do, and they mean different things.
    Ambiguous,
    /// The text is too large for the search.
    TooLarge,
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRule => "no small edit makes a list of entries of it",
            Self::Ambiguous => "it could be meant in more than one way",
            Self::TooLarge => "the text is too large to try",
        })
    }
}

/// Repairs a section's text; `None` where it parses to a list (or to nothing) already.
///
/// # Errors
/// There is no edit that is safe.
pub fn repair(section: Section, text: &str) -> Result<Option<Repair>, Irreparable> {
    let (_, problems) = read_section(section, text);
    let Some(problem) = sound::empties(&problems) else {
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
