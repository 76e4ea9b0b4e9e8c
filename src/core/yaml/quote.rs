//! Values as YAML text: the wanted quotes where they are enough, safer ones where they are not.
//!
//! What is written here is one line, is read back as exactly the given text, and in double quotes is JSON as well.

use std::fmt::Write as _;

use super::{ScalarStyle, plain_text_is_safe};

/// How values are quoted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Quote {
    #[default]
    Plain,
    Single,
    Double,
}

impl Quote {
    /// The quotes of a scalar; blocks of text have none.
    pub(in super::super) fn from_style(style: ScalarStyle) -> Quote {
        match style {
            ScalarStyle::SingleQuoted => Quote::Single,
            ScalarStyle::DoubleQuoted => Quote::Double,
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => Quote::Plain,
        }
    }
}

/// Writes a value; inside brackets and braces fewer texts can stand without quotes.
pub(in super::super) fn quoted(text: &str, wanted: Quote, in_flow: bool) -> String {
    match wanted {
        Quote::Plain
            if plain_text_is_safe(text)
                && !(in_flow && text.contains([',', '[', ']', '{', '}', '?'])) =>
        {
            text.to_owned()
        }
        Quote::Single if text.chars().all(is_printable) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ => double_quoted(text),
    }
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_printable(c) => quoted.push(c),
            // Writing to a String cannot fail.
            c => drop(write!(quoted, "\\u{:04x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// True for what may stand in a text as it is.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_come_where_the_text_needs_them() {
        let cases = [
            ("admin", Quote::Plain, false, "admin"),
            ("yes", Quote::Plain, false, "\"yes\""),
            ("123", Quote::Plain, false, "\"123\""),
            ("012345678901", Quote::Single, false, "'012345678901'"),
            (
                "{{SessionName}}",
                Quote::Plain,
                false,
                "\"{{SessionName}}\"",
            ),
            (
                "a:{{SessionName}}",
                Quote::Plain,
                false,
                "a:{{SessionName}}",
            ),
            (
                "a:{{SessionName}}",
                Quote::Plain,
                true,
                "\"a:{{SessionName}}\"",
            ),
            ("a: b", Quote::Plain, false, "\"a: b\""),
            ("a #b", Quote::Plain, false, "\"a #b\""),
            ("o'brien", Quote::Single, false, "'o''brien'"),
            ("a\nb", Quote::Single, false, "\"a\\nb\""),
            ("ü\u{2028}\u{0}", Quote::Plain, false, "\"ü\\u2028\\u0000\""),
            ("\"\\", Quote::Double, false, "\"\\\"\\\\\""),
            ("", Quote::Plain, false, "\"\""),
        ];
        for (text, wanted, in_flow, written) in cases {
            assert_eq!(quoted(text, wanted, in_flow), written);
        }
    }
}
