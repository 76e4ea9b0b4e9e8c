//! What comes of a repair: the changed lines, or why there are none.

use std::fmt;

use crate::aws_auth::Section;

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
    pub reason: IrreparableReason,
}

/// Why nothing was done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IrreparableReason {
    /// No rule makes a list of entries of it.
    NoRule,
    /// Several edits of the same size would do, and they mean different things.
    Ambiguous,
    /// The text is too large for the search.
    TooLarge,
}

impl fmt::Display for IrreparableReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRule => "no small edit makes a list of entries of it",
            Self::Ambiguous => "it could be meant in more than one way",
            Self::TooLarge => "the text is too large to try",
        })
    }
}
