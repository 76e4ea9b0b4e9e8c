//! What type a scalar has: the table of go-yaml 2.4, which is neither YAML 1.1 to the letter nor YAML 1.2.
//!
//! `y`, `on`, `off`, `~`, `0x1F`, `0b101`, `1_000`, `012`, `1e3` and `.inf` are no texts; numbers of base 60 and dates are.

use super::timestamp;

const PREFIX: &str = "tag:yaml.org,2002:";

/// The value of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Resolved {
    Null,
    Bool(bool),
    /// Fits 64 bits with a sign.
    Int(i64),
    /// Fits only without a sign.
    Uint(u64),
    Float(f64),
    /// The text itself, dates included.
    Text,
    /// Base64 of the value.
    Binary,
}

impl Resolved {
    fn tag_name(self) -> &'static str {
        match self {
            Resolved::Null => "null",
            Resolved::Bool(_) => "bool",
            Resolved::Int(_) | Resolved::Uint(_) => "int",
            Resolved::Float(_) => "float",
            Resolved::Text => "str",
            Resolved::Binary => "binary",
        }
    }
}

/// Resolves a scalar that has a tag, or none and no quotes. An explicit tag the text does not fit is an error (and empties the section).
pub(in super::super) fn resolve(tag: Option<&str>, text: &str) -> Result<Resolved, String> {
    let short = match tag {
        None => return Ok(resolve_plain(text)),
        Some(tag) => tag.strip_prefix(PREFIX),
    };
    let resolved = match short {
        Some("str") => return Ok(Resolved::Text),
        Some("binary") => return Ok(Resolved::Binary),
        Some("timestamp") if timestamp::is_timestamp(text) => return Ok(Resolved::Text),
        Some("bool" | "int" | "float" | "null" | "timestamp") => resolve_plain(text),
        _ => return Ok(Resolved::Text),
    };
    match (short, resolved) {
        (Some("float"), Resolved::Int(int)) => Ok(Resolved::Float(int as f64)),
        (Some(wanted), resolved) if wanted == resolved.tag_name() => Ok(resolved),
        _ => Err(format!(
            "`{text}` is no value of its tag `!!{}`",
            short.unwrap_or_default()
        )),
    }
}

fn resolve_plain(text: &str) -> Resolved {
    match text.as_bytes().first() {
        None => Resolved::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            resolve_word(text)
        }
        Some(b'.') => resolve_special_float(text).unwrap_or_else(|| resolve_float(text, false)),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            resolve_special_float(text).unwrap_or_else(|| resolve_number(text))
        }
        Some(_) => Resolved::Text,
    }
}

fn resolve_word(text: &str) -> Resolved {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        _ => Resolved::Text,
    }
}

fn resolve_special_float(text: &str) -> Option<Resolved> {
    Some(Resolved::Float(match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    }))
}

fn resolve_number(text: &str) -> Resolved {
    // A date begins like a number and is none: its hyphens make every attempt below fail.
    let plain = text.replace('_', "");
    let (negative, unsigned) = match plain.as_bytes().first() {
        Some(b'-') => (true, plain.get(1..).unwrap_or_default()),
        Some(b'+') => (false, plain.get(1..).unwrap_or_default()),
        _ => (false, plain.as_str()),
    };
    if let Some(magnitude) = parse_magnitude(unsigned) {
        match (negative, i64::try_from(magnitude)) {
            (false, Ok(int)) => return Resolved::Int(int),
            (true, Ok(int)) => return Resolved::Int(-int),
            (true, Err(_)) if magnitude == i64::MIN.unsigned_abs() => {
                return Resolved::Int(i64::MIN);
            }
            (false, Err(_)) if !plain.starts_with('+') => return Resolved::Uint(magnitude),
            _ => {}
        }
    }
    match resolve_float(&plain, true) {
        Resolved::Text => {}
        float => return float,
    }
    // The server's parser also takes a sign behind the prefix of a binary number.
    match plain
        .strip_prefix("0b")
        .map(|digits| i64::from_str_radix(digits, 2))
    {
        Some(Ok(int)) => Resolved::Int(int),
        _ => Resolved::Text,
    }
}

/// Digits with an optional prefix `0x`, `0o`, `0b` or `0`.
fn parse_magnitude(digits: &str) -> Option<u64> {
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, digits.get(2..)?),
        Some("0o") => (8, digits.get(2..)?),
        Some("0b") => (2, digits.get(2..)?),
        Some(two) if two.starts_with('0') => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// Decimal floats. One that begins with a point may have no sign; one that overflows is text.
fn resolve_float(text: &str, signed: bool) -> Resolved {
    let body = if signed {
        text.strip_prefix(['+', '-']).unwrap_or(text)
    } else {
        text
    };
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (body.get(..at).unwrap_or_default(), body.get(at + 1..)),
        None => (body, None),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    if !(exponent_fits && has_digits && all_digits(whole) && all_digits(fraction)) {
        return Resolved::Text;
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() => Resolved::Float(float),
        _ => Resolved::Text,
    }
}

/// True when the text can stand without quotes and the server reads it back as this text: no other type, no indicator, no comment, no colon that
/// ends a key. Texts that an ordinary YAML 1.2 reader would take for something else are not safe either.
pub(in super::super) fn plain_text_is_safe(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    let first_is_safe = first.is_ascii_alphabetic() || matches!(first, b'/' | b'_' | b'0'..=b'9');
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_-+.=@:{}()*^$ ".contains(byte);
    let has_flow_or_space = text.contains(": ") || text.contains(" #") || text.contains("  ");
    first_is_safe
        && bytes.iter().all(is_word)
        && !matches!(last, b':' | b' ')
        && !has_flow_or_space
        && !looks_like_another_type(text)
}

fn looks_like_another_type(text: &str) -> bool {
    let is_number_like = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"_.:+-eExXoObB".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_digit());
    let is_word_like = ["nan", "inf", "infinity"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    let is_hex_like = text.starts_with("0x") || text.starts_with("0o") || text.starts_with("0b");
    is_number_like
        || is_word_like
        || is_hex_like
        || resolve_plain(text) != Resolved::Text
        || resolve_word(&text.to_ascii_lowercase()) != Resolved::Text
        || timestamp::is_timestamp(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_other_types_are_told_apart_as_go_yaml_does() {
        let texts = [
            "a",
            "yEs",
            "Off ",
            "nULL",
            "0x",
            "0xg",
            "1e400",
            ".1e400",
            "1:30",
            "190:20:30",
            "2001-12-14",
            "1.2.3",
            "-",
            "+",
            "--1",
            "0o",
            "09a",
            "..",
            "._5",
            "12e",
            "<<",
            "=",
            "0xFFFFFFFFFFFFFFFFF",
            "infinity",
            ".e5",
            "+0b",
        ];
        for text in texts {
            assert_eq!(resolve(None, text), Ok(Resolved::Text), "{text}");
        }
        let ints = [
            ("0", 0),
            ("00", 0),
            ("012", 10),
            ("0o17", 15),
            ("0x1F", 31),
            ("0b101", 5),
            ("0B11", 3),
            ("-0b101", -5),
            ("1_000", 1000),
            ("+12", 12),
            ("-9223372036854775808", i64::MIN),
            ("0b-101", -5),
            ("0b+1", 1),
        ];
        for (text, int) in ints {
            assert_eq!(resolve(None, text), Ok(Resolved::Int(int)), "{text}");
        }
        let floats = [
            (".5", 0.5),
            ("1.", 1.0),
            ("+.5", 0.5),
            ("08", 8.0),
            ("1e3", 1000.0),
            ("-1_0.5E-1", -1.05),
            ("99999999999999999999", 1e20),
            ("5.", 5.0),
        ];
        for (text, float) in floats {
            assert_eq!(resolve(None, text), Ok(Resolved::Float(float)), "{text}");
        }
        assert_eq!(
            resolve(None, "18446744073709551615"),
            Ok(Resolved::Uint(u64::MAX))
        );
        assert_eq!(
            resolve(None, "-.INF"),
            Ok(Resolved::Float(f64::NEG_INFINITY))
        );
        assert_eq!(resolve(None, "~"), Ok(Resolved::Null));
        assert_eq!(resolve(None, "y"), Ok(Resolved::Bool(true)));
    }

    #[test]
    fn an_explicit_tag_decides_or_is_an_error() {
        let tag = |name: &str| format!("{PREFIX}{name}");
        assert_eq!(resolve(Some(&tag("str")), "yes"), Ok(Resolved::Text));
        assert_eq!(resolve(Some(&tag("float")), "1"), Ok(Resolved::Float(1.0)));
        assert_eq!(
            resolve(Some(&tag("int")), "x"),
            Err("`x` is no value of its tag `!!int`".to_owned())
        );
        assert_eq!(
            resolve(Some(&tag("null")), "x"),
            Err("`x` is no value of its tag `!!null`".to_owned())
        );
        assert_eq!(
            resolve(Some(&tag("timestamp")), "2001-1-1"),
            Ok(Resolved::Text)
        );
        assert_eq!(resolve(Some("!mine"), "1"), Ok(Resolved::Text));
        assert_eq!(resolve(Some("!"), "1"), Ok(Resolved::Text));
    }

    #[test]
    fn what_needs_quotes_is_not_called_safe() {
        let safe = [
            "admin",
            "arn:aws:iam::111122223333:role/prod-nodes",
            "system:node:{{EC2PrivateDNSName}}",
            "a b",
            "jdoe@example.com",
            "team/a",
            "1st",
        ];
        for text in safe {
            assert!(plain_text_is_safe(text), "{text}");
        }
        let unsafe_texts = [
            "",
            "yes",
            "Y",
            "no",
            "~",
            "null",
            "NULL",
            "123",
            "012345678901",
            "1e3",
            "0x1f",
            ".inf",
            "{{SessionName}}",
            "a: b",
            "a #b",
            "@a",
            "-a",
            "a:",
            " a",
            "a ",
            "ü",
            "a\tb",
            "a\nb",
            "2001-12-14",
            "12:30",
            "*a",
            "&a",
            "!a",
            "%a",
            "`a",
            "'a",
            "\"a",
            "[a",
            "a,b",
            "a]",
            "yEs",
            "nan",
            "a  b",
        ];
        for text in unsafe_texts {
            assert!(!plain_text_is_safe(text), "{text}");
        }
    }
}
