//! Where the lines of a text stand that is a value in a file.

/// Where a text's lines stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextLines {
    /// Each has its own line in the file, the first one this, from 1: a block behind `|`.
    From(usize),
    /// All stand in one value that begins in this line, from 1: a JSON string.
    At(usize),
}

impl TextLines {
    /// The line of the file, from 1, in which a line of the text, from 1, stands.
    pub fn in_file(self, line: usize) -> usize {
        match self {
            Self::From(first) => first + line.saturating_sub(1),
            Self::At(line) => line,
        }
    }
}
