//! What a command answers: text for standard output and a verdict for the exit code.

use std::process::ExitCode;

/// The verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, done, nothing found: 0.
    Yes,
    /// No, refused, something found: 1.
    No,
    /// It could not be found out: 2.
    Undetermined,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Yes => ExitCode::from(0),
            Verdict::No => ExitCode::from(1),
            Verdict::Undetermined => ExitCode::from(2),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Outcome {
    /// For standard output, with its final newline.
    pub text: String,
    /// For standard error.
    pub warning: Option<String>,
    /// For the exit code.
    pub verdict: Verdict,
}

impl Outcome {
    /// An answer without a warning.
    pub fn new(text: impl Into<String>, verdict: Verdict) -> Self {
        Self {
            text: text.into(),
            warning: None,
            verdict,
        }
    }
}

/// Several warnings as one text: `warning: ` is printed before the first, and each of the others has its own.
pub(crate) fn warnings(texts: impl IntoIterator<Item = String>) -> Option<String> {
    let texts: Vec<String> = texts.into_iter().collect();
    (!texts.is_empty()).then(|| texts.join("\nwarning: "))
}
