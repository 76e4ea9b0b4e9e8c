//! Why a step of a story or of the bed failed, with the place in the source that noticed.

use std::{fmt, panic::Location};

/// A step's result.
pub type Outcome<T = ()> = Result<T, Failure>;

/// What went wrong, for a person to read.
///
/// It is no `std::error::Error`, so that `?` turns every error into one and keeps the place.
pub struct Failure {
    text: String,
    place: &'static Location<'static>,
}

impl Failure {
    /// A failure that says `text`.
    #[track_caller]
    pub fn new(text: impl Into<String>) -> Failure {
        Failure {
            text: text.into(),
            place: Location::caller(),
        }
    }

    /// The same failure, told as part of `what`.
    #[must_use]
    pub fn during(mut self, what: &str) -> Failure {
        self.text = format!("{what}: {}", self.text);
        self
    }
}

impl<E: std::error::Error> From<E> for Failure {
    #[track_caller]
    fn from(error: E) -> Failure {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Failure {
            text,
            place: Location::caller(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n  at {}:{}",
            self.text,
            self.place.file(),
            self.place.line()
        )
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Fails with `text` unless `holds`.
///
/// # Errors
/// The text, when `holds` is false.
#[track_caller]
pub fn expect(holds: bool, text: impl Into<String>) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(Failure::new(text))
    }
}

/// Fails with a diff unless both texts are the same.
///
/// # Errors
/// The differing lines.
#[track_caller]
pub fn expect_same(what: &str, expected: &str, actual: &str) -> Outcome {
    if expected == actual {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(expected, actual);
    Err(Failure::new(format!(
        "{what} differs:\n{}",
        diff.unified_diff().header("expected", "actual")
    )))
}

/// Fails unless `text` has every one of `parts` in it; line breaks and Terraform's frame do not count.
///
/// # Errors
/// The first part that is missing, with the whole text.
#[track_caller]
pub fn expect_parts(text: &str, parts: &[&str]) -> Outcome {
    let flat = unframed(text);
    match parts.iter().find(|part| !flat.contains(**part)) {
        None => Ok(()),
        Some(missing) => Err(Failure::new(format!("`{missing}` is missing in:\n{text}"))),
    }
}

/// A text of Terraform without the frame it draws around diagnostics and without its line breaks.
#[must_use]
pub fn unframed(text: &str) -> String {
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| !matches!(*word, "│" | "╷" | "╵"))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_the_cause_and_the_place() {
        fn read() -> Outcome<Vec<u8>> {
            Ok(std::fs::read("/nonexistent")?)
        }
        let failure = read().unwrap_err().during("reading");
        let text = failure.to_string();
        assert!(
            text.starts_with("reading: No such file or directory (os error 2)\n  at "),
            "{text}"
        );
        assert!(text.contains("failure.rs:"), "{text}");
    }

    #[test]
    fn parts_are_found_across_the_lines_of_a_diagnostic() {
        let framed = "╷\n│ Error: Entry Exists\n│ \n│ the entry of\n│ `arn` is there already\n╵\n";
        assert!(expect_parts(framed, &["Entry Exists", "entry of `arn` is"]).is_ok());
        assert!(expect_parts(framed, &["entry of `other`"]).is_err());
    }
}
