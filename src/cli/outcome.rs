//! What a command answers: text for standard output and a verdict for the exit code.

use std::process::ExitCode;

use eksauth_provider::aws_auth::recovery::KeptCopy;

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

/// The last line of a dry run.
pub(crate) const NOT_WRITTEN: &str = "nothing was written (--dry-run)\n";

/// The last line of a write: what was done, and the copy that undoes it where one was kept.
pub(crate) fn done(what: &str, copy: Option<&KeptCopy>) -> String {
    match copy {
        Some(copy) => format!("{what}; copy kept: {copy}\n"),
        None => format!("{what}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_names_the_copy_that_was_kept() {
        let copy = KeptCopy::ConfigMap("aws-auth-recovery-1".to_owned());
        assert_eq!(
            done("removed", Some(&copy)),
            "removed; copy kept: aws-auth-recovery-1\n"
        );
        assert_eq!(done("added", None), "added\n");
    }
}
