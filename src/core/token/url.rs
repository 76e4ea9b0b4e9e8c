//! The URL inside a token, taken apart by hand.
//!
//! A general URL reader normalises (case of the host, default ports, dots in paths, backslashes, tabs) and would let hosts through that a
//! cluster refuses, so nothing is normalised here but the scheme. Where Go's reader is lenient about parts that no signature covers,
//! user names and fragments, this one refuses.

use std::borrow::Cow;

use memchr::memchr;

use super::refusal::Refusal;

/// Borrowed parts of the URL. Host: the bytes between `//` and the path, as text.
pub(super) struct Url<'a> {
    pub(super) host: Cow<'a, str>,
    pub(super) path: &'a [u8],
    pub(super) query: &'a [u8],
}

impl<'a> Url<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Url<'a>, Refusal> {
        // Without an early end the check runs over many bytes at once.
        if bytes
            .iter()
            .fold(false, |any, byte| any | byte.is_ascii_control())
        {
            return Err(Refusal::UrlParse);
        }
        let rest = without_scheme(bytes)?;
        let (rest, fragment) = cut(rest, b'#');
        let (rest, query) = cut(rest, b'?');
        let rest = rest
            .strip_prefix(b"//".as_slice())
            .ok_or(Refusal::UrlParse)?;
        let slash = rest
            .iter()
            .position(|byte| *byte == b'/')
            .unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(slash).ok_or(Refusal::UrlParse)?;
        if !has_valid_escapes(path) {
            return Err(Refusal::UrlParse);
        }
        let host = host(authority)?;
        if fragment.is_some() {
            return Err(Refusal::Fragment);
        }
        Ok(Url {
            host,
            path,
            query: query.unwrap_or_default(),
        })
    }
}

/// `https:` in any case.
fn without_scheme(bytes: &[u8]) -> Result<&[u8], Refusal> {
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let colon = bytes
        .iter()
        .position(|byte| *byte == b':')
        .ok_or(Refusal::Scheme)?;
    let (scheme, rest) = bytes.split_at_checked(colon).ok_or(Refusal::UrlParse)?;
    if !scheme.first().is_some_and(u8::is_ascii_alphabetic)
        || !scheme.iter().copied().all(is_scheme)
    {
        return Err(Refusal::UrlParse);
    }
    if !scheme.eq_ignore_ascii_case(b"https") {
        return Err(Refusal::Scheme);
    }
    rest.get(1..).ok_or(Refusal::UrlParse)
}

/// The host, which may hold a port here; the comparison with the names of STS refuses it later.
fn host(authority: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let after_at = authority
        .iter()
        .rposition(|byte| *byte == b'@')
        .map(|at| at + 1);
    let host = authority.get(after_at.unwrap_or(0)..).unwrap_or_default();
    // Escapes in a host are read only beyond ASCII, and no name of STS is there.
    let is_host = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte)
            || !byte.is_ascii()
    };
    if !host.iter().copied().all(is_host) || !has_valid_port(host) {
        return Err(Refusal::UrlParse);
    }
    if after_at.is_some() {
        return Err(Refusal::Userinfo);
    }
    Ok(String::from_utf8_lossy(host))
}

fn has_valid_port(host: &[u8]) -> bool {
    let after_brackets = host
        .iter()
        .rposition(|byte| *byte == b']')
        .map_or(0, |at| at + 1);
    let tail = host.get(after_brackets..).unwrap_or_default();
    match tail.iter().rposition(|byte| *byte == b':') {
        Some(colon) => tail.iter().skip(colon + 1).all(u8::is_ascii_digit),
        None => true,
    }
}

/// What stands before the first separator, and what behind it.
pub(super) fn cut(bytes: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let parts = memchr(separator, bytes).and_then(|at| bytes.split_at_checked(at));
    match parts {
        Some((before, rest)) => (before, rest.get(1..)),
        None => (bytes, None),
    }
}

/// True if every `%` is followed by two hexadecimal digits.
fn has_valid_escapes(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .all(|(at, _)| {
            bytes
                .get(at + 1..at + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
}
