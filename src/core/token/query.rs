//! The query of a presigned request: nine parameters, each at most once, whatever their case.
//!
//! Servers and STS may read a query differently, and a parameter in two spellings was once a way in (CVE-2022-2385), so two keys that
//! differ only in case are refused. A raw `;`, a broken escape, and what no key or value of a presigned request has (control characters,
//! blanks, line breaks, bytes that are no UTF-8, escaped or not) are refused as well: the id of the access key goes into logs and answers.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::format::{CLUSTER_ID_HEADER, TOKEN_LIFETIME};
use super::refusal::Refusal;
use super::url::cut;

const ALLOWED: [&str; 9] = [
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

/// A parameter as sent, decoded.
struct Parameter<'q> {
    key: Cow<'q, [u8]>,
    value: Cow<'q, [u8]>,
}

/// The parameters by position in the list of allowed names.
pub(super) struct Parameters<'q> {
    found: [Option<Parameter<'q>>; ALLOWED.len()],
}

impl<'q> Parameters<'q> {
    /// One pass, so that a query of a thousand parameters costs no more than its length.
    pub(super) fn parse(query: &'q [u8]) -> Result<Parameters<'q>, Refusal> {
        let mut parameters = Parameters {
            found: Default::default(),
        };
        let mut rest = Some(query);
        while let Some(parts) = rest {
            let (segment, others) = cut(parts, b'&');
            rest = others;
            // Empty segments are skipped, as in `a=1&&b=2`.
            if segment.is_empty() {
                continue;
            }
            let parameter = Parameter::parse(segment)?;
            let is_named = |name: &str| name.as_bytes().eq_ignore_ascii_case(&parameter.key);
            let position = ALLOWED
                .iter()
                .position(|name| is_named(name))
                .ok_or(Refusal::ParameterNotAllowed)?;
            let slot = parameters
                .found
                .get_mut(position)
                .ok_or(Refusal::ParameterNotAllowed)?;
            match slot {
                Some(earlier) if earlier.key == parameter.key => {
                    return Err(Refusal::MultipleValues);
                }
                Some(_) => return Err(Refusal::CaseVariantDuplicate),
                None => *slot = Some(parameter),
            }
        }
        Ok(parameters)
    }

    pub(super) fn check_action(&self) -> Result<(), Refusal> {
        if self.value("action") == b"GetCallerIdentity" {
            Ok(())
        } else {
            Err(Refusal::Action)
        }
    }

    /// The cluster's header is among the signed ones; without it the request is anybody's.
    pub(super) fn check_signed_headers(&self) -> Result<(), Refusal> {
        let mut headers = self
            .value("x-amz-signedheaders")
            .split(|byte| *byte == b';');
        let is_signed =
            headers.any(|header| header.eq_ignore_ascii_case(CLUSTER_ID_HEADER.as_bytes()));
        if is_signed {
            Ok(())
        } else {
            Err(Refusal::SignedHeaders)
        }
    }

    /// A decimal from 0 to 900, with an optional sign and leading zeros.
    pub(super) fn check_expires(&self) -> Result<(), Refusal> {
        let text =
            std::str::from_utf8(self.value("x-amz-expires")).map_err(|_| Refusal::Expires)?;
        let seconds: i64 = text.parse().map_err(|_| Refusal::Expires)?;
        if u64::try_from(seconds).is_ok_and(|seconds| seconds <= TOKEN_LIFETIME.as_secs()) {
            Ok(())
        } else {
            Err(Refusal::Expires)
        }
    }

    pub(super) fn date(&self) -> &[u8] {
        self.value("x-amz-date")
    }

    /// What stands before the first slash of the credential. Nothing but STS's check of the signature vouches for it.
    pub(super) fn access_key_id(&self) -> String {
        let id = self
            .value("x-amz-credential")
            .split(|byte| *byte == b'/')
            .next()
            .unwrap_or_default();
        String::from_utf8_lossy(id).into_owned()
    }

    fn value(&self, name: &str) -> &[u8] {
        let position = ALLOWED.iter().position(|allowed| *allowed == name);
        let found = position
            .and_then(|position| self.found.get(position))
            .and_then(Option::as_ref);
        found.map_or(&[], |parameter| &parameter.value)
    }
}

impl<'q> Parameter<'q> {
    fn parse(segment: &'q [u8]) -> Result<Parameter<'q>, Refusal> {
        if memchr(b';', segment).is_some() {
            return Err(Refusal::Query);
        }
        let (key, value) = cut(segment, b'=');
        let key = decoded(key)?;
        let value = decoded(value.unwrap_or_default())?;
        if !is_written_by_signers(&key) || !is_written_by_signers(&value) {
            return Err(Refusal::Query);
        }
        Ok(Parameter { key, value })
    }
}

/// True for text without control characters and white space, of whatever script.
fn is_written_by_signers(bytes: &[u8]) -> bool {
    // Without an early end the check runs over many bytes at once; what SDKs write passes it.
    if bytes
        .iter()
        .fold(true, |all, byte| all & byte.is_ascii_graphic())
    {
        return true;
    }
    std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.contains(|c: char| c.is_control() || c.is_whitespace()))
}

/// `+` is a space, `%xx` a byte; most keys and values have neither and stay where they are.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    let Some((plain, rest)) = memchr2(b'+', b'%', bytes).and_then(|at| bytes.split_at_checked(at))
    else {
        return Ok(Cow::Borrowed(bytes));
    };
    let mut decoded = Vec::with_capacity(bytes.len());
    decoded.extend_from_slice(plain);
    let mut rest = rest.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            other => *other,
        });
    }
    Ok(Cow::Owned(decoded))
}

fn hex(digit: Option<&u8>) -> Result<u8, Refusal> {
    let value = digit
        .and_then(|digit| char::from(*digit).to_digit(16))
        .and_then(|value| u8::try_from(value).ok());
    value.ok_or(Refusal::Query)
}
