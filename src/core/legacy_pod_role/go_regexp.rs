//! Go's regular expressions on a Rust engine: the dialects differ in a few spellings, which are translated or refused here.
//!
//! Both are RE2's family: classes such as `\w` are ASCII in Go and in `regex-lite`, `$` without flags is the very end, `.` is no line feed.
//! Go reads a brace that begins no repetition as itself and knows `\Q…\E`; it refuses a repetition of a repetition, more than 1,000
//! repetitions and the flags `x`, `u` and `R`. Source: Go's `regexp/syntax`.

use std::iter::Peekable;
use std::str::Chars;

use super::{LegacyPodRoleError, language};

/// A compiled expression.
pub(super) struct GoRegexp {
    regex: regex_lite::Regex,
    translated: String,
}

impl GoRegexp {
    pub(super) fn compile(expression: &str) -> Result<GoRegexp, LegacyPodRoleError> {
        let error = |reason: String| LegacyPodRoleError::Expression {
            expression: expression.to_owned(),
            reason,
        };
        let translated = translate(expression).map_err(|reason| error(reason.to_owned()))?;
        match regex_lite::Regex::new(&translated) {
            Ok(regex) => Ok(GoRegexp { regex, translated }),
            Err(reason) => Err(error(reason.to_string())),
        }
    }

    /// True if the expression matches anywhere in the text, as Go's `MatchString` does.
    pub(super) fn is_found_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// True if it is found in the ARN of some role, or in a name behind `base`; `None` where that is too much to say.
    pub(super) fn can_match_role(&self, base: Option<&str>) -> Option<bool> {
        let arns = language::role_arns("[0-9]{12}");
        let among = match base.map(regex_lite::escape) {
            Some(base) => format!("{arns}|^{base}[A-Za-z0-9_+=,.@/-]+$"),
            None => arns,
        };
        language::can_match(&self.translated, &among)
    }

    /// True if it is found in ARNs of roles whatever their account.
    pub(super) fn takes_any_account(&self) -> bool {
        let arns = language::role_arns(language::OTHER_ACCOUNTS);
        language::can_match(&self.translated, &arns) == Some(true)
    }
}

/// True if an alternation is in no group, so that it parts the whole expression.
pub(super) fn has_outer_alternation(expression: &str) -> bool {
    let mut rest = expression.chars().peekable();
    let mut depth = 0_u32;
    while let Some(character) = rest.next() {
        match character {
            // What is quoted, escaped or in a class is translated as one piece.
            '\\' if escape(&mut rest).is_err() => return false,
            '[' if class(&mut rest).is_err() => return false,
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

/// What stands before the next character, as far as repetition is concerned.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Something,
    Repetition,
    LazyRepetition,
}

fn translate(expression: &str) -> Result<String, &'static str> {
    let mut translated = String::with_capacity(expression.len());
    let mut rest = expression.chars().peekable();
    let mut before = Before::Something;
    while let Some(character) = rest.next() {
        let (text, is_repetition) = match character {
            '\\' => (escape(&mut rest)?, false),
            '[' => (class(&mut rest)?, false),
            '(' if rest.peek() == Some(&'?') => (flags(&mut rest)?, false),
            '{' => match bounds(&mut rest)? {
                Some(bounds) => (bounds, true),
                None => ("\\{".to_owned(), false),
            },
            '*' | '+' | '?' => (character.to_string(), true),
            '}' | ']' => (format!("\\{character}"), false),
            other => (other.to_string(), false),
        };
        before = match (is_repetition, before) {
            (false, _) => Before::Something,
            (true, Before::Something) => Before::Repetition,
            (true, Before::Repetition) if character == '?' => Before::LazyRepetition,
            (true, _) => return Err("a repetition of a repetition"),
        };
        translated.push_str(&text);
    }
    Ok(translated)
}

/// An escape outside a class; `\Q…\E` becomes its text.
fn escape(rest: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    match rest.next() {
        None => Err("a backslash at the end"),
        Some('Q') => {
            let mut quoted = String::new();
            while let Some(character) = rest.next() {
                if character == '\\' && rest.peek() == Some(&'E') {
                    rest.next();
                    break;
                }
                quoted.push(character);
            }
            // Without a group: what repeats is the last character.
            Ok(regex_lite::escape(&quoted))
        }
        Some('p' | 'P') => Err("Unicode classes are not supported here"),
        Some('x') => hexadecimal(rest),
        Some(first @ '0'..='7') => octal(first, rest),
        // Go takes any other sign for itself; in Rust some of them have a meaning.
        Some(character) if character.is_ascii_punctuation() => {
            Ok(format!("\\x{{{:x}}}", u32::from(character)))
        }
        Some(character) => Ok(format!("\\{character}")),
    }
}

/// Two hexadecimal digits, or any number of them in braces.
fn hexadecimal(rest: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    let in_braces = rest.next_if_eq(&'{').is_some();
    let most = if in_braces { usize::MAX } else { 2 };
    let mut digits = String::new();
    while digits.len() < most
        && let Some(digit) = rest.next_if(char::is_ascii_hexdigit)
    {
        digits.push(digit);
    }
    let is_whole = match in_braces {
        true => rest.next() == Some('}'),
        false => digits.len() == most,
    };
    match u32::from_str_radix(&digits, 16) {
        Ok(code) if is_whole => character(code),
        _ => Err("an escape without its end"),
    }
}

/// A character by its code. Letters and digits stand for themselves, because the engine folds only those of a class that are written so.
fn character(code: u32) -> Result<String, &'static str> {
    match char::from_u32(code) {
        Some(plain) if plain.is_ascii_alphanumeric() => Ok(plain.to_string()),
        Some(_) => Ok(format!("\\x{{{code:x}}}")),
        None => Err("no character has this code"),
    }
}

/// Up to three octal digits; a single one other than zero would refer back to a group, which neither dialect can.
fn octal(first: char, rest: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    let is_octal = |character: &char| matches!(character, '0'..='7');
    if first != '0' && !rest.peek().is_some_and(is_octal) {
        return Err("references to groups are not possible");
    }
    let mut code = first.to_digit(8).unwrap_or_default();
    for _ in 0..2 {
        let Some(digit) = rest.next_if(is_octal).and_then(|digit| digit.to_digit(8)) else {
            break;
        };
        code = code * 8 + digit;
    }
    character(code)
}

/// A bracketed class, with what is special only in Rust escaped.
fn class(rest: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    let mut class = String::from("[");
    if rest.next_if_eq(&'^').is_some() {
        class.push('^');
    }
    let mut is_first = true;
    loop {
        match rest.next() {
            None => return Err("a class without its end"),
            Some(']') if !is_first => break,
            Some(']') => class.push_str("\\]"),
            Some('[') if rest.peek() == Some(&':') => class.push_str(&posix(rest)?),
            Some('[') => class.push_str("\\["),
            Some('\\') if rest.peek() == Some(&'Q') => {
                return Err("a quotation inside a class");
            }
            Some('\\') => class.push_str(&escape(rest)?),
            Some(character @ ('&' | '~')) => class.extend(['\\', character]),
            Some(character) => class.push(character),
        }
        is_first = false;
    }
    class.push(']');
    Ok(class)
}

/// A POSIX class such as `[:alpha:]` inside brackets, its first bracket already read.
fn posix(rest: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    let mut class = String::from("[");
    for character in rest.by_ref() {
        class.push(character);
        if class.len() > 3 && class.ends_with(":]") {
            return Ok(class);
        }
    }
    Err("a class without its end")
}

/// `(?…`: the flags of both dialects are `i`, `m`, `s` and `U`; names and groups are the same.
fn flags(rest: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    rest.next();
    let is_allowed = |character: &char| {
        matches!(
            character,
            'i' | 'm' | 's' | 'U' | '-' | ':' | ')' | 'P' | '<'
        )
    };
    match rest.peek() {
        Some(character) if is_allowed(character) => {
            let mut text = String::from("(?");
            while let Some(character) =
                rest.next_if(|character| matches!(character, 'i' | 'm' | 's' | 'U' | '-'))
            {
                text.push(character);
            }
            match rest.peek() {
                Some(':' | ')' | 'P' | '<') => Ok(text),
                _ => Err("an unknown flag"),
            }
        }
        _ => Err("an unknown flag"),
    }
}

/// `{n}`, `{n,}` or `{n,m}` if that is what follows the brace; otherwise nothing is read.
fn bounds(rest: &mut Peekable<Chars<'_>>) -> Result<Option<String>, &'static str> {
    let mut ahead = rest.clone();
    let mut inside = String::new();
    loop {
        match ahead.next() {
            Some('}') => break,
            Some(character) if character.is_ascii_digit() || character == ',' => {
                inside.push(character)
            }
            _ => return Ok(None),
        }
    }
    let (low, high) = inside.split_once(',').unwrap_or((&inside, &inside));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(low) || !(high.is_empty() || is_number(high)) {
        return Ok(None);
    }
    let is_too_many =
        |text: &str| !text.is_empty() && text.parse::<u32>().map_or(true, |count| count > 1000);
    if is_too_many(low) || is_too_many(high) {
        return Err("more than 1000 repetitions");
    }
    *rest = ahead;
    Ok(Some(format!("{{{inside}}}")))
}
