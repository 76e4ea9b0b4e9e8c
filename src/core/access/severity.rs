//! How grave a finding about access is.

/// How grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A change that is refused, or something that does something else than it says: an entry that never matches, a section that is empty.
    Error,
    /// It works, with consequences that are easily overlooked.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`, as SARIF spells them.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}
