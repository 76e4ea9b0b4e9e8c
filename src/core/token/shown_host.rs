//! What of the host in a token may be printed.
//!
//! Whoever mangles a token, by a `?` left out or a part lost in copying, puts parts of its signature or credential where the host should be. No
//! rule tells such a part from a name by its letters alone, so only what cannot be one is shown: words of known names, and words too short to say
//! anything of a key.

use std::fmt;

use super::format::TOKEN_PREFIX;

/// The most bytes that a name has. Source: RFC 1035, 2.3.4, without the length bytes at both ends.
const MAX_NAME_BYTES: usize = 253;

/// A word from this length on may be part of a key; key ids have 16 letters and digits and more, signatures 64.
const LONG_WORD: usize = 8;

/// The longer words in names of STS, and of what stands in for it.
const KNOWN_WORDS: [&str; 8] = [
    "amazonaws",
    "amazonwebservices",
    "localhost",
    "localstack",
    "northeast",
    "northwest",
    "southeast",
    "southwest",
];

/// What stands between the words of a name, and before its port.
const SEPARATORS: [char; 4] = ['.', '-', '_', ':'];

/// Stands for what is not shown.
const HIDDEN: char = '…';

/// A host as far as it can be one: `sts.eu-west-1.amazonaws.com`, `evil.….example`.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownHost(String);

impl ShownHost {
    /// Of the host as it stands in a token, whatever that is.
    pub(super) fn from_host(host: &str) -> Self {
        let is_of_a_name =
            |found: char| found.is_ascii_alphanumeric() || SEPARATORS.contains(&found);
        let ends = [
            host.find(|found| !is_of_a_name(found)),
            // A token in a token.
            host.to_ascii_lowercase().find(TOKEN_PREFIX),
            Some(MAX_NAME_BYTES),
        ];
        let end = ends.into_iter().flatten().fold(host.len(), usize::min);
        let name = host.get(..end).unwrap_or_default();
        let mut shown = String::with_capacity(name.len());
        for part in name.split_inclusive(SEPARATORS) {
            let word = part.trim_end_matches(SEPARATORS);
            match is_shown(word) {
                true => shown.push_str(word),
                false => shown.push(HIDDEN),
            }
            shown.push_str(part.strip_prefix(word).unwrap_or_default());
        }
        if name.len() < host.len() && !shown.ends_with(HIDDEN) {
            shown.push(HIDDEN);
        }
        Self(shown)
    }
}

fn is_shown(word: &str) -> bool {
    word.len() < LONG_WORD
        || KNOWN_WORDS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word))
}

impl fmt::Display for ShownHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ShownHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests;
