//! What every failed call has in common: its chain of causes, told once and without secrets.
//!
//! What surprises: an `io::Error` hides the error it carries from `source()`, so a chain is walked through `get_ref` too.
//! The words of AWS repeat signed requests back to the caller, so every text that leaves this room goes through [`redact`].

use std::error::Error;
use std::io;
use std::sync::LazyLock;
use std::time::SystemTime;

use regex_lite::Regex;

/// Texts of the SDK that say nothing by themselves.
const EMPTY_WORDS: [&str; 12] = [
    "service error",
    "dispatch failure",
    "unhandled error",
    "failed to construct request",
    "request has timed out",
    "response error",
    "an error occurred while loading credentials",
    "io error",
    "timeout",
    "other",
    "user error",
    "an error occurred",
];

/// An error and everything below it, outermost first.
pub(crate) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = below(current);
        Some(current)
    })
}

/// The error below, also where an `io::Error` wraps it.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// The first error of a type in the chain.
pub(crate) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|one| one.downcast_ref::<T>())
}

/// The causes worth telling: outermost first, each said once, nothing that `message` says already, no secrets.
pub(crate) fn causes(error: &(dyn Error + 'static), message: &str) -> Vec<String> {
    let mut told = vec![message.to_owned()];
    for one in chain(error) {
        let text = redact(one.to_string().trim());
        let empty = text.is_empty() || EMPTY_WORDS.contains(&text.to_lowercase().as_str());
        if !empty && !told.iter().any(|earlier| earlier.contains(&text)) {
            told.push(text);
        }
    }
    told.remove(0);
    told
}

/// The text without signatures, tokens, keys and passwords.
pub(crate) fn redact(text: &str) -> String {
    static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
        [
            (r"(?i)(x-amz-(?:signature|security-token|credential)\s*[=:]\s*)[^&\s'\x22,;]+", "${1}(redacted)"),
            (r"(?i)((?:webidentitytoken|samlassertion|secretaccesskey|sessiontoken)\s*=\s*)[^&\s'\x22,;]+", "${1}(redacted)"),
            (r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", "${1} (redacted)"),
            (r"k8s-aws-v1\.[A-Za-z0-9_=-]*", "k8s-aws-v1.(redacted)"),
            (r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", "(redacted)"),
            (r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b", "(redacted)"),
            (r"(?i)(credential=)[^\s,&]+", "${1}(redacted)"),
            (r"(?i)(signature=)[0-9a-f]{16,}", "${1}(redacted)"),
            (r"(://)[^\s]+@", "${1}(redacted)@"),
        ]
        .into_iter()
        .filter_map(|(pattern, with)| Regex::new(pattern).ok().map(|regex| (regex, with)))
        .collect()
    });
    RULES.iter().fold(text.to_owned(), |text, (regex, with)| {
        regex.replace_all(&text, *with).into_owned()
    })
}

/// The `Date` of an answer minus our clock, in seconds; `None` where the header is missing or is no date.
pub(crate) fn clock_skew_seconds(date: Option<&str>, now: SystemTime) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(date?)
        .ok()?
        .timestamp()
        .as_second();
    let now = jiff::Timestamp::try_from(now).ok()?.as_second();
    Some(date - now)
}

/// True where the connection was never made, so that the request cannot have been carried out.
pub(crate) fn never_connected(error: &(dyn Error + 'static)) -> bool {
    find::<hyper_util::client::legacy::Error>(error)
        .is_some_and(hyper_util::client::legacy::Error::is_connect)
}

#[cfg(test)]
mod tests;
