//! Why a command has no answer. It ends the process with 2: neither yes nor no.

use eksauth_provider::diagnostics::page::page_about;
use eksauth_provider::ports::ApiError;
use tf_provider::{Diagnostic, Diagnostics, Severity};

/// What went wrong, as it is printed behind `error: `.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure in one sentence.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A file or stream that cannot be read.
    pub fn read(what: &str, error: &std::io::Error) -> Self {
        Self(format!("`{what}` cannot be read: {error}"))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error.detail())
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self(sentences(&diagnostics))
    }
}

/// Messages of the provider as the command line prints them, one below the other.
pub(crate) fn sentences(diagnostics: &Diagnostics) -> String {
    messages(diagnostics).collect::<Vec<String>>().join("\n")
}

/// The same one by one.
pub(crate) fn messages(diagnostics: &Diagnostics) -> impl Iterator<Item = String> {
    diagnostics.iter().map(message)
}

/// A message of the provider, an error with the address of its page where there is one.
pub(crate) fn message(diagnostic: &Diagnostic) -> String {
    let text = format!("{}: {}", diagnostic.summary, diagnostic.detail);
    let page = match diagnostic.severity {
        Severity::Error => page_about(&diagnostic.summary),
        Severity::Warning => None,
    };
    match page {
        Some(page) => format!("{}\nSee {page}", text.trim_end()),
        None => text,
    }
}
